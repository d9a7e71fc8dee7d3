package dev.aegis.gateway.http2;

/**
 * How much nuisance a peer may make: a number of events within ten seconds, far beyond what any
 * honest one does (RFC 9113 section 10.5).
 */
final class Calm {
  private static final long WINDOW_NANOS = 10_000_000_000L;

  private final int most;
  private final String what;
  private long began;
  private int count;

  Calm(int most, String what) {
    this.most = most;
    this.what = what;
  }

  /** Something of use has come, which makes up for one: some peers ping with every message. */
  void useful() {
    if (count > 0) {
      count--;
    }
  }

  /**
   * One more.
   *
   * @param now nanoseconds of the monotonic clock
   * @throws ConnectionError when they are too many
   */
  void disturbed(long now) throws ConnectionError {
    if (count == 0 || now - began > WINDOW_NANOS) {
      began = now;
      count = 0;
    }
    if (++count > most) {
      throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "too many " + what);
    }
  }
}
