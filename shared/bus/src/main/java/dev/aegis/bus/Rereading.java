package dev.aegis.bus;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Reads the past of a topic's only partition. For one thread at a time. */
final class Rereading implements AutoCloseable {
  static final Duration BOUND = Duration.ofSeconds(5);

  private final BusSettings settings;
  private final TopicPartition partition;
  private final String client;
  private final String what;
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;

  /**
   * @param client how Kafka knows who asks
   * @param what is read, the beginning of a sentence
   */
  Rereading(BusSettings settings, String topic, String client, String what) {
    this.settings = settings;
    this.partition = new TopicPartition(topic, 0);
    this.client = client;
    this.what = what;
  }

  /** What is asked of Kafka, by a consumer that has the partition. */
  interface Question<T> {
    T ask(KafkaConsumer<byte[], byte[]> reading) throws BusUnavailable;
  }

  /** Asks, and says so as {@link BusUnavailable} when Kafka does not answer. */
  <T> T ask(Question<T> question) throws BusUnavailable {
    try {
      return question.ask(consumer());
    } catch (KafkaException e) {
      throw new BusUnavailable(what + " cannot be read: " + Clients.reason(e), e);
    }
  }

  /** Offset of the oldest record that Kafka still has. */
  long begin(KafkaConsumer<byte[], byte[]> reading) {
    return reading.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
  }

  /** Offset that the next record will have. */
  long end(KafkaConsumer<byte[], byte[]> reading) {
    return reading.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
  }

  TopicPartition partition() {
    return partition;
  }

  /** Hands over what Kafka still has from offset {@code from} to {@code stop}, oldest first. */
  void read(
      KafkaConsumer<byte[], byte[]> reading,
      long from,
      long stop,
      Consumer<ConsumerRecord<byte[], byte[]>> found)
      throws BusUnavailable {
    long deadline = System.nanoTime() + BOUND.toNanos();
    reading.seek(partition, from);
    long at = from;
    while (at < stop) {
      for (ConsumerRecord<byte[], byte[]> record : reading.poll(Duration.ofMillis(200))) {
        if (record.offset() < stop) {
          found.accept(record);
        }
      }
      at = reading.position(partition);
      if (at < stop && System.nanoTime() - deadline > 0) {
        throw slow(at);
      }
    }
  }

  /** That Kafka took too long. */
  BusUnavailable slow(long at) {
    return new BusUnavailable(what + " was read only to offset " + at, new IOException("too slow"));
  }

  @Override
  public void close() {
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
              client,
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
