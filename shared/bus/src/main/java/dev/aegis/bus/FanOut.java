package dev.aegis.bus;

import dev.aegis.events.Envelope;
import dev.aegis.events.MalformedEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns each event of one topic into records of another, exactly once: what an event becomes and
 * the note that it was read are one Kafka transaction.
 *
 * <p>An event that cannot be read goes to the topic's {@code .dead} in the same transaction.
 * Members of the group share the partitions; any number of processes may run.
 */
public final class FanOut implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FanOut.class);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration RETRY_AFTER = Duration.ofMillis(250);
  private static final String ERROR_HEADER = "aegis_error";

  /** What an event becomes. */
  @FunctionalInterface
  public interface Expansion {
    /**
     * The records for {@code event}, maybe none; the same for the same event.
     *
     * @throws MalformedEvent when the event is not what its type says
     */
    List<TopicRecord> of(Envelope event, byte[] data) throws MalformedEvent;
  }

  private final BusSettings settings;
  private final String group;
  private final String instance;
  private final String source;
  private final String target;
  private final Expansion expansion;
  private final Thread thread;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile @Nullable KafkaConsumer<byte[], byte[]> polling;

  /**
   * @param group of readers that share the work
   * @param instance this member, the same in each of its lives
   * @param source topic of events
   * @param target topic that is written
   */
  public FanOut(
      BusSettings settings,
      String group,
      String instance,
      String source,
      String target,
      Expansion expansion) {
    this.settings = settings;
    this.group = group;
    this.instance = instance;
    this.source = source;
    this.target = target;
    this.expansion = expansion;
    this.thread = Thread.ofPlatform().daemon().name("fan-out").unstarted(this::run);
  }

  /** Begins to read; goes on by itself when Kafka goes away and comes back. */
  public void start() {
    thread.start();
  }

  /** Stops after the transaction in hand. */
  @Override
  public void close() {
    stopping.countDown();
    KafkaConsumer<byte[], byte[]> consumer = polling;
    if (consumer != null) {
      consumer.wakeup();
    }
    try {
      if (thread.isAlive() && !thread.join(Duration.ofSeconds(1))) {
        thread.interrupt();
        thread.join();
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    boolean away = false;
    try {
      while (stopping.getCount() > 0) {
        try {
          Topics.ensure(settings);
          if (away) {
            LOG.info("Reading {} again", source);
            away = false;
          }
          readOn();
        } catch (BusUnavailable | KafkaException e) {
          if (stopping.getCount() == 0 || e instanceof InterruptException) {
            break;
          }
          if (!away) {
            LOG.warn("{} cannot be read at present: {}", source, Clients.reason(e));
            away = true;
          }
        }
        if (stopping.await(RETRY_AFTER.toMillis(), TimeUnit.MILLISECONDS)) {
          break;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void readOn() {
    String role = "fan-out-" + source;
    KafkaProducer<byte[], byte[]> producer =
        Transactions.begin(settings, role, group + "-" + instance);
    try {
      KafkaConsumer<byte[], byte[]> consumer =
          Clients.consumer(settings, role, Transactions.member(group, instance));
      polling = consumer;
      try {
        consumer.subscribe(List.of(source));
        while (stopping.getCount() > 0) {
          ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
          if (!records.isEmpty()) {
            expand(records, consumer, producer);
          }
        }
      } catch (WakeupException e) {
        LOG.debug("Told to stop reading {}", source);
      } finally {
        polling = null;
        consumer.close(CloseOptions.timeout(Duration.ofMillis(500)));
      }
    } finally {
      // An open transaction is ended by the next life of this member, at once.
      producer.close(Duration.ZERO);
    }
  }

  private void expand(
      ConsumerRecords<byte[], byte[]> records,
      KafkaConsumer<byte[], byte[]> consumer,
      KafkaProducer<byte[], byte[]> producer) {
    int partitions = producer.partitionsFor(target).size();
    Map<TopicPartition, OffsetAndMetadata> read = new HashMap<>();
    producer.beginTransaction();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      try {
        for (TopicRecord made : expansion.of(Envelope.read(headers(record)), record.value())) {
          Transactions.send(
              producer,
              new ProducerRecord<>(
                  target,
                  TopicRecord.partition(made.place(), partitions),
                  made.keyBytes(),
                  made.value()));
        }
      } catch (MalformedEvent | RuntimeException e) {
        if (e instanceof KafkaException kafka) {
          throw kafka;
        }
        Transactions.send(producer, dead(record, e));
      }
      read.put(
          new TopicPartition(record.topic(), record.partition()),
          new OffsetAndMetadata(record.offset() + 1));
    }
    producer.sendOffsetsToTransaction(read, consumer.groupMetadata());
    producer.commitTransaction();
  }

  private static Envelope.Headers headers(ConsumerRecord<byte[], byte[]> record) {
    return name -> {
      Header header = record.headers().lastHeader(name);
      return header == null ? null : header.value();
    };
  }

  private ProducerRecord<byte[], byte[]> dead(
      ConsumerRecord<byte[], byte[]> record, Exception failure) {
    if (failure instanceof MalformedEvent) {
      LOG.warn(
          "Record {} of {}-{} goes to {}: {}",
          record.offset(),
          source,
          record.partition(),
          Topics.dead(source),
          failure.getMessage());
    } else {
      LOG.error(
          "Record {} of {}-{} goes to {}: it met a bug",
          record.offset(),
          source,
          record.partition(),
          Topics.dead(source),
          failure);
    }
    ProducerRecord<byte[], byte[]> dead =
        new ProducerRecord<>(
            Topics.dead(source), null, record.key(), record.value(), record.headers());
    dead.headers().add(ERROR_HEADER, Clients.reason(failure).getBytes(StandardCharsets.UTF_8));
    return dead;
  }
}
