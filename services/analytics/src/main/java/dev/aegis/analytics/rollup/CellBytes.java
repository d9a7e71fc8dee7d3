package dev.aegis.analytics.rollup;

import java.util.Arrays;

/**
 * Whole numbers as variable-length bytes: seven bits a byte, the lowest first, the top bit says
 * that more follow (LEB128, unsigned). Counts are mostly small, and a cell is mostly counts.
 */
final class CellBytes {
  private CellBytes() {}

  /** Grows as it is written to. */
  static final class Writer {
    private byte[] bytes = new byte[64];
    private int size;

    void octet(byte octet) {
      if (size == bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * size);
      }
      bytes[size++] = octet;
    }

    void octets(byte[] octets) {
      if (size + octets.length > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + octets.length));
      }
      System.arraycopy(octets, 0, bytes, size, octets.length);
      size += octets.length;
    }

    void number(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        octet((byte) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      octet((byte) rest);
    }

    byte[] toBytes() {
      return Arrays.copyOf(bytes, size);
    }
  }

  /** Reads what {@link Writer} wrote; {@link IllegalArgumentException} when it is cut short. */
  static final class Reader {
    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    byte octet() {
      if (at == bytes.length) {
        throw new IllegalArgumentException("A cell's bytes are cut short");
      }
      return bytes[at++];
    }

    byte[] octets(int count) {
      if (count > bytes.length - at) {
        throw new IllegalArgumentException("A cell's bytes are cut short");
      }
      at += count;
      return Arrays.copyOfRange(bytes, at - count, at);
    }

    long number() {
      long value = 0;
      for (int shift = 0; shift < Long.SIZE; shift += 7) {
        byte octet = octet();
        value |= (octet & 0x7fL) << shift;
        if (octet >= 0) {
          return value;
        }
      }
      throw new IllegalArgumentException("A cell's number is longer than 64 bits");
    }
  }
}
