package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.RequestHead;
import org.jspecify.annotations.Nullable;

/** Where one request comes from and its reply goes to, whatever protocol the caller speaks. */
abstract class CallerLeg {
  /** What the caller sends: behind the head, the body. */
  abstract Input input();

  /** Where the reply to a request goes. */
  abstract ReplyTo reply(RequestHead head);

  /** The version of HTTP in which a request came. */
  abstract String protocol(RequestHead head);

  /** A reply begins: nothing of it was sent yet. */
  abstract void beginReply();

  /** Whether the caller was sent anything of the last reply; interim ones do not count. */
  abstract boolean replyBegun();

  /** Reads from now on have no bound: another looks after the connection. */
  abstract void unboundReads();

  /** Ends it at once; whoever waits for it is woken. */
  abstract void close();

  /** The host that was asked for when the connection was secured, or null. */
  abstract @Nullable String serverName();

  /** Whether the connection is by TLS. */
  abstract boolean secure();

  /** Whether the connection takes no request after this one. */
  abstract boolean ending();
}
