package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.Slowest;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** What can be asked of a set of requests. */
public enum Metric {
  /** How many. */
  REQUESTS,
  /** How many were answered with 500 or more. */
  ERRORS,
  /** Median duration in milliseconds. */
  P50,
  /** 95th percentile of the duration in milliseconds. */
  P95,
  /** 99th percentile of the duration in milliseconds. */
  P99,
  /** Body bytes, both ways. */
  BYTES,
  /** Body bytes from callers. */
  BYTES_IN,
  /** Body bytes to callers. */
  BYTES_OUT,
  /** Which request took longest, and how many milliseconds. */
  SLOWEST;

  /** What is answered when nothing else is asked. */
  public static final List<Metric> DEFAULT = List.of(REQUESTS, ERRORS, P50, P95, P99, BYTES);

  private static final double MICROS_PER_MILLI = 1_000;

  /** The name on the wire, such as {@code p95}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The value for a sum of cells. Counts are whole and 0 for no requests; a percentile is within
   * {@link dev.aegis.analytics.rollup.LatencyBucket#RELATIVE_ERROR} and null for no requests, since
   * 0 ms would be the best there is. Of the slowest request it is how long it took.
   */
  public @Nullable Number of(Cell sum) {
    return switch (this) {
      case REQUESTS -> sum.requests();
      case ERRORS -> sum.errors();
      case P50 -> millis(sum.latencies().quantile(0.5));
      case P95 -> millis(sum.latencies().quantile(0.95));
      case P99 -> millis(sum.latencies().quantile(0.99));
      case BYTES -> sum.bytesIn() + sum.bytesOut();
      case BYTES_IN -> sum.bytesIn();
      case BYTES_OUT -> sum.bytesOut();
      case SLOWEST -> {
        Slowest slowest = sum.slowest();
        yield slowest == null ? null : slowest.micros() / MICROS_PER_MILLI;
      }
    };
  }

  private static @Nullable Double millis(OptionalDouble micros) {
    return micros.isPresent() ? micros.getAsDouble() / MICROS_PER_MILLI : null;
  }
}
