package dev.aegis.gateway.http2;

import java.util.Arrays;

/**
 * Makes a field block (RFC 7541) of a head in lines of HTTP/1.1. Names become lower case, and what
 * speaks of the connection stays out (RFC 9113 section 8.2.2). Uses no table and no Huffman code,
 * so nothing that one stream says can be guessed from the lengths of another's block, and blocks
 * can be made beside each other.
 */
final class FieldEncoder {
  private static final int AUTHORITY = 1;
  private static final int GET = 2;
  private static final int POST = 3;
  private static final int PATH = 4;
  private static final int HTTP = 6;
  private static final int HTTPS = 7;
  private static final int STATUS_200 = 8;
  private static final int INDEXED = 0x80;
  private static final int NEVER_KEPT = 0x10;
  private static final int[] STATUSES = {200, 204, 206, 304, 400, 404, 500};

  private final byte[] lines;
  private final int end;
  private int at;
  private byte[] block = new byte[256];
  private int length;

  private FieldEncoder(byte[] lines, int from, int end) {
    this.lines = lines;
    this.at = from;
    this.end = end;
  }

  /** The block of a reply, of which all lines are there but the empty one. */
  static byte[] reply(byte[] lines, int from, int end) {
    FieldEncoder encoder = new FieldEncoder(lines, from, end);
    encoder.status();
    encoder.fields();
    return encoder.done();
  }

  /**
   * The block of a request, of which all lines are there but the empty one.
   *
   * @param secure whether the target is reached by TLS
   * @param trailers whether the caller takes trailer fields
   */
  static byte[] request(byte[] lines, int from, int end, boolean secure, boolean trailers) {
    FieldEncoder encoder = new FieldEncoder(lines, from, end);
    encoder.requestLine(secure);
    encoder.fields();
    if (trailers) {
      byte[] te = {'t', 'e', 't', 'r', 'a', 'i', 'l', 'e', 'r', 's'};
      encoder.number(0, 4, 0);
      encoder.string(te, 0, 2);
      encoder.string(te, 2, te.length);
    }
    return encoder.done();
  }

  /** The block of a trailer. */
  static byte[] trailer(byte[] lines, int from, int end) {
    FieldEncoder encoder = new FieldEncoder(lines, from, end);
    encoder.fields();
    return encoder.done();
  }

  private byte[] done() {
    return Arrays.copyOf(block, length);
  }

  /** "HTTP/1.1 NNN reason". */
  private void status() {
    int code = at + 9;
    int status = (lines[code] - '0') * 100 + (lines[code + 1] - '0') * 10 + lines[code + 2] - '0';
    int known = Arrays.binarySearch(STATUSES, status);
    if (known >= 0) {
      number(INDEXED, 7, STATUS_200 + known);
    } else {
      number(0, 4, STATUS_200);
      string(lines, code, code + 3);
    }
    at = lineEnd(at) + 2;
  }

  /** "METHOD target HTTP/1.1", and Host, which is found among the lines. */
  private void requestLine(boolean secure) {
    int lineEnd = lineEnd(at);
    int space = at;
    while (lines[space] != ' ') {
      space++;
    }
    int path = space + 1;
    int pathEnd = lineEnd - " HTTP/1.1".length();
    if (is(at, space, "GET") || is(at, space, "POST")) {
      number(INDEXED, 7, space - at == 3 ? GET : POST);
    } else {
      number(0, 4, GET);
      string(lines, at, space);
    }
    number(INDEXED, 7, secure ? HTTPS : HTTP);
    if (pathEnd - path == 1 && lines[path] == '/') {
      number(INDEXED, 7, PATH);
    } else {
      number(0, 4, PATH);
      string(lines, path, pathEnd);
    }
    at = lineEnd + 2;
    for (int line = at; line < end; line = lineEnd(line) + 2) {
      int colon = colon(line);
      if (is(line, colon, "host")) {
        number(0, 4, AUTHORITY);
        string(lines, valueStart(colon), valueEnd(colon, lineEnd(line)));
      }
    }
  }

  private void fields() {
    while (at < end) {
      int lineEnd = lineEnd(at);
      int colon = colon(at);
      if (!ofConnection(at, colon)) {
        field(at, colon, valueStart(colon), valueEnd(colon, lineEnd));
      }
      at = lineEnd + 2;
    }
  }

  private void field(int name, int colon, int value, int valueEnd) {
    byte[] lower = new byte[colon - name];
    for (int i = 0; i < lower.length; i++) {
      byte b = lines[name + i];
      lower[i] = b >= 'A' && b <= 'Z' ? (byte) (b | 0x20) : b;
    }
    int index = StaticFields.index(lower, 0, lower.length);
    number(secret(name, colon) ? NEVER_KEPT : 0, 4, index);
    if (index == 0) {
      string(lower, 0, lower.length);
    }
    string(lines, value, valueEnd);
  }

  /** Whether intermediaries must not keep it in a table either (RFC 7541 section 7.1.3). */
  private boolean secret(int name, int colon) {
    return is(name, colon, "authorization")
        || is(name, colon, "cookie")
        || is(name, colon, "set-cookie")
        || is(name, colon, "x-api-key");
  }

  private boolean ofConnection(int name, int colon) {
    return switch (lines[name] | 0x20) {
      case 'c' -> is(name, colon, "connection");
      case 'h' -> is(name, colon, "host");
      case 'k' -> is(name, colon, "keep-alive");
      case 'p' -> is(name, colon, "proxy-connection");
      case 't' -> is(name, colon, "transfer-encoding") || is(name, colon, "te");
      case 'u' -> is(name, colon, "upgrade");
      default -> false;
    };
  }

  private boolean is(int from, int to, String lower) {
    if (to - from != lower.length()) {
      return false;
    }
    for (int i = 0; i < lower.length(); i++) {
      byte b = lines[from + i];
      char letter = lower.charAt(i);
      if (b != letter && !(b >= 'A' && b <= 'Z' && (b | 0x20) == (letter | 0x20))) {
        return false;
      }
    }
    return true;
  }

  private int lineEnd(int from) {
    int i = from;
    while (lines[i] != '\r') {
      i++;
    }
    return i;
  }

  private int colon(int from) {
    int i = from;
    while (lines[i] != ':') {
      i++;
    }
    return i;
  }

  private int valueStart(int colon) {
    int i = colon + 1;
    while (lines[i] == ' ' || lines[i] == '\t') {
      i++;
    }
    return i;
  }

  private int valueEnd(int colon, int lineEnd) {
    int i = lineEnd;
    while (i > colon + 1 && (lines[i - 1] == ' ' || lines[i - 1] == '\t')) {
      i--;
    }
    return Math.max(i, Math.min(valueStart(colon), lineEnd));
  }

  /** A number in the last {@code bits} of a byte that begins with {@code first}, and behind it. */
  private void number(int first, int bits, int number) {
    reserve(6);
    int mask = (1 << bits) - 1;
    if (number < mask) {
      block[length++] = (byte) (first | number);
      return;
    }
    block[length++] = (byte) (first | mask);
    int rest = number - mask;
    while (rest >= 0x80) {
      block[length++] = (byte) (rest & 0x7f | 0x80);
      rest >>= 7;
    }
    block[length++] = (byte) rest;
  }

  private void string(byte[] from, int start, int stop) {
    number(0, 7, stop - start);
    reserve(stop - start);
    System.arraycopy(from, start, block, length, stop - start);
    length += stop - start;
  }

  private void reserve(int count) {
    if (length + count > block.length) {
      block = Arrays.copyOf(block, Math.max(length + count, block.length * 2));
    }
  }
}
