package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether an upstream is asked at all. Closed it lets every request pass and counts how they end;
 * too many bad ends open it, and for a while nobody passes; then, half open, a few may try, and
 * their ends close it or open it again.
 *
 * <p>Time is an argument: nanoseconds of a monotonic clock. Its lock is held for a few comparisons.
 */
final class CircuitBreaker {
  /** What a request is told. */
  sealed interface Answer {}

  /**
   * It may pass; how it ends must be told.
   *
   * @param epoch tells ends that belong to an earlier state, which count no more
   */
  record Pass(long epoch) implements Answer {}

  /**
   * It may not.
   *
   * @param nanos until it is worth another try
   */
  record Wait(long nanos) implements Answer {}

  private static final Pass FREE = new Pass(-1); // of no state: its end counts nowhere

  private final Consumer<CircuitState> turned;

  private volatile UpstreamDefinition.@Nullable CircuitBreaker rules;
  // Guarded by this.
  private CircuitState state = CircuitState.CLOSED;
  private Pass pass = new Pass(0);
  private int consecutive;
  private long windowEnd;
  private boolean windowBegun;
  private int requests;
  private int failures;
  private long changedAt;
  private int probes;
  private int succeeded;
  private long lastProbe;

  /**
   * A closed one.
   *
   * @param turned hears of each turn to another state, in their order, while the lock is held
   */
  CircuitBreaker(Consumer<CircuitState> turned) {
    this.turned = turned;
  }

  /** Other rules, or null for none; where it stands is kept, without rules it is closed. */
  void rules(UpstreamDefinition.@Nullable CircuitBreaker newer) {
    rules = newer;
    if (newer == null) {
      synchronized (this) {
        turn(CircuitState.CLOSED, 0);
      }
    }
  }

  /** Asks for one request; with {@link Pass}, {@link #ended} must follow. */
  Answer ask(long now) {
    UpstreamDefinition.CircuitBreaker by = rules;
    return by == null ? FREE : ask(by, now);
  }

  private synchronized Answer ask(UpstreamDefinition.CircuitBreaker by, long now) {
    return switch (state) {
      case CLOSED -> pass;
      case OPEN -> {
        long left = by.open().toNanos() - (now - changedAt);
        if (left > 0) {
          yield new Wait(left);
        }
        turn(CircuitState.HALF_OPEN, now);
        yield probe(by, now);
      }
      case HALF_OPEN -> probe(by, now);
    };
  }

  /** One that takes very long must not keep the circuit half open for ever: others follow it. */
  private Answer probe(UpstreamDefinition.CircuitBreaker by, long now) {
    long left = by.open().toNanos() - (now - lastProbe);
    if (probes >= by.halfOpenRequests() && left > 0) {
      return new Wait(left);
    }
    probes++;
    lastProbe = now;
    return pass;
  }

  /** A request that passed has ended. Returns whether that changed the state. */
  boolean ended(Pass passed, Standing standing, long now) {
    UpstreamDefinition.CircuitBreaker by = rules;
    return by != null && ended(by, passed, standing, now);
  }

  private synchronized boolean ended(
      UpstreamDefinition.CircuitBreaker by, Pass passed, Standing standing, long now) {
    // Without rules it is closed for good: what began under the former ones must not open it.
    if (passed.epoch() != pass.epoch() || rules == null) {
      return false;
    }
    return switch (state) {
      case CLOSED -> closedEnded(by, standing, now);
      case HALF_OPEN -> probeEnded(by, standing, now);
      case OPEN -> false;
    };
  }

  private boolean closedEnded(UpstreamDefinition.CircuitBreaker by, Standing standing, long now) {
    if (standing == Standing.UNKNOWN) {
      return false;
    }
    if (!windowBegun || now - windowEnd >= 0) {
      windowBegun = true;
      windowEnd = now + by.window().toNanos();
      requests = 0;
      failures = 0;
    }
    requests++;
    if (standing == Standing.GOOD) {
      consecutive = 0;
      return false;
    }
    failures++;
    consecutive++;
    boolean often =
        requests >= by.minRequests() && failures * 100L >= (long) by.failurePercent() * requests;
    if (consecutive < by.consecutiveFailures() && !often) {
      return false;
    }
    turn(CircuitState.OPEN, now);
    return true;
  }

  private boolean probeEnded(UpstreamDefinition.CircuitBreaker by, Standing standing, long now) {
    switch (standing) {
      case GOOD -> {
        if (++succeeded < by.halfOpenRequests()) {
          return false;
        }
        turn(CircuitState.CLOSED, now);
      }
      case BAD -> turn(CircuitState.OPEN, now);
      case UNKNOWN -> {
        probes--; // it has shown nothing: another may try
        return false;
      }
    }
    return true;
  }

  private void turn(CircuitState next, long now) {
    boolean other = state != next;
    state = next;
    pass = new Pass(pass.epoch() + 1);
    changedAt = now;
    consecutive = 0;
    windowBegun = false;
    probes = 0;
    succeeded = 0;
    if (other) {
      turned.accept(next);
    }
  }

  /** Where it stands; open until somebody asks after its time is over. */
  synchronized CircuitState state() {
    return state;
  }
}
