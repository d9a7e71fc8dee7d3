package dev.aegis.analytics.rollup;

import org.jspecify.annotations.Nullable;

/**
 * The request of a cell that took longest: the one to look at in log and trace.
 *
 * @param micros how long it took, in microseconds
 * @param requestId its {@code X-Request-Id}, not empty
 */
public record Slowest(long micros, String requestId) {
  /** Longest id that is kept, in bytes; of a request with a longer one nothing is. */
  static final int MAX_ID = 128;

  /** That request, or null if it has no id that is kept. */
  static @Nullable Slowest of(Observation one) {
    String id = one.requestId();
    boolean kept = !id.isEmpty() && id.length() <= MAX_ID && id.chars().allMatch(c -> c < 0x80);
    return kept ? new Slowest(one.durationMicros(), id) : null;
  }

  /**
   * The slower of two. Of two that took as long it is the same one, in whatever order they come.
   */
  static @Nullable Slowest of(@Nullable Slowest one, @Nullable Slowest other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    if (one.micros != other.micros) {
      return one.micros > other.micros ? one : other;
    }
    return one.requestId.compareTo(other.requestId) <= 0 ? one : other;
  }
}
