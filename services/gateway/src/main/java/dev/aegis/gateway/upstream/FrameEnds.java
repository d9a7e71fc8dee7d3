package dev.aegis.gateway.upstream;

/**
 * Finds where the frames of one direction of a WebSocket end (RFC 6455 section 5.2), in bytes that
 * pass by in pieces of any size. It reads heads and skips payloads; it keeps neither, and judges
 * nothing: in bytes that are no frames it merely finds no meaningful ends.
 */
final class FrameEnds {
  private static final int OPCODE = 0x0f;
  private static final int CLOSE = 0x8;
  private static final int MASKED = 0x80;
  private static final int LENGTH = 0x7f;
  private static final int TWO_MORE = 126;
  private static final int EIGHT_MORE = 127;
  private static final int MASK_BYTES = 4;

  private int seen; // bytes of the head
  private int head; // how many it has, as far as they tell
  private int lengthEnd;
  private int opcode;
  private long payload; // its length, then what is left of it
  private boolean closed;

  /**
   * Goes on to the end of the current frame, or to where the bytes end.
   *
   * @return the offset behind the last byte that was looked at, beyond {@code from} unless there is
   *     none
   */
  int next(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      if (seen < 2 || seen < head) {
        head(bytes[at++] & 0xff);
      } else {
        int skipped = (int) Math.min(payload, to - at);
        payload -= skipped;
        at += skipped;
      }
      if (seen >= 2 && seen == head && payload == 0) {
        closed |= opcode == CLOSE;
        seen = 0;
        return at;
      }
    }
    return at;
  }

  private void head(int value) {
    switch (seen++) {
      case 0 -> opcode = value & OPCODE;
      case 1 -> {
        int length = value & LENGTH;
        lengthEnd = length == TWO_MORE ? 4 : length == EIGHT_MORE ? 10 : 2;
        payload = lengthEnd == 2 ? length : 0;
        head = lengthEnd + ((value & MASKED) == 0 ? 0 : MASK_BYTES);
      }
      default -> {
        if (seen <= lengthEnd) {
          payload = payload << 8 | value;
        }
      }
    }
    if (seen == lengthEnd && payload < 0) {
      payload = Long.MAX_VALUE; // no length that the protocol has: nothing follows it
    }
  }

  /** Whether the last byte was the end of a frame, or there was none yet. */
  boolean between() {
    return seen == 0;
  }

  /** Whether a close frame has passed, after which nothing follows (section 5.5.1). */
  boolean closed() {
    return closed;
  }
}
