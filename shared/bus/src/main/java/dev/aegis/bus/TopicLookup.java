package dev.aegis.bus;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/** Reads and adds records of a topic beside the owners of its partitions. */
public final class TopicLookup implements AutoCloseable {
  private static final Duration BOUND = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(500);

  private final BusSettings settings;
  private final String topic;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable KafkaConsumer<byte[], byte[]> reader;
  private @Nullable KafkaProducer<byte[], byte[]> adder;
  private boolean closed;

  TopicLookup(BusSettings settings, String topic) {
    this.settings = settings;
    this.topic = topic;
  }

  /** Sees the records of a partition, oldest first. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Called for each record, in order.
     *
     * @param value null when the key was deleted
     */
    void record(long offset, String key, byte @Nullable [] value);
  }

  /** The partition of {@code place}. */
  public int partition(String place) throws BusUnavailable, InterruptedException {
    return locked(
        "its partitions are unknown",
        () -> TopicRecord.partition(place, reader().partitionsFor(topic).size()));
  }

  /**
   * The value at an offset.
   *
   * @throws BusUnavailable when Kafka is away, or the record is no longer there
   */
  public byte[] read(int partition, long offset) throws BusUnavailable, InterruptedException {
    return locked(
        "record " + offset + " of partition " + partition + " cannot be read",
        () -> {
          KafkaConsumer<byte[], byte[]> consumer = reader();
          TopicPartition at = new TopicPartition(topic, partition);
          consumer.assign(List.of(at));
          consumer.seek(at, offset);
          long end = System.nanoTime() + BOUND.toNanos();
          while (System.nanoTime() < end) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
              if (record.offset() != offset || record.value() == null) {
                throw new KafkaException("the record is no longer there");
              }
              return record.value();
            }
          }
          throw new KafkaException("no answer within " + BOUND.toSeconds() + " s");
        });
  }

  /** Reads a partition from its first record to where it ends now. */
  public void scan(int partition, Visitor visitor) throws BusUnavailable, InterruptedException {
    locked(
        "partition " + partition + " cannot be read",
        () -> {
          KafkaConsumer<byte[], byte[]> consumer = reader();
          TopicPartition at = new TopicPartition(topic, partition);
          consumer.assign(List.of(at));
          consumer.seekToBeginning(List.of(at));
          Long end = consumer.endOffsets(List.of(at), BOUND).get(at);
          while (end != null && consumer.position(at, BOUND) < end) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
              visitor.record(
                  record.offset(),
                  new String(record.key(), StandardCharsets.UTF_8),
                  record.value());
            }
          }
          return true;
        });
  }

  /** Adds a record under a new key; when it returns the record is durable. */
  public void add(TopicRecord record) throws BusUnavailable, InterruptedException {
    locked(
        "a record cannot be added",
        () -> {
          KafkaProducer<byte[], byte[]> producer = adder();
          int partitions = producer.partitionsFor(topic).size();
          try {
            return producer
                .send(
                    new ProducerRecord<>(
                        topic,
                        TopicRecord.partition(record.place(), partitions),
                        record.keyBytes(),
                        record.value()))
                .get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
          } catch (ExecutionException | TimeoutException e) {
            throw new KafkaException("not confirmed", e);
          }
        });
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      drop();
    } finally {
      lock.unlock();
    }
  }

  @FunctionalInterface
  private interface Question<T> {
    T ask() throws InterruptedException;
  }

  private <T> T locked(String what, Question<T> question)
      throws BusUnavailable, InterruptedException {
    lock.lockInterruptibly();
    try {
      if (closed) {
        throw new KafkaException("this process is stopping");
      }
      return question.ask();
    } catch (InterruptException e) {
      drop();
      InterruptedException interrupted = new InterruptedException("interrupted at " + topic);
      interrupted.initCause(e);
      throw interrupted;
    } catch (KafkaException e) {
      drop();
      throw new BusUnavailable(topic + ": " + what + ": " + Clients.reason(e), e);
    } finally {
      lock.unlock();
    }
  }

  private KafkaConsumer<byte[], byte[]> reader() {
    KafkaConsumer<byte[], byte[]> open = reader;
    if (open == null) {
      open =
          Clients.consumer(
              settings,
              "lookup",
              Map.of(
                  "isolation.level",
                  "read_committed",
                  "auto.offset.reset",
                  "earliest",
                  "default.api.timeout.ms",
                  (int) BOUND.toMillis(),
                  "fetch.max.wait.ms",
                  50));
      reader = open;
    }
    return open;
  }

  private KafkaProducer<byte[], byte[]> adder() {
    KafkaProducer<byte[], byte[]> open = adder;
    if (open == null) {
      open =
          Clients.producer(
              settings,
              "adder",
              Map.of(ProducerConfig.MAX_BLOCK_MS_CONFIG, (int) BOUND.toMillis()));
      adder = open;
    }
    return open;
  }

  private void drop() {
    if (reader != null) {
      reader.close(CloseOptions.timeout(Duration.ZERO));
      reader = null;
    }
    if (adder != null) {
      adder.close(Duration.ZERO);
      adder = null;
    }
  }
}
