package dev.aegis.gateway.http2;

/**
 * What the peer has set for this side (RFC 9113 section 6.5.2), as far as it matters here. Guarded
 * by the connection's lock.
 */
final class PeerSettings {
  private final boolean server;
  private long maxStreams = 100; // until it says otherwise
  private long window = SharedWindow.INITIAL;

  /**
   * @param server whether this side is one
   */
  PeerSettings(boolean server) {
    this.server = server;
  }

  /** Streams of this side that may be open at once. */
  long maxStreams() {
    return maxStreams;
  }

  /** Bytes that this side may send on a new stream. */
  long window() {
    return window;
  }

  /**
   * Takes one setting.
   *
   * @return by how much the windows of the open streams grow; below 0, shrink
   * @throws ConnectionError when it is out of its bounds
   */
  long set(int id, long value) throws ConnectionError {
    switch (id) {
      case 2 -> {
        if (value > 1 || value == 1 && !server) {
          throw broken("ENABLE_PUSH is neither 0 nor 1, or a server's");
        }
      }
      case 3 -> maxStreams = value;
      case 4 -> {
        if (value > SharedWindow.MOST) {
          throw SharedWindow.beyondMost();
        }
        long more = value - window;
        window = value;
        return more;
      }
      case 5 -> {
        if (value < FrameWriter.MAX_FRAME || value > (1 << 24) - 1) {
          throw broken("MAX_FRAME_SIZE is out of its bounds");
        }
      }
      default -> {} // 1 and 6 bind only encoders with a table, or long heads; others are unknown
    }
    return 0;
  }

  private static ConnectionError broken(String detail) {
    return new ConnectionError(ErrorCode.PROTOCOL_ERROR, detail);
  }
}
