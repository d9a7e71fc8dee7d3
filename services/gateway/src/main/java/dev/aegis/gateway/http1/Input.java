package dev.aegis.gateway.http1;

import java.io.IOException;

/**
 * Bytes of one direction of one connection: what has arrived and is not consumed yet, and a way to
 * wait for more. Used by one thread at a time.
 */
public abstract class Input {
  private static final byte[] NOTHING = {};

  /** Holds the bytes from {@link #at} to {@link #end}; another array after each {@link #fill}. */
  protected byte[] bytes;

  /** Offset of the first byte not consumed. */
  protected int at;

  /** Offset behind the last byte that has arrived. */
  protected int end;

  /**
   * @param bytes where the first bytes are put, may be empty
   */
  protected Input(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Bytes that are there already, and are not written to. */
  public static Input stored(byte[] bytes) {
    return new Stored(bytes);
  }

  private static final class Stored extends Input {
    Stored(byte[] bytes) {
      super(bytes);
      end = bytes.length;
    }

    @Override
    protected boolean fill() {
      return false;
    }
  }

  /**
   * Waits until at least one more byte has arrived. May move bytes, so offsets taken before are
   * void, but their distance from {@link #at} stays.
   *
   * @return false when the other side has ended
   */
  protected abstract boolean fill() throws IOException;

  /**
   * Whether these are the bytes of one message alone, whose end is theirs, so that no framing is
   * among them: a stream of HTTP/2.
   */
  public boolean ofMessage() {
    return false;
  }

  /** The lines of the trailer, each with its CRLF, once the other side has ended. */
  public byte[] trailer() {
    return NOTHING;
  }

  /** How many bytes have arrived and are not consumed. */
  public final int available() {
    return end - at;
  }

  /** Forgets what has arrived. */
  public final void discard() {
    at = end;
  }

  /**
   * Consumes what has arrived, waiting for at least one byte.
   *
   * @return how many bytes were put into {@code to}, at most {@code most}; -1 when the other side
   *     has ended
   */
  public final int take(byte[] to, int from, int most) throws IOException {
    if (!ensure()) {
      return -1;
    }
    int count = Math.min(available(), most);
    System.arraycopy(bytes, at, to, from, count);
    at += count;
    return count;
  }

  /** Whether the next bytes are those of {@code text}, as far as they go; waits for enough. */
  public final boolean begins(byte[] text) throws IOException {
    for (int i = 0; i < text.length; i++) {
      if (i == available() && !fill() || bytes[at + i] != text[i]) {
        return false;
      }
    }
    return true;
  }

  /** Looks at bytes on their way. */
  public interface Passage {
    /** The offset up to which the bytes from {@code from} to {@code to} go on. */
    int pass(byte[] bytes, int from, int to);
  }

  /**
   * Sends what has arrived on to {@code out}, as far as {@code passage} lets it; the rest is
   * forgotten. Waits for at least one byte.
   *
   * @return how many bytes were sent, or -1 when the other side has ended
   */
  public final int relay(Output out, Passage passage) throws IOException {
    if (!ensure()) {
      return -1;
    }
    int count = passage.pass(bytes, at, end) - at;
    if (count > 0) {
      out.write(bytes, at, count);
      out.flush();
    }
    at = end;
    return count;
  }

  /** The next byte, waiting for it; -1 when the other side has ended. */
  public final int read() throws IOException {
    return ensure() ? bytes[at++] & 0xff : -1;
  }

  /**
   * Lets others that are ready go first when nothing is there: by the time they are done it may
   * have come, and is then read without a read in vain and without asking the kernel to be woken.
   */
  @SuppressWarnings("ThreadPriorityCheck") // saves system calls under load; nothing relies on it
  public final void letOthersFirst() {
    if (at == end) {
      Thread.yield();
    }
  }

  /** Waits for more when nothing is there; false when the other side has ended. */
  public final boolean ensure() throws IOException {
    return at < end || fill();
  }
}
