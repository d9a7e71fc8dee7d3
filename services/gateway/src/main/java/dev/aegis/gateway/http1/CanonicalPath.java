package dev.aegis.gateway.http1;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The one form of a request's path: what is matched to a route, what roles allow, what limits count
 * and what the backend gets. Two spellings of one path cannot be told apart by any of them.
 *
 * <p>Following RFC 3986 section 6.2.2: percent-encoded unreserved characters are decoded, the hex
 * digits of the others are upper case, dot segments are resolved; beyond it, empty segments are
 * merged. Refused, because backends disagree about them: an encoded slash, backslash or control
 * byte, a raw backslash, dot segments with parameters ({@code ..;}, {@code ..%3B}), and a path that
 * climbs above its root.
 */
final class CanonicalPath {
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.ISO_8859_1);

  private CanonicalPath() {}

  /** The canonical form of the slice; an empty one is {@code /}. */
  static String of(byte[] bytes, int from, int to) throws BadMessage {
    if (from == to) {
      return "/";
    }
    boolean plain = true;
    byte before = 0;
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      if (b == '%' || b == '\\' || b == '/' && before == '/' || b == '.' && before == '/') {
        plain = false;
        break;
      }
      before = b;
    }
    return plain
        ? new String(bytes, from, to - from, StandardCharsets.ISO_8859_1)
        : resolve(decode(bytes, from, to));
  }

  private static String decode(byte[] bytes, int from, int to) throws BadMessage {
    ByteArrayOutputStream out = new ByteArrayOutputStream(to - from);
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      if (b == '\\') {
        throw BadMessage.malformed("a backslash in the path");
      }
      if (b != '%') {
        out.write(b);
        continue;
      }
      int high = i + 2 < to ? hex(bytes[i + 1]) : -1;
      int low = i + 2 < to ? hex(bytes[i + 2]) : -1;
      if (high < 0 || low < 0) {
        throw BadMessage.malformed("a broken percent-encoding in the path");
      }
      int decoded = high << 4 | low;
      if (decoded == '/' || decoded == '\\' || decoded < ' ' || decoded == 0x7f) {
        throw BadMessage.malformed("an encoded slash, backslash or control byte in the path");
      }
      if (unreserved(decoded)) {
        out.write(decoded);
      } else {
        out.write('%');
        out.write(HEX[high]);
        out.write(HEX[low]);
      }
      i += 2;
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  private static String resolve(String path) throws BadMessage {
    StringBuilder resolved = new StringBuilder(path.length());
    int at = 1;
    while (at <= path.length()) {
      int slash = path.indexOf('/', at);
      int end = slash < 0 ? path.length() : slash;
      String segment = path.substring(at, end);
      boolean last = slash < 0;
      if (dotWithParameters(segment)) {
        throw BadMessage.malformed("a dot segment with parameters in the path");
      }
      if (segment.equals("..")) {
        int parent = resolved.lastIndexOf("/");
        if (parent < 0) {
          throw BadMessage.malformed("the path climbs above its root");
        }
        resolved.setLength(parent);
        if (last) {
          resolved.append('/');
        }
      } else if (segment.equals(".") || segment.isEmpty()) {
        if (last) {
          resolved.append('/');
        }
      } else {
        resolved.append('/').append(segment);
      }
      at = end + 1;
    }
    return resolved.isEmpty() ? "/" : resolved.toString();
  }

  /** A dot segment to backends that take the semicolon off first, encoded or not. */
  private static boolean dotWithParameters(String segment) {
    String behind =
        segment.substring(segment.startsWith("..") ? 2 : segment.startsWith(".") ? 1 : 0);
    return behind.length() < segment.length()
        && (behind.startsWith(";") || behind.startsWith("%3B"));
  }

  private static int hex(byte b) {
    return Character.digit(b, 16);
  }

  private static boolean unreserved(int c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '-'
        || c == '.'
        || c == '_'
        || c == '~';
  }
}
