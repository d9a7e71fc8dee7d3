package dev.aegis.gateway.http1;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Bytes on their way to the other side of a connection: gathered so that a head and a small body
 * leave in one write, passed straight through when they are many. Used by one thread at a time.
 */
public abstract class Output {
  private static final byte[] CRLF = {'\r', '\n'};
  private static final byte[] COLON = {':', ' '};

  private final int most;
  private byte[] bytes;
  private int length;

  /**
   * @param first bytes to begin with
   * @param most bytes gathered before a write is forced
   */
  protected Output(int first, int most) {
    this.bytes = new byte[first];
    this.most = most;
  }

  /** Writes all of it, blocking. */
  protected abstract void send(byte[] bytes, int from, int length) throws IOException;

  /** How many bytes are gathered and not sent. */
  public final int pending() {
    return length;
  }

  /** Forgets what is gathered. */
  public final void clear() {
    length = 0;
  }

  /** What is gathered, up to {@link #pending}; void after the next call of any other method. */
  protected final byte[] gathered() {
    return bytes;
  }

  /** Sends what is gathered. */
  public final void flush() throws IOException {
    if (length > 0) {
      int count = length;
      length = 0;
      send(bytes, 0, count);
    }
  }

  /** Sends what is gathered, and keeps it to be sent again. */
  protected final void sendKeeping() throws IOException {
    send(bytes, 0, length);
  }

  /** Adds bytes, sending early when they are many. */
  public final void write(byte[] source, int from, int count) throws IOException {
    if (length + count > most) {
      flush();
      if (count >= most) {
        send(source, from, count);
        return;
      }
    }
    put(source, from, count);
  }

  /** Adds bytes without sending, whatever their number. */
  public final void put(byte[] source, int from, int count) {
    reserve(count);
    System.arraycopy(source, from, bytes, length, count);
    length += count;
  }

  /** Adds constant bytes without sending. */
  public final void put(byte[] source) {
    put(source, 0, source.length);
  }

  /** Adds text of ISO 8859-1 without sending. */
  @SuppressWarnings("deprecation") // the one call that copies Latin-1 without an array between
  public final void put(String text) {
    int count = text.length();
    reserve(count);
    text.getBytes(0, count, bytes, length);
    length += count;
  }

  /** Adds a decimal number without sending. */
  public final void putDecimal(long number) {
    if (number < 0) {
      throw new IllegalArgumentException("Lengths and statuses are not negative");
    }
    int digits = 1;
    for (long rest = number; rest >= 10; rest /= 10) {
      digits++;
    }
    reserve(digits);
    long rest = number;
    for (int i = length + digits - 1; i >= length; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  /** Adds a header line without sending. Name and value hold no CR, LF or NUL. */
  public final void header(String name, String value) {
    put(name);
    put(COLON);
    put(value);
    put(CRLF);
  }

  /** Adds the end of a line without sending. */
  public final void endLine() {
    put(CRLF);
  }

  /** One chunk of a chunked body, sending early when it is large. */
  final void chunk(byte[] source, int from, int count) throws IOException {
    put(Integer.toHexString(count).getBytes(StandardCharsets.ISO_8859_1));
    put(CRLF);
    write(source, from, count);
    put(CRLF);
  }

  private void reserve(int count) {
    int needed = length + count;
    if (needed > bytes.length) {
      byte[] larger = new byte[Math.max(needed, bytes.length * 2)];
      System.arraycopy(bytes, 0, larger, 0, length);
      bytes = larger;
    }
  }
}
