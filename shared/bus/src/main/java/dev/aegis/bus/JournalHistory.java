package dev.aegis.bus;

import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.JournalRecord;
import dev.aegis.journal.Verdict;
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

/** Reads the journal's past, record by record. Safe for many threads; they wait for each other. */
public final class JournalHistory implements AutoCloseable {
  private static final Duration BOUND = Duration.ofSeconds(5);
  private static final TopicPartition JOURNAL = new TopicPartition(Topics.CONFIG, 0);

  private final BusSettings settings;
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;

  public JournalHistory(BusSettings settings) {
    this.settings = settings;
  }

  /**
   * A record of the journal.
   *
   * @param revision its offset
   * @param change what somebody wished
   */
  public record Recorded(long revision, Change change) {}

  /**
   * Records from revision {@code from} on, oldest first. Records that this version cannot read are
   * left out.
   *
   * @param limit most records to read, those left out included
   * @throws BusUnavailable when Kafka did not give them within 5 s
   */
  public synchronized List<Recorded> read(long from, long limit) throws BusUnavailable {
    List<Recorded> found = new ArrayList<>();
    long deadline = System.nanoTime() + BOUND.toNanos();
    try {
      KafkaConsumer<byte[], byte[]> reading = consumer();
      long first = reading.beginningOffsets(List.of(JOURNAL)).getOrDefault(JOURNAL, 0L);
      long end = reading.endOffsets(List.of(JOURNAL)).getOrDefault(JOURNAL, 0L);
      long at = Math.max(from, first);
      long stop = limit < end - at ? at + limit : end;
      reading.seek(JOURNAL, at);
      while (at < stop) {
        for (ConsumerRecord<byte[], byte[]> record : reading.poll(Duration.ofMillis(200))) {
          if (record.offset() < stop) {
            add(found, record);
          }
        }
        at = reading.position(JOURNAL);
        if (at < stop && System.nanoTime() - deadline > 0) {
          throw new BusUnavailable(
              "The journal was read only to revision " + at, new IOException("too slow"));
        }
      }
      return found;
    } catch (KafkaException e) {
      throw new BusUnavailable("The journal cannot be read: " + Clients.reason(e), e);
    }
  }

  /** Hears of each record that is folded again. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Called after each of them.
     *
     * @param record what somebody wished
     * @param verdict what came of it
     */
    void folded(JournalRecord record, Verdict verdict);
  }

  /**
   * Folds the records that follow {@code fold}, as every reader does.
   *
   * @param through revision of the last one
   * @throws BusUnavailable when the journal does not hold the next one any more, or Kafka gave none
   *     of them for 5 s
   */
  public synchronized void replay(Fold fold, long through, Listener listener)
      throws BusUnavailable {
    try {
      KafkaConsumer<byte[], byte[]> reading = consumer();
      long first = reading.beginningOffsets(List.of(JOURNAL)).getOrDefault(JOURNAL, 0L);
      if (first > fold.revision() + 1) {
        throw new BusUnavailable(
            "The journal does not hold revision " + (fold.revision() + 1) + " any more",
            new IOException("it begins at " + first));
      }
      reading.seek(JOURNAL, fold.revision() + 1);
      long heardAt = System.nanoTime();
      while (fold.revision() < through && reading.position(JOURNAL) <= through) {
        for (ConsumerRecord<byte[], byte[]> record : reading.poll(Duration.ofMillis(200))) {
          heardAt = System.nanoTime();
          if (record.offset() <= through) {
            fold(fold, record, listener);
          }
        }
        if (System.nanoTime() - heardAt > BOUND.toNanos()) {
          throw new BusUnavailable(
              "The journal was read only to revision " + fold.revision(),
              new IOException("too slow"));
        }
      }
    } catch (KafkaException e) {
      throw new BusUnavailable("The journal cannot be read: " + Clients.reason(e), e);
    }
  }

  private static void fold(Fold fold, ConsumerRecord<byte[], byte[]> record, Listener listener) {
    JournalRecord wish;
    try {
      if (record.value() == null) {
        throw new IOException("it has no value");
      }
      wish = JournalRecord.parse(record.value());
    } catch (IOException | RuntimeException e) {
      // Those who follow the journal said so in their log.
      fold.skip(record.offset(), "the record cannot be read");
      return;
    }
    listener.folded(wish, fold.apply(record.offset(), wish));
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
              "journal-history",
              Map.of(
                  ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                  1_000,
                  ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                  (int) BOUND.toMillis()));
      consumer.assign(List.of(JOURNAL));
    }
    return consumer;
  }

  private static void add(List<Recorded> found, ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null) {
      return;
    }
    Change change;
    try {
      change = Change.parse(record.value());
    } catch (IOException e) {
      // The fold passed over it too, and its reader said so in the log.
      return;
    }
    found.add(new Recorded(record.offset(), change));
  }
}
