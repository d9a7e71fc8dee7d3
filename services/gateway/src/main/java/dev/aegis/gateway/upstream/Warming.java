package dev.aegis.gateway.upstream;

/**
 * How much of its share a target gets that has just come (back): a cold one would break down under
 * all of it. From a tenth on it grows with the time.
 *
 * <p>Time is an argument: nanoseconds of a monotonic clock.
 */
final class Warming {
  private static final double LEAST = 0.1;

  // Written before begun is.
  private long since;
  private volatile boolean begun;

  /** It has come. */
  void begin(long now) {
    since = now;
    begun = true;
  }

  /**
   * The part that it gets now.
   *
   * @param length nanoseconds until it gets all, at least 1
   * @return from a tenth to 1
   */
  double part(long now, long length) {
    return begun ? part(since, now, length) : 1;
  }

  /** The same for one that has come at {@code since}. */
  static double part(long since, long now, long length) {
    long elapsed = now - since;
    return elapsed >= length ? 1 : Math.max(LEAST, (double) elapsed / length);
  }
}
