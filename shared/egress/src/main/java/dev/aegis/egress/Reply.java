package dev.aegis.egress;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is read of the head of a reply.
 *
 * @param status of the final reply
 * @param retryAfter value of {@code Retry-After}, or null
 * @param cacheControl all values of {@code Cache-Control}, or null
 * @param encoded whether its body has a content coding
 * @param chunked whether its body comes in chunks
 * @param doubtful whether nobody can tell where its body ends
 * @param length bytes of its body; -1 when chunks or the connection's end tell
 */
record Reply(
    int status,
    @Nullable String retryAfter,
    @Nullable String cacheControl,
    boolean encoded,
    boolean chunked,
    boolean doubtful,
    long length) {
  private static final int MAX_HEAD = 32 * 1024;
  private static final int MAX_INTERIM = 8;

  /** Says that the bytes are not an HTTP/1.x reply that this reads. */
  static final class Malformed extends IOException {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message);
    }
  }

  /**
   * Reads the head of the final reply and passes over interim ones (RFC 9110 section 15.2).
   *
   * @throws Malformed when there is none
   * @throws IOException when the connection breaks before it is complete
   */
  static Reply read(InputStream in) throws IOException {
    for (int interim = 0; interim <= MAX_INTERIM; interim++) {
      Reply reply = readOne(in);
      if (reply.status >= 200) {
        return reply;
      }
      if (reply.status == 101) {
        throw new Malformed("switches protocols unasked");
      }
    }
    throw new Malformed("too many interim replies");
  }

  private static Reply readOne(InputStream in) throws IOException {
    int[] budget = {MAX_HEAD};
    int status = status(line(in, budget));
    String retryAfter = null;
    String cacheControl = null;
    boolean encoded = false;
    boolean chunked = false;
    boolean doubtful = false;
    long length = -1;
    for (String line = line(in, budget); !line.isEmpty(); line = line(in, budget)) {
      int colon = line.indexOf(':');
      if (colon <= 0) {
        throw new Malformed("a header line without a name");
      }
      String value = line.substring(colon + 1).strip();
      switch (line.substring(0, colon).toLowerCase(Locale.ROOT)) {
        case "retry-after" -> retryAfter = value;
        case "cache-control" ->
            cacheControl = cacheControl == null ? value : cacheControl + "," + value;
        case "content-encoding" -> encoded |= !value.equalsIgnoreCase("identity");
        case "transfer-encoding" -> {
          doubtful |= chunked || !value.equalsIgnoreCase("chunked");
          chunked = true;
        }
        case "content-length" -> {
          long said = length(value);
          doubtful |= said < 0 || length >= 0 && length != said;
          length = said;
        }
        default -> {} // nothing that is asked for here
      }
    }
    doubtful |= chunked && length >= 0; // RFC 9112 section 6.3: an attempt to smuggle, or an error
    if (status == 204 || status == 304) {
      length = 0;
    }
    return new Reply(status, retryAfter, cacheControl, encoded, chunked, doubtful, length);
  }

  /** Digits, few enough for a number; else -1. */
  private static long length(String text) {
    boolean number =
        !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return number ? Long.parseLong(text) : -1;
  }

  /** The three digits of {@code HTTP/1.1 200 OK} (RFC 9112 section 4). */
  private static int status(String line) throws Malformed {
    boolean shaped =
        line.length() >= 12
            && line.startsWith("HTTP/1.")
            && line.charAt(8) == ' '
            && (line.length() == 12 || line.charAt(12) == ' ');
    if (shaped) {
      int status = 0;
      for (int i = 9; i < 12; i++) {
        int digit = line.charAt(i) - '0';
        if (digit < 0 || digit > 9) {
          throw new Malformed("no status");
        }
        status = status * 10 + digit;
      }
      if (status >= 100 && status <= 599) {
        return status;
      }
    }
    throw new Malformed("not a status line");
  }

  private static String line(InputStream in, int[] budget) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("the connection ended in the head of a reply");
      }
      if (--budget[0] < 0) {
        throw new Malformed("the head is longer than " + MAX_HEAD + " bytes");
      }
      if (b == '\n') {
        int length = line.length();
        if (length > 0 && line.charAt(length - 1) == '\r') {
          line.setLength(length - 1);
        }
        return line.toString();
      }
      line.append((char) b);
    }
  }
}
