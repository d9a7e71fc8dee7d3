package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.Gzipped;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.http2.StreamFailure;
import dev.aegis.gateway.upstream.Exchange.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.IntPredicate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One request carried by one attempt at a time.
 *
 * <p>Small bodies of known length go out in one write with the head, and are still at hand for
 * another attempt. All others are pumped by a second thread while this one already reads the reply,
 * so a backend that answers as it reads never waits for us, nor we for it.
 */
final class Relay {
  private static final int MAX_GATHERED = 16 * 1024;
  private static final Duration LAST_BYTES = Duration.ofMillis(100);
  private static final byte[] NOTHING = {};

  /** The form in which replies are stored. */
  private static final String STORED = "1.1";

  /** What a reply without the body has no need to say of it. */
  private static final List<String> OF_THE_BODY =
      List.of("Content-Type", "Content-Encoding", "Content-Language", "Content-Range");

  private final Outbound outbound;
  private final Semaphore squeezes;
  private final Body body;
  private final Message message = new Message();
  private boolean streamed;
  private boolean continued;
  private boolean answered;
  private @Nullable Pump pump;
  private long upstreamNanos;
  private int status;
  private @Nullable Body reply;
  private @Nullable Body squeezed;
  private @Nullable Tunnel tunnel;

  /**
   * @param squeezes one of which each compressed reply takes while it is under way
   */
  Relay(Outbound outbound, Semaphore squeezes) {
    this.outbound = outbound;
    this.squeezes = squeezes;
    this.body = outbound.body();
  }

  /** Writes down the head, and the body if it is small. */
  void compose() throws Failed {
    outbound.head(message);
    boolean empty = body.length() == 0;
    boolean small = body.length() > 0 && body.length() <= MAX_GATHERED;
    streamed = !empty && (!small || outbound.expectsContinue());
    if (body.length() < 0) {
      message.header("Transfer-Encoding", "chunked");
    }
    message.endHead();
    if (empty || streamed) {
      return;
    }
    try {
      body.gather(message);
    } catch (LegFailure e) {
      throw new Failed(e.timeout() ? Fault.CALLER_TIMEOUT : Fault.CALLER_GONE, "in its body");
    } catch (BadMessage e) {
      throw Failed.of(e);
    } catch (IOException e) {
      throw new Failed(Fault.CALLER_GONE, "in its body");
    }
  }

  /** Whether the whole request can be sent again: a target that has begun to answer has had it. */
  boolean repeatable() {
    return !streamed && !answered && status == 0;
  }

  /** Status of the reply that the caller gets, 0 before there is one. */
  int status() {
    return status;
  }

  /** Sends the request and passes the reply on, blocking. */
  void over(TargetLeg leg, Terms terms) throws Failed {
    long sent = System.nanoTime();
    try {
      message.sendBy(leg, !streamed, outbound);
      if (streamed) {
        if (!outbound.expectsContinue()) {
          leg.sending();
        }
        pump = new Pump(body, leg);
      }
      outbound.whenGone(leg::close, streamed);
      awaitReply(leg);
      upstreamNanos = System.nanoTime() - sent;
      int got = leg.head.status();
      if (terms.again().test(got)) {
        leg.close();
        throw Failed.dropped(got);
      }
      if (got == 101) {
        switchProtocols(leg);
      } else {
        leg.headRead(terms.bounded(), terms.end());
        passOn(leg);
        outbound.forgetGone(); // from here on the leg may be another request's
        settle(leg);
      }
    } catch (LegFailure e) {
      Failed failed = failed(leg, fault(e), e.leg() == LegFailure.Leg.CALLER ? "gone" : why(e));
      throw untouched(e) ? failed.untouched() : failed;
    } catch (BadMessage e) {
      answered |= e.kind() != BadMessage.Kind.INCOMPLETE;
      boolean large = e.kind() == BadMessage.Kind.BODY_TOO_LARGE;
      Fault fault = large ? Fault.REPLY_TOO_LARGE : Fault.UPSTREAM_FAILED;
      throw failed(leg, fault, "its reply: " + e.detail());
    } catch (IOException e) {
      throw failed(leg, Fault.UPSTREAM_FAILED, "connection lost");
    } catch (RuntimeException e) {
      failed(leg, Fault.UPSTREAM_FAILED, "a bug");
      throw e;
    } finally {
      outbound.forgetGone();
    }
  }

