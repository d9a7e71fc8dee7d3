package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request on its way to an upstream, and the caller who waits for the reply. */
public interface Outbound extends Affinity {
  /** Method of the request. */
  String method();

  /** Puts request line and header lines, without the blank line, into {@code out}. */
  void head(Output out);

  /** The request's body as it arrives. */
  Body body();

  /** Whether the caller waits for an interim reply before it sends the body. */
  boolean expectsContinue();

  /** The caller's side of the reply. */
  ReplyTo caller();

  /** Fields of the target's reply that do not go on, because Aegis' own stand in their place. */
  Set<Field> replaced();

  /** What follows when the protocol is switched, null when the caller did not ask for it. */
  @Nullable Beyond beyond();

  /** The caller's connection once it is no longer HTTP's. */
  interface Beyond {
    /** Puts Aegis' own fields of a reply that switches protocols. */
    void fields();

    /** What the caller sends from now on, for as long as it likes. */
    Input input();

    /** Ends the connection; whoever waits for it is woken. */
    void close();
  }

  /**
   * Puts Aegis' own fields of the reply.
   *
   * @param closes whether the connection must end with this reply
   * @param minorVersion of HTTP/1.x in which the target replied
   */
  void replyFields(boolean closes, int minorVersion);
}
