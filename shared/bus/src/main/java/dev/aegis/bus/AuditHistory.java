package dev.aegis.bus;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads the topic of audits again, from wherever it is asked. Unlike the journal it forgets: what
 * was asked for may be gone. Safe for many threads; they wait for each other.
 */
public final class AuditHistory implements AutoCloseable {
  private static final Duration BOUND = Duration.ofSeconds(5);
  private static final TopicPartition AUDIT = new TopicPartition(Topics.AUDIT, 0);

  private final BusSettings settings;
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;

  public AuditHistory(BusSettings settings) {
    this.settings = settings;
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
   * The records that Kafka still has from offset {@code from} to {@code from + limit}, the oldest
   * first.
   *
   * @throws BusUnavailable when Kafka did not give them within 5 s
   */
  public synchronized List<Noted> read(long from, long limit) throws BusUnavailable {
    List<Noted> found = new ArrayList<>();
    long deadline = System.nanoTime() + BOUND.toNanos();
    try {
      KafkaConsumer<byte[], byte[]> reading = consumer();
      long first = reading.beginningOffsets(List.of(AUDIT)).getOrDefault(AUDIT, 0L);
      long end = reading.endOffsets(List.of(AUDIT)).getOrDefault(AUDIT, 0L);
      long at = Math.max(from, first);
      long stop = limit < end - from ? from + limit : end;
      reading.seek(AUDIT, at);
      while (at < stop) {
        for (ConsumerRecord<byte[], byte[]> record : reading.poll(Duration.ofMillis(200))) {
          if (record.offset() < stop && record.value() != null) {
            found.add(new Noted(record.offset(), record.value()));
          }
        }
        at = reading.position(AUDIT);
        if (at < stop && System.nanoTime() - deadline > 0) {
          throw new BusUnavailable(
              "The audit was read only to offset " + at, new IOException("too slow"));
        }
      }
      return found;
    } catch (KafkaException e) {
      throw new BusUnavailable("The audit cannot be read: " + Clients.reason(e), e);
    }
  }

  /**
   * What there is.
   *
   * @param begin offset of the oldest record that Kafka still has
   * @param end offset that the next record will have
   */
  public record Extent(long begin, long end) {}

  /**
   * What there is to read.
   *
   * @throws BusUnavailable when Kafka did not say it within 5 s
   */
  public synchronized Extent extent() throws BusUnavailable {
    try {
      return new Extent(
          consumer().beginningOffsets(List.of(AUDIT)).getOrDefault(AUDIT, 0L),
          consumer().endOffsets(List.of(AUDIT)).getOrDefault(AUDIT, 0L));
    } catch (KafkaException e) {
      throw new BusUnavailable("The audit cannot be read: " + Clients.reason(e), e);
    }
  }

  @Override
  public synchronized void close() {
    if (consumer != null) {
      consumer.close();
    }
  }

  /** Made at the first question: while Kafka's name does not resolve, it cannot be made at all. */
  private KafkaConsumer<byte[], byte[]> consumer() {
    if (consumer == null) {
      consumer =
          Clients.consumer(
              settings,
              "audit-history",
              Map.of(
                  ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                  1_000,
                  ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                  (int) BOUND.toMillis()));
      consumer.assign(List.of(AUDIT));
    }
    return consumer;
  }
}