  /**
   * What holds for one attempt.
   *
   * @param bounded whether the request must be over at {@code end}
   * @param end on the monotonic clock
   * @param again whether a reply with this status is dropped for another attempt
   */
  record Terms(boolean bounded, long end, IntPredicate again) {}

  /** What came of it all. */
  Exchange outcome(@Nullable Fault fault, String detail, @Nullable Target target, int attempts) {
    return new Exchange(
        status,
        fault,
        detail,
        target == null ? null : target.authority(),
        attempts,
        upstreamNanos,
        tunnel == null ? body.taken() : tunnel.bytesIn(),
        tunnel == null ? bytesOut() : tunnel.bytesOut(),
        Duration.ZERO,
        pump);
  }

  private long bytesOut() {
    Body sent = squeezed == null ? reply : squeezed;
    return sent == null ? 0 : sent.taken();
  }

  private void awaitReply(TargetLeg leg) throws IOException, BadMessage {
    ResponseHead head = leg.head;
    leg.input().letOthersFirst();
    while (true) {
      if (!head.read(leg.input())) {
        throw new BadMessage(BadMessage.Kind.INCOMPLETE, "none came before the connection ended");
      }
      if (!head.interim() || head.status() == 101) {
        return;
      }
      answered = true;
      ReplyTo to = outbound.caller();
      if (to.takesInterim() && (head.status() != 100 || outbound.expectsContinue())) {
        head.copyStatusLine(to.out());
        head.copyLines(to.out(), replaced(true), outbound.removed());
        to.interim();
        continued |= head.status() == 100;
      }
    }
  }

  /** What of the reply's head stays here: a length too, where there cannot be a body. */
  private Set<Field> replaced(boolean bodiless) {
    if (!bodiless) {
      return outbound.replaced();
    }
    Set<Field> more = EnumSet.copyOf(outbound.replaced());
    more.add(Field.CONTENT_LENGTH);
    return more;
  }

  /** Ends HTTP on both legs (RFC 9110 section 7.8): what follows is passed on unread. */
  private void switchProtocols(TargetLeg leg) throws IOException, BadMessage {
    ResponseHead head = leg.head;
    Outbound.Beyond beyond = outbound.beyond();
    if (beyond == null || !head.switchesToWebSocket() || !(leg instanceof Connection connection)) {
      throw new BadMessage(BadMessage.Kind.MALFORMED, "it switches protocols unasked");
    }
    status = head.status();
    ReplyTo to = outbound.caller();
    head.copyStatusLine(to.out());
    head.copyLines(to.out(), replaced(true), outbound.removed());
    beyond.fields();
    to.interim();
    leg.headRead(false, 0); // the request is over, and its bounds with it
    Tunnel between = new Tunnel(connection, beyond, to.out());
    tunnel = between;
    between.run();
  }

  /** Gives the caller a reply that is there already, head and body as they came over HTTP/1.1. */
  Exchange give(byte[] message, boolean notModified) {
    Input stored = Input.stored(message);
    ResponseHead head = new ResponseHead();
    try {
      if (!head.read(stored)) {
        throw new BadMessage(BadMessage.Kind.INCOMPLETE, "nothing is stored");
      }
      if (notModified) {
        unchanged(head, stored);
      } else {
        Body passing = Body.of(head, outbound.method(), stored);
        passing.atMost(outbound.mostReplyBytes());
        passing.check();
        passOn(head, passing, STORED);
      }
      return outcome(null, "", null, 0);
    } catch (BadMessage e) {
      return outcome(Fault.UPSTREAM_FAILED, "its stored reply: " + e.detail(), null, 0);
    } catch (IOException e) {
      return outcome(Fault.CALLER_GONE, "gone", null, 0);
    }
  }

  /** Says that the caller has it already (RFC 9110 section 15.4.5). */
  private void unchanged(ResponseHead head, Input stored) throws IOException {
    ReplyTo to = outbound.caller();
    reply = Body.none(stored);
    status = 304;
    to.out().put("HTTP/1.1 304 Not Modified");
    to.out().endLine();
    head.copyLines(to.out(), replaced(true), outbound.removed().with(OF_THE_BODY));
    outbound.replyFields(false, STORED);
    to.begin(0);
    to.end(NOTHING);
  }

