package dev.aegis.analytics.rollup;

/**
 * The logarithmic scale on which durations are counted.
 *
 * <p>Below 64 µs each microsecond has its own bucket. Above, each doubling is cut into 64 buckets
 * of equal width, so a bucket is at most 1/64 of its lower bound wide and its middle is at most
 * 1/128 (0.79 %) away from any duration in it. Integer arithmetic only, so every JVM that ever
 * writes to the store cuts at the same borders.
 */
public final class LatencyBucket {
  /** Largest relative distance between a duration and the middle of its bucket. */
  public static final double RELATIVE_ERROR = 1.0 / 128;

  /** Longest duration told apart, in microseconds: 71 minutes. Longer ones count as this. */
  public static final long MAX_MICROS = (1L << 32) - 1;

  private static final int FINE_BITS = 6;
  private static final int FINE = 1 << FINE_BITS;

  /** Number of buckets. */
  static final int COUNT = of(MAX_MICROS) + 1;

  private LatencyBucket() {}

  /** The bucket of a duration in microseconds; a negative duration (clock step) counts as 0. */
  public static int of(long micros) {
    if (micros < FINE) {
      return (int) Math.max(0, micros);
    }
    long value = Math.min(micros, MAX_MICROS);
    int doubling = 63 - Long.numberOfLeadingZeros(value) - FINE_BITS;
    return (doubling << FINE_BITS) + (int) (value >>> doubling);
  }

  /** The middle of a bucket, in microseconds. */
  public static double middle(int bucket) {
    if (bucket < 2 * FINE) {
      return bucket;
    }
    int doubling = (bucket >>> FINE_BITS) - 1;
    long lower = (long) (FINE + (bucket & (FINE - 1))) << doubling;
    return lower + ((1L << doubling) - 1) / 2.0;
  }
}
