package dev.aegis.egress;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The body of a reply, read to its end or to a bound (RFC 9112 section 6.3).
 *
 * <p>A body that ends before it should is no body: half a document must not pass for a whole one.
 */
final class Content {
  private static final int MAX_CHUNK_LINE = 1024;
  private static final int MAX_TRAILERS = 8 * 1024;

  private final InputStream in;
  private final int most;
  private byte[] bytes = new byte[4096];
  private int length;

  private Content(InputStream in, int most) {
    this.in = in;
    this.most = most;
  }

  /**
   * Reads the body that follows the head of {@code reply}; null when it is longer than {@code
   * most}.
   *
   * @throws Reply.Malformed when nobody can tell where it ends
   * @throws IOException when the connection ends before
   */
  static byte @Nullable [] read(InputStream in, Reply reply, int most) throws IOException {
    if (reply.doubtful()) {
      throw new Reply.Malformed("nobody can tell where its body ends");
    }
    Content content = new Content(in, most);
    boolean whole;
    if (reply.chunked()) {
      whole = content.chunks();
    } else if (reply.length() >= 0) {
      whole = content.exactly(reply.length());
    } else {
      whole = content.toTheEnd();
    }
    return whole ? Arrays.copyOf(content.bytes, content.length) : null;
  }

  private boolean chunks() throws IOException {
    while (true) {
      long size = size(line(MAX_CHUNK_LINE));
      if (size == 0) {
        int budget = MAX_TRAILERS;
        for (String line = line(budget); !line.isEmpty(); line = line(budget)) {
          budget -= line.length();
        }
        return true;
      }
      if (!exactly(size)) {
        return false;
      }
      if (!line(0).isEmpty()) {
        throw new Reply.Malformed("a chunk is longer than it says");
      }
    }
  }

  /** The hexadecimal size before extensions (RFC 9112 section 7.1). */
  private static long size(String line) throws Reply.Malformed {
    int end = line.indexOf(';');
    String digits = (end < 0 ? line : line.substring(0, end)).strip();
    if (digits.isEmpty() || digits.length() > 8) {
      throw new Reply.Malformed("no size of a chunk");
    }
    long size = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = Character.digit(digits.charAt(i), 16);
      if (digit < 0) {
        throw new Reply.Malformed("no size of a chunk");
      }
      size = size * 16 + digit;
    }
    return size;
  }

  private boolean exactly(long count) throws IOException {
    if (count > most - length) {
      return false;
    }
    room((int) count);
    if (in.readNBytes(bytes, length, (int) count) < count) {
      throw new EOFException("the connection ended in the body of a reply");
    }
    length += (int) count;
    return true;
  }

  private boolean toTheEnd() throws IOException {
    while (true) {
      room(1);
      int count = in.read(bytes, length, bytes.length - length);
      if (count < 0) {
        return true;
      }
      length += count;
      if (length > most) {
        return false;
      }
    }
  }

  private void room(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
    }
  }

  private String line(int budget) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("the connection ended in the body of a reply");
      }
      if (b == '\n') {
        int end = line.length();
        if (end > 0 && line.charAt(end - 1) == '\r') {
          line.setLength(end - 1);
        }
        return line.toString();
      }
      if (line.length() > budget) {
        throw new Reply.Malformed("a line within the body is too long");
      }
      line.append((char) b);
    }
  }
}
