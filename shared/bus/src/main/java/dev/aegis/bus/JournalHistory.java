package dev.aegis.bus;

import dev.aegis.journal.Change;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads the journal's past, record by record. Safe for many threads; they wait for each other. */
public final class JournalHistory implements AutoCloseable {
  private final PartitionPast past;

  public JournalHistory(BusSettings settings) {
    this.past =
        new PartitionPast(settings, new TopicPartition(Topics.CONFIG, 0), "journal-history");
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
  public List<Recorded> read(long from, long limit) throws BusUnavailable {
    List<Recorded> found = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : past.read(from, limit)) {
      add(found, record);
    }
    return found;
  }

  @Override
  public void close() {
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
