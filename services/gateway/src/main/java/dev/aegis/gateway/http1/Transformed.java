package dev.aegis.gateway.http1;

import java.io.IOException;
import java.util.Arrays;

/**
 * A body on its way through something that makes another of it. What has arrived comes out before
 * the next wait. Its trailer ends here: what it says may be about other bytes.
 */
public final class Transformed extends Input {
  private static final int PIECE = 16 * 1024;

  private final Body from;
  private final By by;
  private final byte[] piece = new byte[PIECE];
  private boolean finished;

  /** Makes other bytes. */
  public interface By {
    /** What comes out when this goes in, maybe nothing. */
    byte[] piece(byte[] bytes) throws Stopped;

    /** What comes out behind the last piece. */
    byte[] end() throws Stopped;
  }

  /** Thrown where the body does not go on, though nothing is wrong with its bytes. */
  public static final class Stopped extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * @param why for an operator
     */
    public Stopped(String why) {
      super(why);
    }
  }

  /** Passes {@code from} through {@code by}. */
  public Transformed(Body from, By by) {
    super(new byte[0]);
    this.from = from;
    this.by = by;
  }

  /** What comes out, of unknown length. */
  public Body body() {
    return Body.untilEnd(this);
  }

  @Override
  protected boolean fill() throws IOException {
    while (!finished) {
      int count;
      try {
        count = from.read(piece);
      } catch (BadMessage e) {
        throw new BrokenBody(e);
      }
      finished = count < 0;
      byte[] next = finished ? by.end() : by.piece(Arrays.copyOf(piece, count));
      if (next.length > 0) {
        append(next);
        return true;
      }
    }
    return false;
  }

  private void append(byte[] next) {
    int left = available();
    byte[] all =
        left == 0 ? next : Arrays.copyOf(Arrays.copyOfRange(bytes, at, end), left + next.length);
    if (left > 0) {
      System.arraycopy(next, 0, all, left, next.length);
    }
    bytes = all;
    at = 0;
    end = all.length;
  }
}
