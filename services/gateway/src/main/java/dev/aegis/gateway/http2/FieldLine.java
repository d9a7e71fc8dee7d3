package dev.aegis.gateway.http2;

import java.util.Arrays;

/** Name and value of one field, as they are. Shared, so its bytes are never written to. */
final class FieldLine {
  /** What an entry of the table costs beyond its bytes (RFC 7541 section 4.1). */
  static final int OVERHEAD = 32;

  private final byte[] name;
  private final byte[] value;

  FieldLine(byte[] name, byte[] value) {
    this.name = name;
    this.value = value;
  }

  byte[] name() {
    return name;
  }

  byte[] value() {
    return value;
  }

  /** Bytes that it counts for, in tables and in lists of fields. */
  int size() {
    return name.length + value.length + OVERHEAD;
  }

  boolean hasName(byte[] other, int from, int end) {
    return Arrays.equals(name, 0, name.length, other, from, end);
  }
}
