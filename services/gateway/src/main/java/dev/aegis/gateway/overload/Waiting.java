package dev.aegis.gateway.overload;

/**
 * Tells a queue that stands from one that comes and goes, by CoDel's estimator (RFC 8289 section
 * 3.2): if even the shortest wait of an interval was too long, the queue was never empty, and it
 * only makes everybody wait. A pause or a burst makes some waits long, but not the shortest.
 */
final class Waiting {
  /** What waits longer than this, with nothing being served sooner, is too much. */
  static final long TARGET_NANOS = 100_000_000;

  /** How long each look is. */
  static final long INTERVAL_NANOS = 1_000_000_000;

  private long began;
  private long shortest = Long.MAX_VALUE;

  /** The verdict about an interval. */
  enum Verdict {
    /** It is not over yet. */
    OPEN,
    /** Something was served at once. */
    PASSING,
    /** Everything had to wait. */
    STANDING
  }

  /**
   * @param now on the monotonic clock
   */
  Waiting(long now) {
    this.began = now;
  }

  /**
   * Something got a processor.
   *
   * @param waited how long it had waited for one, nanoseconds
   * @param now on the monotonic clock
   */
  Verdict served(long waited, long now) {
    shortest = Math.min(shortest, waited);
    if (now - began < INTERVAL_NANOS) {
      return Verdict.OPEN;
    }
    Verdict verdict = shortest > TARGET_NANOS ? Verdict.STANDING : Verdict.PASSING;
    began = now;
    shortest = Long.MAX_VALUE;
    return verdict;
  }
}
