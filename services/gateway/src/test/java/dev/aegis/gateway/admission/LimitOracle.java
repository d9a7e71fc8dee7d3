package dev.aegis.gateway.admission;

import dev.aegis.journal.RateLimitConfig.Algorithm;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/**
 * What a limit is by its definition: it keeps the whole history of a caller and reads it anew for
 * every request, in decimals. Slow, and of no number that the gateway's code has.
 */
final class LimitOracle {
  private final Bound bound;
  private final List<Spent> history = new ArrayList<>();

  private record Spent(long at, long cost) {}

  LimitOracle(Bound bound) {
    this.bound = bound;
  }

  boolean fits(long now, long cost) {
    return cost == 0 || cost <= room(now);
  }

  void add(long now, long cost) {
    history.add(new Spent(now, cost));
  }

  /** Whole units that may come. */
  long room(long now) {
    BigDecimal used =
        switch (bound.algorithm()) {
          case FIXED_WINDOW -> BigDecimal.valueOf(within(number(now)));
          case SLIDING_WINDOW -> {
            long left = (number(now) + 1) * bound.lengthMillis() - now;
            yield ratio(within(number(now) - 1) * left, bound.lengthMillis())
                .add(BigDecimal.valueOf(within(number(now))));
          }
          case TOKEN_BUCKET, LEAKY_BUCKET -> level(now);
          case CONCURRENCY -> throw new IllegalArgumentException("no time is in it");
        };
    // Far finer than a unit can be cut by whole milliseconds, and coarser than a rounding.
    BigDecimal left = BigDecimal.valueOf(bound.room()).subtract(used);
    return left.add(new BigDecimal("1e-12")).max(BigDecimal.ZERO).longValue();
  }

  private BigDecimal level(long now) {
    BigDecimal level = BigDecimal.ZERO;
    long at = 0;
    for (Spent spent : history) {
      level = drained(level, spent.at() - at).add(BigDecimal.valueOf(spent.cost()));
      at = spent.at();
    }
    return drained(level, now - at);
  }

  private BigDecimal drained(BigDecimal level, long millis) {
    return level.subtract(ratio(millis * bound.limit(), bound.lengthMillis())).max(BigDecimal.ZERO);
  }

  private long within(long window) {
    return history.stream()
        .filter(spent -> number(spent.at()) == window)
        .mapToLong(Spent::cost)
        .sum();
  }

  private long number(long at) {
    return at / bound.lengthMillis();
  }

  private static BigDecimal ratio(long dividend, long divisor) {
    return BigDecimal.valueOf(dividend).divide(BigDecimal.valueOf(divisor), MathContext.DECIMAL128);
  }

  static boolean bucket(Algorithm algorithm) {
    return switch (algorithm) {
      case FIXED_WINDOW, SLIDING_WINDOW, CONCURRENCY -> false;
      case TOKEN_BUCKET, LEAKY_BUCKET -> true;
    };
  }
}
