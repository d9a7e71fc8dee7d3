package dev.aegis.analytics.rollup;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * How far the events of one publisher's run have been counted.
 *
 * <p>A publisher numbers its events in the order in which it sends them, and sends an event again
 * under its old number. Within a partition the numbers of a run therefore only rise, and what is
 * not above the highest seen is a double.
 *
 * @param sequence highest number counted, at least 0
 * @param lastSeen when an event of the run last came, Unix milliseconds of this reader's clock
 */
public record RunMark(long sequence, long lastSeen) {
  /** The stored form of a run's name. */
  public static byte[] key(String source, String run) {
    return (source + '\0' + run).getBytes(StandardCharsets.UTF_8);
  }

  /** The stored form. */
  public byte[] toBytes() {
    return ByteBuffer.allocate(2 * Long.BYTES).putLong(sequence).putLong(lastSeen).array();
  }

  /**
   * Reads the stored form.
   *
   * @throws IllegalArgumentException when the bytes are none
   */
  public static RunMark parse(byte[] bytes) {
    if (bytes.length != 2 * Long.BYTES) {
      throw new IllegalArgumentException("Not the mark of a run");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new RunMark(buffer.getLong(), buffer.getLong());
  }
}
