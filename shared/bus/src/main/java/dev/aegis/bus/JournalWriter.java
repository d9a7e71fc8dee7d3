package dev.aegis.bus;

import dev.aegis.journal.Change;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Appends to the journal. Any number of writers may do so at once: the journal's order decides, and
 * the fold says who won. Safe for many threads.
 */
public final class JournalWriter implements AutoCloseable {
  private static final int BLOCK_MILLIS = 3_000;
  private static final int DELIVERY_MILLIS = 5_000;

  private final BusSettings settings;
  private @Nullable KafkaProducer<byte[], byte[]> producer;

  public JournalWriter(BusSettings settings) {
    this.settings = settings;
  }

  /**
   * Appends a change and waits until Kafka has it.
   *
   * @return its revision; whether the change was granted is known once the fold has passed it, see
   *     {@link JournalReader#await}
   * @throws BusUnavailable when Kafka did not confirm within 8 s. When it went away with the record
   *     under way, it may have it nevertheless: a change that says which revision it expects can be
   *     repeated without harm
   */
  public long append(Change change) throws BusUnavailable, InterruptedException {
    try {
      return producer().send(record(change)).get().offset();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new BusUnavailable(
          "The journal did not take the change: " + Clients.reason(cause), cause);
    } catch (KafkaException e) {
      throw new BusUnavailable("The journal did not take the change: " + Clients.reason(e), e);
    }
  }

  /**
   * Appends changes one after the other, without waiting in between, until one fails.
   *
   * @return the revisions of the first of them, as many as Kafka has confirmed; when they are not
   *     as many as the changes, it may have some more nevertheless
   * @throws BusUnavailable when Kafka confirmed none within 8 s
   */
  public List<Long> append(List<Change> changes) throws BusUnavailable, InterruptedException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    Throwable failure = null;
    for (Change change : changes) {
      try {
        sent.add(producer().send(record(change)));
      } catch (KafkaException e) {
        failure = e;
        break;
      }
    }
    List<Long> revisions = new ArrayList<>();
    for (Future<RecordMetadata> each : sent) {
      try {
        revisions.add(each.get().offset());
      } catch (ExecutionException e) {
        failure = e.getCause() == null ? e : e.getCause();
        break;
      }
    }
    if (failure != null && revisions.isEmpty()) {
      throw new BusUnavailable(
          "The journal did not take the changes: " + Clients.reason(failure), failure);
    }
    return revisions;
  }

  private static ProducerRecord<byte[], byte[]> record(Change change) {
    byte[] key = change.key().toString().getBytes(StandardCharsets.UTF_8);
    return new ProducerRecord<>(Topics.CONFIG, 0, key, change.toJson());
  }

  @Override
  public synchronized void close() {
    if (producer != null) {
      producer.close(Duration.ofSeconds(1));
    }
  }

  /** Made at the first change: while Kafka's name does not resolve, it cannot be made at all. */
  private synchronized KafkaProducer<byte[], byte[]> producer() {
    if (producer == null) {
      producer =
          Clients.producer(
              settings,
              "journal-writer",
              Map.of(
                  ProducerConfig.LINGER_MS_CONFIG,
                  0,
                  ProducerConfig.MAX_BLOCK_MS_CONFIG,
                  BLOCK_MILLIS,
                  ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                  DELIVERY_MILLIS - 1_000,
                  ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                  DELIVERY_MILLIS));
    }
    return producer;
  }
}
