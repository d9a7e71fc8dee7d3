package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.upstream.Exchange.Fault;
import java.io.IOException;

/**
 * A request as it is sent: its head, and its body if that is small. These are kept, to be sent
 * again or to two targets at once; once composed it does not change any more.
 */
final class Message extends Output {
  private static final int MAX_GATHERED = 16 * 1024;

  private final boolean trailers;
  private int headLength;
  private boolean streamed;

  private Message(boolean trailers) {
    super(2048, Integer.MAX_VALUE);
    this.trailers = trailers;
  }

  /**
   * Writes a request down, waiting for a small body.
   *
   * @param trailers whether to say that trailer fields are taken
   */
  static Message of(Outbound outbound, boolean trailers) throws Failed {
    Message message = new Message(trailers);
    message.compose(outbound, outbound.body());
    return message;
  }

  private void compose(Outbound outbound, Body body) throws Failed {
    outbound.head(this);
    boolean empty = body.length() == 0;
    boolean small = body.length() > 0 && body.length() <= MAX_GATHERED;
    streamed = !empty && (!small || outbound.expectsContinue());
    if (body.length() < 0) {
      header("Transfer-Encoding", "chunked");
    }
    endLine();
    headLength = pending();
    if (empty || streamed) {
      return;
    }
    try {
      body.gather(this);
    } catch (LegFailure e) {
      throw new Failed(Fault.of(e), "in its body");
    } catch (BadMessage e) {
      throw Failed.of(e);
    } catch (IOException e) {
      throw new Failed(Fault.CALLER_GONE, "in its body");
    }
  }

  /** Whether the body is not in it: it comes behind, once. */
  boolean streamed() {
    return streamed;
  }

  /** Sends it, blocking. */
  void sendBy(TargetLeg leg) throws IOException {
    leg.begin(gathered(), headLength, pending(), !streamed, trailers);
  }

  @Override
  protected void send(byte[] bytes, int from, int length) {
    throw new IllegalStateException("A message leaves whole");
  }
}
