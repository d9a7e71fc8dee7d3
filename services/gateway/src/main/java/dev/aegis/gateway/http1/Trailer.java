package dev.aegis.gateway.http1;

import java.util.Arrays;

/** Trailer fields (RFC 9110 section 6.5). */
final class Trailer {
  private Trailer() {}

  /**
   * Those of the lines that go on: not the ones that the gateway knows, also under another
   * spelling, nor those that say what the head alone may (RFC 9110 section 6.5.1).
   *
   * @param lines each with its CRLF, which stands nowhere else
   * @throws BadMessage when one of them is not a name, a colon and a value
   */
  static byte[] passing(byte[] lines) throws BadMessage {
    byte[] passing = new byte[lines.length];
    int length = 0;
    for (int at = 0; at < lines.length; ) {
      int colon = at;
      while (Head.isToken(lines[colon])) {
        colon++;
      }
      if (lines[colon] != ':' || colon == at) {
        throw BadMessage.malformed("a trailer line is not a name, a colon and a value");
      }
      int end = colon + 1;
      for (byte b = lines[end]; b != '\r'; b = lines[++end]) {
        if (b >= 0 && b < ' ' && b != '\t' || b == 0x7f) {
          throw BadMessage.malformed("a control byte in a trailer");
        }
      }
      if (goesOn(lines, at, colon)) {
        System.arraycopy(lines, at, passing, length, end + 2 - at);
        length += end + 2 - at;
      }
      at = end + 2;
    }
    return Arrays.copyOf(passing, length);
  }

  private static boolean goesOn(byte[] lines, int from, int to) {
    return Field.of(Field.hash(lines, from, to), lines, from, to) == null
        && !Field.isForwarded(lines, from, to)
        && !Field.ofHeadOnly(lines, from, to);
  }
}
