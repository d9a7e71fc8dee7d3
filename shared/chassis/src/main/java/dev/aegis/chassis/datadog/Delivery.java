package dev.aegis.chassis.datadog;

import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.datadog.Intake.Answer;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The payloads of one kind on their way to Datadog, in order, in bounded memory. One thread's.
 *
 * <p>While Datadog is away they wait, the oldest giving way when there is no more room. A key that
 * is not taken is tried again each minute; a payload that is not is given up. What happens is said
 * once, not each time.
 */
final class Delivery {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final String what;
  private final URI to;
  private final Intake intake;
  private final long mostBytes;
  private final Pace pace;
  private final Metrics.Counter lost;
  private final Deque<Payload> waiting = new ArrayDeque<>();
  private volatile State state = State.WELL;
  private long bytes;
  private int failures;
  private long nextAt;

  /**
   * How long to wait before another attempt.
   *
   * @param first after the first failure; doubles with each, with jitter
   * @param most but no longer than this
   * @param denied after a key that was not taken
   */
  record Pace(Duration first, Duration most, Duration denied) {
    static final Pace USUAL =
        new Pace(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMinutes(1));
  }

  private enum State {
    WELL,
    AWAY,
    DENIED,
    UNFIT
  }

  /**
   * @param what for messages, in the plural
   * @param mostBytes of payloads that wait
   * @param lost counts points or lines given up
   */
  Delivery(String what, URI to, Intake intake, long mostBytes, Pace pace, Metrics.Counter lost) {
    this.what = what;
    this.to = to;
    this.intake = intake;
    this.mostBytes = mostBytes;
    this.pace = pace;
    this.lost = lost;
    this.nextAt = System.nanoTime();
  }

  /** Whether nothing waits. */
  boolean idle() {
    return waiting.isEmpty();
  }

  /** Whether Datadog took the last payload. Any thread. */
  boolean well() {
    return state == State.WELL;
  }

  /** Puts a payload behind the others. */
  void add(Payload payload) {
    waiting.add(payload);
    bytes += payload.body().length;
    while (bytes > mostBytes && waiting.size() > 1) {
      lost.add(next().items());
    }
  }

  /** Sends what waits, as far as Datadog takes it and it is time. */
  void attempt() throws InterruptedException {
    while (!waiting.isEmpty() && System.nanoTime() - nextAt >= 0 && attempt(LIMIT)) {
      // The next one.
    }
  }

  /** Sends what waits once more before the end. */
  void end(long deadline) throws InterruptedException {
    boolean goes = state != State.DENIED;
    while (goes && !waiting.isEmpty() && deadline - System.nanoTime() > 0) {
      goes = attempt(Duration.ofNanos(deadline - System.nanoTime()));
    }
  }

  /** Gives up what waits. */
  void drop() {
    while (!waiting.isEmpty()) {
      lost.add(next().items());
    }
  }

  private Payload next() {
    Payload payload = waiting.remove();
    bytes -= payload.body().length;
    return payload;
  }

  /** Whether the next one may be tried at once. */
  private boolean attempt(Duration limit) throws InterruptedException {
    Answer answer = intake.post(to, waiting.element().body(), limit);
    switch (answer) {
      case Answer.Taken _ -> {
        next();
        failures = 0;
        if (become(State.WELL)) {
          LOG.info("Datadog takes {} again", what);
        }
        return true;
      }
      case Answer.Unfit(int status) -> {
        lost.add(next().items());
        failures = 0;
        if (become(State.UNFIT)) {
          LOG.warn(
              "Datadog does not take {} of this form (status {}); they are lost", what, status);
        }
        return true;
      }
      case Answer.Denied(int status) -> {
        if (become(State.DENIED)) {
          LOG.warn(
              "Datadog does not take {} with this key (status {}); see DD_API_KEY and DD_SITE",
              what,
              status);
        }
        nextAt = System.nanoTime() + pace.denied().toNanos();
        return false;
      }
      case Answer.Away(String why) -> {
        if (become(State.AWAY)) {
          LOG.warn("Datadog does not take {} now ({}); trying again", what, why);
        }
        long most = pace.most().toNanos();
        long wait = Math.min(most, pace.first().toNanos() << Math.min(failures++, 20));
        nextAt = System.nanoTime() + wait / 2 + ThreadLocalRandom.current().nextLong(wait / 2 + 1);
        return false;
      }
    }
  }

  private boolean become(State now) {
    boolean changed = state != now;
    state = now;
    return changed;
  }
}
