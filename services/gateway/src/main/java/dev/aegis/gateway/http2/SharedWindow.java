package dev.aegis.gateway.http2;

/**
 * What all streams of a connection together may send before the other side has taken some (RFC 9113
 * section 5.2), in both directions. Guarded by the connection's lock.
 */
final class SharedWindow {
  /** Bytes that may be sent before anything was said about it (section 6.9.2). */
  static final int INITIAL = 64 * 1024 - 1;

  /** The widest that a window may become. */
  static final long MOST = Integer.MAX_VALUE;

  private static final int OURS = 1024 * 1024;

  private long left = INITIAL;
  private int granted = INITIAL;
  private int taken;

  /** Bytes that this side may send. */
  long left() {
    return left;
  }

  /** This side sends so many. */
  void spend(int bytes) {
    left -= bytes;
  }

  /**
   * The peer lets this side send more.
   *
   * @throws ConnectionError when that is beyond all bounds
   */
  void grow(long more) throws ConnectionError {
    left += more;
    if (left > MOST) {
      throw beyondMost();
    }
  }

  /** What the peer is granted in the beginning, beyond {@link #INITIAL}. */
  int widen() {
    granted = OURS;
    return OURS - INITIAL;
  }

  /**
   * The peer has sent so many.
   *
   * @throws ConnectionError when it may not
   */
  void arrived(int bytes) throws ConnectionError {
    granted -= bytes;
    if (granted < 0) {
      throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "DATA beyond the window");
    }
  }

  /**
   * So many of the peer's were taken; returns what it is to be granted for that now, 0 for later.
   */
  int taken(int bytes) {
    taken += bytes;
    if (taken < OURS / 2) {
      return 0;
    }
    int more = taken;
    granted += more;
    taken = 0;
    return more;
  }

  static ConnectionError beyondMost() {
    return new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window beyond 2^31-1");
  }
}
