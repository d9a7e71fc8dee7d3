package dev.aegis.events;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A growing buffer of UTF-8 JSON for one thread that writes many small objects: no tree, no
 * intermediate strings, and the same bytes used again.
 */
public final class JsonBytes {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);

  private byte[] bytes;
  private int length;
  private boolean first = true;

  public JsonBytes() {
    this(1_024);
  }

  /**
   * @param capacity bytes to begin with
   */
  public JsonBytes(int capacity) {
    bytes = new byte[Math.max(64, capacity)];
  }

  /** Forgets what was written. */
  public JsonBytes clear() {
    length = 0;
    first = true;
    return this;
  }

  /** A copy of what was written. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  /** Opens an object. */
  public JsonBytes open() {
    put('{');
    first = true;
    return this;
  }

  /** Closes the object. */
  public JsonBytes close() {
    put('}');
    first = false;
    return this;
  }

  /**
   * A member's name as it goes before its value, made once.
   *
   * @param name visible ASCII without quote and backslash
   */
  public static byte[] name(String name) {
    return ("\"" + name + "\":").getBytes(StandardCharsets.US_ASCII);
  }

  /** A text member, or null. */
  public JsonBytes text(byte[] name, @Nullable String value) {
    member(name);
    if (value == null) {
      put(NULL);
    } else {
      quoted(value);
    }
    return this;
  }

  /** A whole number member. */
  public JsonBytes number(byte[] name, long value) {
    member(name);
    decimal(value);
    return this;
  }

  /** A number member given in thousandths, written with three decimals. */
  public JsonBytes thousandths(byte[] name, long value) {
    member(name);
    decimal(value / 1000);
    int rest = (int) (value % 1000);
    put('.');
    put((char) ('0' + rest / 100));
    put((char) ('0' + rest / 10 % 10));
    put((char) ('0' + rest % 10));
    return this;
  }

  /**
   * A time member as RFC 3339 in UTC with microseconds.
   *
   * @param epochSecond from year 0 to 9999
   * @param nano of the second; what is below a microsecond is cut off
   */
  public JsonBytes time(byte[] name, long epochSecond, int nano) {
    member(name);
    put('"');
    ensure(32);
    length = Rfc3339.write(bytes, length, epochSecond, nano);
    put('"');
    return this;
  }

  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

  private void member(byte[] name) {
    if (!first) {
      put(',');
    }
    first = false;
    put(name);
  }

  private void quoted(String value) {
    int chars = value.length();
    // The worst case is six bytes for each char: an escaped control character.
    ensure(chars * 6 + 2);
    byte[] out = bytes;
    int at = length;
    out[at++] = '"';
    for (int i = 0; i < chars; i++) {
      char c = value.charAt(i);
      if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
        out[at++] = (byte) c;
      } else if (c < 0x80) {
        at = escape(out, at, c);
      } else if (c < 0x800) {
        out[at++] = (byte) (0xc0 | c >> 6);
        out[at++] = (byte) (0x80 | c & 0x3f);
      } else if (Character.isHighSurrogate(c)
          && i + 1 < chars
          && Character.isLowSurrogate(value.charAt(i + 1))) {
        int point = Character.toCodePoint(c, value.charAt(++i));
        out[at++] = (byte) (0xf0 | point >> 18);
        out[at++] = (byte) (0x80 | point >> 12 & 0x3f);
        out[at++] = (byte) (0x80 | point >> 6 & 0x3f);
        out[at++] = (byte) (0x80 | point & 0x3f);
      } else {
        // Half a surrogate pair has no UTF-8 form: U+FFFD instead.
        char whole = Character.isSurrogate(c) ? '\ufffd' : c;
        out[at++] = (byte) (0xe0 | whole >> 12);
        out[at++] = (byte) (0x80 | whole >> 6 & 0x3f);
        out[at++] = (byte) (0x80 | whole & 0x3f);
      }
    }
    out[at++] = '"';
    length = at;
  }

  private static int escape(byte[] out, int start, char c) {
    int at = start;
    out[at++] = '\\';
    switch (c) {
      case '"', '\\' -> out[at++] = (byte) c;
      case '\n' -> out[at++] = 'n';
      case '\r' -> out[at++] = 'r';
      case '\t' -> out[at++] = 't';
      default -> {
        out[at++] = 'u';
        out[at++] = '0';
        out[at++] = '0';
        out[at++] = HEX[c >> 4];
        out[at++] = HEX[c & 0xf];
      }
    }
    return at;
  }

  private void decimal(long value) {
    if (value == Long.MIN_VALUE) {
      put(Long.toString(value).getBytes(StandardCharsets.US_ASCII));
      return;
    }
    ensure(20);
    long left = value;
    if (left < 0) {
      bytes[length++] = '-';
      left = -left;
    }
    int digits = 1;
    for (long power = 10; digits < 19 && left >= power; power *= 10) {
      digits++;
    }
    for (int at = length + digits - 1; at >= length; at--) {
      bytes[at] = (byte) ('0' + left % 10);
      left /= 10;
    }
    length += digits;
  }

  private void put(char c) {
    ensure(1);
    bytes[length++] = (byte) c;
  }

  private void put(byte[] more) {
    ensure(more.length);
    System.arraycopy(more, 0, bytes, length, more.length);
    length += more.length;
  }

  private void ensure(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(length, more)));
    }
  }
}
