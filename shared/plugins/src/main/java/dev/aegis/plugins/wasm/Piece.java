package dev.aegis.plugins.wasm;

import java.util.Arrays;

/** What a module has of a body: the last piece, behind those that it holds back. */
final class Piece {
  private static final byte[] NOTHING = {};
  private static final int MOST = 16 * 1024 * 1024;

  private byte[] bytes = NOTHING;

  byte[] bytes() {
    return bytes;
  }

  int size() {
    return bytes.length;
  }

  void add(byte[] more) {
    splice(bytes.length, 0, more);
  }

  /** Everything, which is gone from here. */
  byte[] taken() {
    byte[] all = bytes;
    bytes = NOTHING;
    return all;
  }

  /** A part of it. */
  byte[] part(int start, int length) {
    if (start < 0 || length < 0 || start > bytes.length) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    return Arrays.copyOfRange(bytes, start, start + Math.min(length, bytes.length - start));
  }

  /** Puts bytes in the place of a part of it; what begins at its end or later is added. */
  void splice(int start, int length, byte[] by) {
    if (start < 0 || length < 0) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    int from = Math.min(start, bytes.length);
    int to = from + Math.min(length, bytes.length - from);
    long size = (long) bytes.length - (to - from) + by.length;
    if (size > MOST) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    if (from == 0 && to == bytes.length) {
      bytes = by;
      return;
    }
    byte[] made = Arrays.copyOf(bytes, (int) size);
    System.arraycopy(by, 0, made, from, by.length);
    System.arraycopy(bytes, to, made, from + by.length, bytes.length - to);
    bytes = made;
  }
}
