package dev.aegis.bus;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Utils;

/** A record to be written. */
public final class TopicRecord {
  private final String place;
  private final String key;
  private final byte[] value;

  /**
   * @param place what decides its partition: records with the same place stay in order
   * @param key what compaction keeps the last record of
   * @param value its bytes, not to be modified
   */
  public TopicRecord(String place, String key, byte[] value) {
    this.place = place;
    this.key = key;
    this.value = value;
  }

  /** What decides its partition. */
  public String place() {
    return place;
  }

  /** What compaction keeps the last record of. */
  public String key() {
    return key;
  }

  /** Its bytes, not to be modified. */
  public byte[] value() {
    return value;
  }

  /** The partition of {@code place} in a topic with {@code partitions}. */
  static int partition(String place, int partitions) {
    return Utils.toPositive(Utils.murmur2(place.getBytes(StandardCharsets.UTF_8))) % partitions;
  }

  byte[] keyBytes() {
    return key.getBytes(StandardCharsets.UTF_8);
  }
}
