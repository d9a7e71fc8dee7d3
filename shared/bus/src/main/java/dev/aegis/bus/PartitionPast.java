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
 * Reads records of one partition again, from wherever it is asked. Safe for many threads; they wait
 * for each other.
 */
final class PartitionPast implements AutoCloseable {
  private static final Duration BOUND = Duration.ofSeconds(5);

  private final BusSettings settings;
  private final TopicPartition partition;
  private final String role;
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;

  /**
   * @param role tells its consumer from the process' others
   */
  PartitionPast(BusSettings settings, TopicPartition partition, String role) {
    this.settings = settings;
    this.partition = partition;
    this.role = role;
  }

  /**
   * The records that Kafka still has from offset {@code from} to {@code from + limit}, the oldest
   * first.
   *
   * @throws BusUnavailable when Kafka did not give them within 5 s
   */
  synchronized List<ConsumerRecord<byte[], byte[]>> read(long from, long limit)
      throws BusUnavailable {
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    long deadline = System.nanoTime() + BOUND.toNanos();
    try {
      KafkaConsumer<byte[], byte[]> reading = consumer();
      long first = reading.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
      long end = reading.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      long at = Math.max(from, first);
      long stop = limit < end - from ? from + limit : end;
      reading.seek(partition, at);
      while (at < stop) {
        for (ConsumerRecord<byte[], byte[]> record : reading.poll(Duration.ofMillis(200))) {
          if (record.offset() < stop) {
            found.add(record);
          }
        }
        at = reading.position(partition);
        if (at < stop && System.nanoTime() - deadline > 0) {
          throw new BusUnavailable(
              partition.topic() + " was read only to offset " + at, new IOException("too slow"));
        }
      }
      return found;
    } catch (KafkaException e) {
      throw new BusUnavailable(partition.topic() + " cannot be read: " + Clients.reason(e), e);
    }
  }

  /**
   * The offset that the next record will have.
   *
   * @throws BusUnavailable when Kafka did not say it within 5 s
   */
  synchronized long end() throws BusUnavailable {
    try {
      return consumer().endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    } catch (KafkaException e) {
      throw new BusUnavailable(partition.topic() + " cannot be read: " + Clients.reason(e), e);
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
              role,
              Map.of(
                  ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                  1_000,
                  ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                  (int) BOUND.toMillis()));
      consumer.assign(List.of(partition));
    }
    return consumer;
  }
}
