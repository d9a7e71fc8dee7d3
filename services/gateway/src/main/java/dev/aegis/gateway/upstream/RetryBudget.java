package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition.Retries;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many further attempts an upstream may still get: a share of its requests and a few each
 * second. When it fails as a whole, attempts beyond the first would else multiply its load just
 * then.
 *
 * <p>Time is an argument: nanoseconds of a monotonic clock. Requests only count themselves; the
 * lock is taken for further attempts, and held for a few sums.
 */
final class RetryBudget {
  private static final double SAVED_SECONDS = 10;
  private static final double LEAST_SAVED = 10;

  private final LongAdder requests = new LongAdder();
  // Guarded by this.
  private double balance;
  private long counted;
  private long at;
  private boolean begun;

  /** A request begins. */
  void request() {
    requests.increment();
  }

  /** Takes one further attempt out of the budget; false when there is none left. */
  synchronized boolean take(Retries rules, long now) {
    long soFar = requests.sum();
    double seconds = begun ? (now - at) / 1e9 : 1;
    double earned =
        (soFar - counted) * rules.budgetPercent() / 100.0 + seconds * rules.minPerSecond();
    // What was not used is not saved up for ever.
    double most = Math.max(LEAST_SAVED, SAVED_SECONDS * rules.minPerSecond());
    balance = Math.min(balance + earned, most);
    counted = soFar;
    at = now;
    begun = true;
    if (balance < 1) {
      return false;
    }
    balance--;
    return true;
  }
}