  private void passOn(TargetLeg leg) throws IOException, BadMessage {
    ResponseHead head = leg.head;
    Body passing = Body.of(head, outbound.method(), leg.input());
    Body.Copy copy = outbound.replied(head, passing);
    if (copy != null) {
      passing.copyTo(copy);
    }
    passing.atMost(outbound.mostReplyBytes());
    passing.check();
    passOn(head, passing, leg.protocol());
  }

  private void passOn(ResponseHead head, Body passing, String protocol)
      throws IOException, BadMessage {
    ReplyTo to = outbound.caller();
    reply = passing;
    status = head.status();
    head.copyStatusLine(to.out());
    Squeeze squeeze = passing.done() || !to.framesAll() ? null : outbound.squeeze();
    if (squeeze != null && squeeze.suits(head, passing.length()) && squeezes.tryAcquire()) {
      try (Gzipped gzipped = new Gzipped(passing)) {
        Body coded = gzipped.body();
        squeezed = coded;
        head.copyLines(to.out(), replaced(true), squeeze.removed());
        squeeze.fields(head, to.out());
        passOn(to, coded, protocol);
      } catch (Gzipped.Broken e) {
        throw e.why();
      } finally {
        squeezes.release();
      }
      return;
    }
    head.copyLines(to.out(), replaced(status == 204), outbound.removed());
    passOn(to, passing, protocol);
  }

  private void passOn(ReplyTo to, Body passing, String protocol) throws IOException, BadMessage {
    // What follows a body that nobody asked for may be it or the next request: nobody can tell.
    boolean unasked = outbound.expectsContinue() && !continued && !body.done();
    boolean unframed = passing.length() < 0 && !to.framesAll();
    outbound.replyFields(unframed || unasked, protocol);
    to.begin(passing.length());
    to.relay(passing);
  }

  /** Keeps the connection if it stands at the beginning of a next reply, else closes it. */
  private void settle(TargetLeg leg) {
    Pump pumping = pump;
    if (pumping != null && pumping.settle(LAST_BYTES)) {
      pump = null;
    }
    boolean sent = pumping == null || pump == null && pumping.sentAll();
    if (!sent && pumping != null) {
      pumping.abandon();
    }
    Body passed = reply;
    if (passed == null) {
      leg.close();
    } else {
      leg.finish(sent, passed);
    }
  }

  private Failed failed(TargetLeg leg, Fault fault, String detail) {
    answered |= leg.input().available() > 0;
    Pump pumping = pump;
    if (pumping != null) {
      pumping.abandon();
    }
    leg.close();
    // When the body broke first, the connection ended because of it.
    Failed inBody = pumping == null ? null : pumping.failed();
    if (inBody == null && outbound.gone()) {
      return new Failed(Fault.CALLER_GONE, "gone");
    }
    return inBody != null ? inBody : new Failed(fault, detail);
  }

  private static Fault fault(LegFailure e) {
    if (e.leg() == LegFailure.Leg.CALLER) {
      return Fault.CALLER_GONE;
    }
    return e.timeout() ? Fault.UPSTREAM_TIMEOUT : Fault.UPSTREAM_FAILED;
  }

  /** Whether the target has said that it did nothing with the request. */
  private static boolean untouched(LegFailure e) {
    return e.getCause() instanceof StreamFailure why && why.untouched();
  }

  private static String why(LegFailure e) {
    if (e.timeout()) {
      return "it took too long";
    }
    // A target that wants another certificate says so only after the handshake (RFC 8446 4.4.2.4).
    return e.getCause() instanceof SSLException tls
        ? "connection lost: TLS: " + tls.getMessage()
        : "connection lost";
  }

  /** Head and small body, kept to be sent again. */
  private static final class Message extends Output {
    private int headLength;

    Message() {
      super(2048, Integer.MAX_VALUE);
    }

    void endHead() {
      endLine();
      headLength = pending();
    }

    void sendBy(TargetLeg leg, boolean whole, Outbound outbound) throws IOException {
      leg.begin(gathered(), headLength, pending(), whole, outbound);
    }

    @Override
    protected void send(byte[] bytes, int from, int length) {
      throw new IllegalStateException("A message leaves whole");
    }
  }
}
