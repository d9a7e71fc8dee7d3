package dev.aegis.gateway.http2;

/**
 * The code that shortens strings in field blocks (RFC 7541 section 5.2 and appendix B), one way
 * only: nothing obliges a sender to use it. The code is canonical, so the lengths are all there is
 * to know of it: within a length codes count up with the symbols, and from one length to the next.
 */
final class Huffman {
  /** Bits of the code of each byte. */
  private static final byte[] LENGTHS = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  };

  private static final int LONGEST = 30;

  /** First code of each length, and how many there are; the last of length 30 is the end mark. */
  private static final int[] FIRST = new int[LONGEST + 1];

  private static final int[] COUNT = new int[LONGEST + 1];

  /** Offset in {@link #SYMBOLS} of the first symbol of each length. */
  private static final int[] START = new int[LONGEST + 1];

  private static final byte[] SYMBOLS = new byte[256];

  static {
    int code = 0;
    int at = 0;
    for (int length = 1; length <= LONGEST; length++) {
      code <<= 1;
      FIRST[length] = code;
      START[length] = at;
      for (int symbol = 0; symbol < LENGTHS.length; symbol++) {
        if (LENGTHS[symbol] == length) {
          SYMBOLS[at++] = (byte) symbol;
          COUNT[length]++;
        }
      }
      code += COUNT[length];
    }
  }

  private Huffman() {}

  /** The most bytes that {@code coded} bytes can stand for. */
  static int most(int coded) {
    return coded * 8 / 5;
  }

  /**
   * Puts what the bytes stand for into {@code out} at {@code to}, which has room for {@link #most}.
   *
   * @return the offset behind the last byte put
   * @throws ConnectionError when they are no code, or end in more than the padding may be
   */
  static int decode(byte[] coded, int from, int end, byte[] out, int to) throws ConnectionError {
    int code = 0;
    int length = 0;
    int at = to;
    for (int i = from; i < end; i++) {
      for (int bit = 7; bit >= 0; bit--) {
        code = code << 1 | coded[i] >> bit & 1;
        length++;
        int nth = code - FIRST[length];
        if (nth >= 0 && nth < COUNT[length]) {
          out[at++] = SYMBOLS[START[length] + nth];
          code = 0;
          length = 0;
        } else if (length == LONGEST) {
          throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "an end mark inside a string");
        }
      }
    }
    if (length > 7 || code != (1 << length) - 1) {
      throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, "a string is padded wrongly");
    }
    return at;
  }
}
