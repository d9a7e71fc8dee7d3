package dev.aegis.analytics.rollup;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Names a count of requests that are known to have happened and are in no {@link Cell}: their event
 * could not be read, or never left its gateway.
 *
 * @param tenant id, empty when not even that is known
 * @param minute in minutes since 1970 UTC, of when the requests began, or when a record that cannot
 *     be read was published
 */
public record LossKey(String tenant, long minute) {
  private static final byte TAG = 'x';

  /** The stored form; sorts by tenant, then minute. */
  public byte[] toBytes() {
    byte[] name = tenant.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(1 + name.length + 1 + Integer.BYTES);
    bytes.put(TAG).put(name).put((byte) 0).putInt(Math.toIntExact(minute));
    return bytes.array();
  }

  /**
   * Reads the stored form.
   *
   * @throws IllegalArgumentException when the bytes are none
   */
  public static LossKey parse(byte[] bytes) {
    int end = bytes.length - Integer.BYTES - 1;
    if (end < 1 || bytes[0] != TAG || bytes[end] != 0) {
      throw new IllegalArgumentException("Not the key of a loss");
    }
    return new LossKey(
        new String(Arrays.copyOfRange(bytes, 1, end), StandardCharsets.UTF_8),
        ByteBuffer.wrap(bytes).getInt(end + 1));
  }

  /** The least stored key of all losses. */
  public static byte[] first() {
    return new byte[] {TAG};
  }

  /** A key greater than those of all losses. */
  public static byte[] last() {
    return new byte[] {TAG + 1};
  }

  /** The stored form of a count. */
  public static byte[] count(long lost) {
    CellBytes.Writer out = new CellBytes.Writer();
    out.number(lost);
    return out.toBytes();
  }

  /** Reads the stored form of a count. */
  public static long count(byte[] bytes) {
    return new CellBytes.Reader(bytes).number();
  }
}
