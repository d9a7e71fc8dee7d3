package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.upstream.Exchange.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.IntPredicate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One request carried over one connection at a time.
 *
 * <p>Small bodies of known length go out in one write with the head, and are still at hand for
 * another attempt. All others are pumped by a second thread while this one already reads the reply,
 * so a backend that answers as it reads never waits for us, nor we for it.
 */
final class Relay {
  private static final int MAX_GATHERED = 16 * 1024;
  private static final Duration LAST_BYTES = Duration.ofMillis(100);

  private final Outbound outbound;
  private final Body body;
  private final Message message = new Message();
  private boolean streamed;
  private boolean continued;
  private boolean answered;
  private @Nullable Pump pump;
  private long upstreamNanos;
  private int status;
  private @Nullable Body reply;
  private @Nullable Tunnel tunnel;

  Relay(Outbound outbound) {
    this.outbound = outbound;
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
    message.endLine();
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
  void over(Connection connection, Terms terms) throws Failed {
    long sent = System.nanoTime();
    try {
      message.sendOver(connection);
      if (streamed) {
        if (!outbound.expectsContinue()) {
          connection.sending();
        }
        pump = new Pump(body, connection);
      }
      awaitReply(connection);
      upstreamNanos = System.nanoTime() - sent;
      int got = connection.head.status();
      if (terms.again().test(got)) {
        connection.close();
        throw Failed.dropped(got);
      }
      if (got == 101) {
        switchProtocols(connection);
      } else {
        connection.headRead(terms.bounded(), terms.end());
        passOn(connection);
        settle(connection);
      }
    } catch (LegFailure e) {
      throw failed(connection, fault(e), e.leg() == LegFailure.Leg.CALLER ? "gone" : why(e));
    } catch (BadMessage e) {
      answered |= e.kind() != BadMessage.Kind.INCOMPLETE;
      throw failed(connection, Fault.UPSTREAM_FAILED, "its reply: " + e.detail());
    } catch (IOException e) {
      throw failed(connection, Fault.UPSTREAM_FAILED, "connection lost");
    } catch (RuntimeException e) {
      failed(connection, Fault.UPSTREAM_FAILED, "a bug");
      throw e;
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
        tunnel == null ? (reply == null ? 0 : reply.taken()) : tunnel.bytesOut(),
        Duration.ZERO,
        pump);
  }

  private void awaitReply(Connection connection) throws IOException, BadMessage {
    ResponseHead head = connection.head;
    while (true) {
      if (!head.read(connection.input)) {
        throw new BadMessage(BadMessage.Kind.INCOMPLETE, "none came before the connection ended");
      }
      if (!head.interim() || head.status() == 101) {
        return;
      }
      answered = true;
      ReplyTo to = outbound.caller();
      if (to.takesInterim() && (head.status() != 100 || outbound.expectsContinue())) {
        head.copyStatusLine(to.out());
        head.copyLines(to.out(), replaced(true));
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
  private void switchProtocols(Connection connection) throws IOException, BadMessage {
    ResponseHead head = connection.head;
    Outbound.Beyond beyond = outbound.beyond();
    if (beyond == null || !head.switchesToWebSocket()) {
      throw new BadMessage(BadMessage.Kind.MALFORMED, "it switches protocols unasked");
    }
    status = head.status();
    ReplyTo to = outbound.caller();
    head.copyStatusLine(to.out());
    head.copyLines(to.out(), replaced(true));
    beyond.fields();
    to.interim();
    connection.headRead(false, 0); // the request is over, and its bounds with it
    Tunnel between = new Tunnel(connection, beyond, to.out());
    tunnel = between;
    between.run();
  }

  private void passOn(Connection connection) throws IOException, BadMessage {
    ResponseHead head = connection.head;
    ReplyTo to = outbound.caller();
    Body passing = Body.of(head, outbound.method(), connection.input);
    reply = passing;
    status = head.status();
    head.copyStatusLine(to.out());
    head.copyLines(to.out(), replaced(status == 204));
    // What follows a body that nobody asked for may be it or the next request: nobody can tell.
    boolean unasked = outbound.expectsContinue() && !continued && !body.done();
    boolean unframed = passing.length() < 0 && !to.framesAll();
    outbound.replyFields(unframed || unasked, head.minorVersion());
    to.begin(passing.length());
    to.relay(passing);
  }

  /** Keeps the connection if it stands at the beginning of a next reply, else closes it. */
  private void settle(Connection connection) {
    Pump pumping = pump;
    if (pumping != null && pumping.settle(LAST_BYTES)) {
      pump = null;
    }
    boolean sent = pumping == null || pump == null && pumping.sentAll();
    boolean clean = connection.input.available() == 0 && reply != null && !reply.untilClose();
    if (sent && clean && connection.head.persistent()) {
      connection.target().keep(connection);
    } else {
      if (pumping != null) {
        pumping.abandon();
      }
      connection.close();
    }
  }

  private Failed failed(Connection connection, Fault fault, String detail) {
    answered |= connection.input.available() > 0;
    Pump pumping = pump;
    if (pumping != null) {
      pumping.abandon();
    }
    connection.close();
    // When the body broke first, the connection ended because of it.
    Failed inBody = pumping == null ? null : pumping.failed();
    return inBody != null ? inBody : new Failed(fault, detail);
  }

  private static Fault fault(LegFailure e) {
    if (e.leg() == LegFailure.Leg.CALLER) {
      return Fault.CALLER_GONE;
    }
    return e.timeout() ? Fault.UPSTREAM_TIMEOUT : Fault.UPSTREAM_FAILED;
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
    private @Nullable Connection connection;

    Message() {
      super(2048, Integer.MAX_VALUE);
    }

    void sendOver(Connection over) throws IOException {
      connection = over;
      sendKeeping();
    }

    @Override
    protected void send(byte[] bytes, int from, int length) throws IOException {
      if (connection == null) {
        throw new IllegalStateException("No connection yet");
      }
      connection.send(bytes, from, length);
    }
  }
}
