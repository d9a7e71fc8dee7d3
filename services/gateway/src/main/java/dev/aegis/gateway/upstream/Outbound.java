package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.http1.Transformed;
import dev.aegis.gateway.tracing.Trace;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request on its way to an upstream, and the caller who waits for the reply. */
public interface Outbound extends Affinity {
  /** Method of the request. */
  String method();

  /**
   * Puts request line and header lines, without the blank line, into {@code out}; without {@code
   * traceparent} too, when there is a {@link #trace}.
   */
  void head(Output out);

  /** The trace that it is a part of, null when there is none: its attempts are noted there. */
  default @Nullable Trace trace() {
    return null;
  }

  /** The request's body as it arrives. */
  Body body();

  /**
   * In how much time the whole reply has to be there, if the upstream has no closer bound; zero for
   * as long as the upstream lets it take.
   */
  Duration within();

  /** Whether the caller waits for an interim reply before it sends the body. */
  boolean expectsContinue();

  /** Whether the caller has said that it takes trailer fields (RFC 9110 section 10.1.4). */
  boolean takesTrailers();

  /** Whether somebody waits for the reply, so that it is worth being early. */
  boolean awaited();

  /** The caller's side of the reply. */
  ReplyTo caller();

  /**
   * From now on {@code action} is run, once and by any thread, when the caller is found to be gone;
   * it must not wait.
   *
   * @param bodyIsRead whether another thread reads the body meanwhile, and would find out too
   */
  void whenGone(Runnable action, boolean bodyIsRead);

  /** Nobody needs to know any more. */
  void forgetGone();

  /** Whether the caller is known to be gone. */
  boolean gone();

  /** Fields of the target's reply that do not go on, because Aegis' own stand in their place. */
  Set<Field> replaced();

  /** More names whose lines in the target's reply do not go on. */
  FieldNames removed();

  /** Which replies are compressed, null when the caller or the route wants none. */
  @Nullable Squeeze squeeze();

  /** Most bytes of a reply's body that are passed on. */
  long mostReplyBytes();

  /** What follows when the protocol is switched, null when the caller did not ask for it. */
  @Nullable Beyond beyond();

  /** The caller's connection once it is no longer HTTP's. */
  interface Beyond {
    /** Puts Aegis' own fields of a reply that switches protocols. */
    void fields();

    /** What the caller sends from now on, for as long as it likes. */
    Input input();

    /**
     * {@code action} is run, once and by any thread, when the gateway is about to stop, at once if
     * it is already; it must not wait.
     */
    void whenLeaving(Runnable action);

    /** Nobody needs to know any more. */
    void forgetLeaving();

    /** Ends the connection; whoever waits for it is woken. */
    void close();
  }

  /**
   * The reply that is passed on has begun, and nothing of it went on yet.
   *
   * @return who gets its body too, null for nobody
   */
  Body.@Nullable Copy replied(ResponseHead head, Body body);

  /**
   * A final reply is about to be passed on, wherever it comes from: what {@link #removed} and
   * {@link #replyFields} say from now on is about it.
   *
   * @return whether it may go on
   */
  boolean passing(ResponseHead head);

  /** What becomes of the body of a reply that may pass on its way, null for nothing. */
  Transformed.@Nullable By edited(ResponseHead head);

  /**
   * Puts Aegis' own fields of the reply.
   *
   * @param closes whether the connection must end with this reply
   * @param protocol version of HTTP in which the target replied
   */
  void replyFields(boolean closes, String protocol);
}
