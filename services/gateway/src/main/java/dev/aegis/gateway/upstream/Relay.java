package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.upstream.Exchange.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * One request between its caller and whichever attempt carries it.
 *
 * <p>Small bodies of known length go out in one write with the head, and are still at hand for
 * another attempt. All others are pumped by a second thread while this one already reads the reply,
 * so a backend that answers as it reads never waits for us, nor we for it.
 */
final class Relay {
  private static final Duration LAST_BYTES = Duration.ofMillis(100);

  private final Outbound outbound;
  private final Body body;
  private final Answer answer;
  private @Nullable Pump pump;
  private boolean answered;
  private long upstreamNanos;

  /**
   * @param squeezes one of which each compressed reply takes while it is under way
   */
  Relay(Outbound outbound, Semaphore squeezes) {
    this.outbound = outbound;
    this.body = outbound.body();
    this.answer = new Answer(outbound, squeezes);
  }

  /** Takes what targets say before their final replies. */
  Attempt.Interims interims() {
    return answer;
  }

  /** Whether a target has had the request and begun to answer, so that it is not sent again. */
  boolean answered() {
    return answered || answer.status() != 0;
  }

  /** Sends {@code message} and waits for the head of its final reply, blocking. */
  void ask(Attempt attempt, Message message) throws Failed {
    ask(attempt, message, null);
  }

  /** The same; who wants it to end when the caller goes away has seen to that in a race. */
  void ask(Attempt attempt, Message message, @Nullable Race race) throws Failed {
    try {
      attempt.send(message);
      TargetLeg leg = attempt.leg();
      if (message.streamed()) {
        if (!outbound.expectsContinue()) {
          leg.sending();
        }
        pump = new Pump(body, leg);
      }
      if (race == null) {
        outbound.whenGone(leg::close, message.streamed());
      }
      attempt.await(race == null ? answer : race);
    } catch (IOException e) {
      throw failed(attempt, Failed.of(e));
    } catch (BadMessage e) {
      throw failed(attempt, Failed.ofReply(e));
    } catch (RuntimeException e) {
      abandon();
      attempt.close();
      throw e;
    }
  }

  /** The reply whose head has come to {@code attempt} is the one, unless it is dropped. */
  void took(Attempt attempt) {
    upstreamNanos = attempt.nanos();
    heard(attempt);
  }

  /** What has come to {@code attempt}, be it a reply or not. */
  void heard(Attempt attempt) {
    answered |= attempt.answered();
  }

  /**
   * Passes on the reply whose head has come, blocking.
   *
   * @param bounded whether it must be over at {@code end}
   * @param end on the monotonic clock
   */
  void answer(Attempt attempt, boolean bounded, long end) throws Failed {
    TargetLeg leg = attempt.leg();
    answered = true;
    try {
      if (leg.head.status() == 101) {
        answer.switchProtocols(leg);
      } else {
        leg.headRead(bounded, end);
        answer.passOn(leg);
        outbound.forgetGone(); // from here on the leg may be another request's
        settle(leg);
      }
    } catch (Failed e) {
      throw failed(attempt, e);
    } catch (IOException e) {
      throw failed(attempt, Failed.of(e));
    } catch (BadMessage e) {
      throw failed(attempt, Failed.ofReply(e));
    } catch (RuntimeException e) {
      abandon();
      attempt.close();
      throw e;
    }
  }

  /** What came of it all. */
  Exchange outcome(@Nullable Fault fault, String detail, @Nullable Target target, int attempts) {
    Tunnel tunnel = answer.tunnel();
    return new Exchange(
        answer.status(),
        fault,
        detail,
        target == null ? null : target.authority(),
        attempts,
        upstreamNanos,
        tunnel == null ? body.taken() : tunnel.bytesIn(),
        tunnel == null ? answer.bytesOut() : tunnel.bytesOut(),
        Duration.ZERO,
        pump);
  }

  /** Gives the caller a reply that is there already, see {@link Answer#give}. */
  Exchange give(byte[] message, boolean notModified) {
    try {
      answer.give(message, notModified);
      return outcome(null, "", null, 0);
    } catch (Failed e) {
      return outcome(e.fault(), e.detail(), null, 0);
    } catch (BadMessage e) {
      return outcome(Fault.UPSTREAM_FAILED, "its stored reply: " + e.detail(), null, 0);
    } catch (IOException e) {
      return outcome(Fault.CALLER_GONE, "gone", null, 0);
    }
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
    Body passed = answer.reply();
    if (passed == null) {
      leg.close();
    } else {
      leg.finish(sent, passed);
    }
  }

  /** The attempt has ended so, unless the caller has ended it. */
  private Failed failed(Attempt attempt, Failed why) {
    abandon();
    attempt.failed(why);
    heard(attempt);
    // When the body broke first, the connection ended because of it.
    Pump pumping = pump;
    Failed inBody = pumping == null ? null : pumping.failed();
    Failed caller =
        inBody == null && outbound.gone() ? new Failed(Fault.CALLER_GONE, "gone") : inBody;
    if (caller == null) {
      return why;
    }
    attempt.endedBy(caller);
    return why.isUntouched() ? caller.untouched() : caller;
  }

  private void abandon() {
    Pump pumping = pump;
    if (pumping != null) {
      pumping.abandon();
    }
  }
}
