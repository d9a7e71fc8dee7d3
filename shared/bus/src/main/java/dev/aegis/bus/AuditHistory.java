package dev.aegis.bus;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads what was written to the topic of audits. Safe for many threads. */
public final class AuditHistory implements AutoCloseable {
  private final PartitionPast past;

  public AuditHistory(BusSettings settings) {
    this.past = new PartitionPast(settings, new TopicPartition(Topics.AUDIT, 0), "audit-history");
  }

  /** A record; not a Java record, since its data is an array and two are never compared. */
  public static final class Noted {
    private final long offset;
    private final byte[] data;

    Noted(long offset, byte[] data) {
      this.offset = offset;
      this.data = data;
    }

    public long offset() {
      return offset;
    }

    /** JSON in UTF-8, not to be modified. */
    public byte[] data() {
      return data;
    }
  }

  /**
   * Records from offset {@code from} to {@code from + limit}, the oldest first.
   *
   * @throws BusUnavailable when Kafka did not give them within 5 s
   */
  public List<Noted> read(long from, long limit) throws BusUnavailable {
    List<Noted> found = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : past.read(from, limit)) {
      if (record.value() != null) {
        found.add(new Noted(record.offset(), record.value()));
      }
    }
    return found;
  }

  /**
   * The offset that the next record will have.
   *
   * @throws BusUnavailable when Kafka did not say it within 5 s
   */
  public long end() throws BusUnavailable {
    return past.end();
  }

  @Override
  public void close() {
    past.close();
  }
}
