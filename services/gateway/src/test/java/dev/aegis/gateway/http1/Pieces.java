package dev.aegis.gateway.http1;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that arrive in given pieces, and then no more. */
public final class Pieces extends Input {
  private final byte[][] pieces;
  private int next;

  private Pieces(byte[]... pieces) {
    super(new byte[0]);
    this.pieces = pieces;
  }

  /** All at once; ISO 8859-1. */
  public static Pieces of(String text) {
    return new Pieces(latin1(text));
  }

  /** In two pieces, the first one of {@code first} bytes. */
  static Pieces split(String text, int first) {
    byte[] all = latin1(text);
    return new Pieces(
        Arrays.copyOfRange(all, 0, first), Arrays.copyOfRange(all, first, all.length));
  }

  /** Byte by byte. */
  static Pieces single(String text) {
    byte[] all = latin1(text);
    byte[][] pieces = new byte[all.length][];
    for (int i = 0; i < all.length; i++) {
      pieces[i] = new byte[] {all[i]};
    }
    return new Pieces(pieces);
  }

  static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** What has arrived or is still to come, and was not consumed. */
  String rest() throws IOException {
    while (fill()) {
      // All of it.
    }
    return new String(bytes, at, end - at, StandardCharsets.ISO_8859_1);
  }

  @Override
  protected boolean fill() {
    while (next < pieces.length && pieces[next].length == 0) {
      next++;
    }
    if (next == pieces.length) {
      return false;
    }
    byte[] more = pieces[next++];
    byte[] joined = Arrays.copyOfRange(bytes, at, end + more.length);
    System.arraycopy(more, 0, joined, end - at, more.length);
    bytes = joined;
    end = end - at + more.length;
    at = 0;
    return true;
  }
}
