package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.tracing.Trace;
import dev.aegis.gateway.upstream.Exchange.Fault;
import dev.aegis.tracing.TraceContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A request as it is sent: its head, and its body if that is small. These are kept, to be sent
 * again or to two targets at once; once composed it does not change any more.
 */
final class Message extends Output {
  private static final int MAX_GATHERED = 16 * 1024;

  private final boolean trailers;
  private int headLength;
  private boolean streamed;
  private long span;
  private int spanAt;

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
    Trace trace = outbound.trace();
    if (trace != null) {
      continued(trace);
    }
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

  /** Names the span of the first attempt; see {@link #sendBy} for the others. */
  private void continued(Trace trace) {
    span = trace.announce();
    String text = trace.at(span).text();
    put("traceparent: ");
    spanAt = pending() + TraceContext.SPAN_AT;
    put(text);
    endLine();
  }

  /** Whether the body is not in it: it comes behind, once. */
  boolean streamed() {
    return streamed;
  }

  /**
   * Sends it, blocking.
   *
   * @param by span of the attempt, 0 when there is none
   */
  void sendBy(TargetLeg leg, long by) throws IOException {
    byte[] bytes = by == span ? gathered() : naming(by);
    leg.begin(bytes, headLength, pending(), !streamed, trailers);
  }

  /** A copy: another attempt may be sending the same at this moment. */
  private byte[] naming(long by) {
    byte[] copy = Arrays.copyOf(gathered(), pending());
    byte[] digits = TraceContext.digits(by).getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(digits, 0, copy, spanAt, digits.length);
    return copy;
  }

  @Override
  protected void send(byte[] bytes, int from, int length) {
    throw new IllegalStateException("A message leaves whole");
  }
}
