package dev.aegis.bus;

import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.JournalRecord;
import dev.aegis.journal.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Reads the journal's past, record by record. Safe for many threads; they wait for each other. */
public final class JournalHistory implements AutoCloseable {
  private final Rereading past;

  public JournalHistory(BusSettings settings) {
    this.past = new Rereading(settings, Topics.CONFIG, "journal-history", "The journal");
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
    return past.ask(
        reading -> {
          List<Recorded> found = new ArrayList<>();
          long at = Math.max(from, past.begin(reading));
          long end = past.end(reading);
          past.read(reading, at, limit < end - at ? at + limit : end, record -> add(found, record));
          return found;
        });
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
    past.ask(reading -> replay(reading, fold, through, listener));
  }

  private Fold replay(
      KafkaConsumer<byte[], byte[]> reading, Fold fold, long through, Listener listener)
      throws BusUnavailable {
    long first = past.begin(reading);
    if (first > fold.revision() + 1) {
      throw new BusUnavailable(
          "The journal does not hold revision " + (fold.revision() + 1) + " any more",
          new IOException("it begins at " + first));
    }
    reading.seek(past.partition(), fold.revision() + 1);
    long heardAt = System.nanoTime();
    while (fold.revision() < through && reading.position(past.partition()) <= through) {
      for (ConsumerRecord<byte[], byte[]> record : reading.poll(Duration.ofMillis(200))) {
        heardAt = System.nanoTime();
        if (record.offset() <= through) {
          fold(fold, record, listener);
        }
      }
      if (System.nanoTime() - heardAt > Rereading.BOUND.toNanos()) {
        throw past.slow(fold.revision());
      }
    }
    return fold;
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
    past.close();
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
