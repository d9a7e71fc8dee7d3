package dev.aegis.bus;

import dev.aegis.journal.JournalRecord;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reading half of {@link JournalReader}: one thread that connects, reads, and connects again.
 *
 * <p>Before records come into force, the topic's id is asked for: offsets alone cannot tell a
 * journal from one that took its place.
 */
final class JournalTail implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(JournalTail.class);
  private static final TopicPartition JOURNAL = new TopicPartition(Topics.CONFIG, 0);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration PROBE_EVERY = Duration.ofSeconds(1);
  private static final Duration PROBE_BOUND = Duration.ofSeconds(3);
  private static final Duration SAVE_EVERY = Duration.ofSeconds(3);
  private static final Duration RETRY_AFTER = Duration.ofMillis(250);

  private final BusSettings settings;
  private final JournalReader reader;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile @Nullable KafkaConsumer<byte[], byte[]> polling;

  /** The state of a journal that is not in force yet, null while the one in force is followed. */
  private @Nullable FoldState building;

  private boolean away;
  private boolean emptyReported;
  private long savedAt = System.nanoTime();

  JournalTail(BusSettings settings, JournalReader reader) {
    this.settings = settings;
    this.reader = reader;
  }

  void stop() {
    stopping.countDown();
    KafkaConsumer<byte[], byte[]> consumer = polling;
    if (consumer != null) {
      consumer.wakeup();
    }
  }

  @Override
  public void run() {
    try {
      while (stopping.getCount() > 0) {
        try {
          follow();
        } catch (BusUnavailable | KafkaException e) {
          lost(e);
        }
        saveIfDue();
        if (stopping.await(RETRY_AFTER.toMillis(), TimeUnit.MILLISECONDS)) {
          break;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      reader.connected(false);
    }
  }

  private void follow() throws BusUnavailable, InterruptedException {
    Admin admin = Clients.admin(settings, "journal-admin");
    try {
      Topics.ensure(admin);
      String journal = id(admin);
      KafkaConsumer<byte[], byte[]> consumer =
          Clients.consumer(
              settings,
              "journal-reader",
              Map.of(
                  ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                  1_000,
                  ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                  250));
      polling = consumer;
      try {
        found();
        follow(admin, consumer, journal);
      } finally {
        polling = null;
        consumer.close(CloseOptions.timeout(Duration.ZERO));
      }
    } finally {
      // Without a bound it would wait for answers of a Kafka that is away.
      admin.close(Duration.ZERO);
    }
  }

  private void follow(Admin admin, KafkaConsumer<byte[], byte[]> consumer, String journal)
      throws BusUnavailable, InterruptedException {
    consumer.assign(List.of(JOURNAL));
    consumer.seek(JOURNAL, begin(journal).fold().revision() + 1);
    reader.current(building == null);
    long probedAt = System.nanoTime();
    while (stopping.getCount() > 0) {
      ConsumerRecords<byte[], byte[]> records;
      try {
        records = consumer.poll(POLL);
      } catch (OffsetOutOfRangeException e) {
        LOG.warn(
            "The journal does not hold revision {}, where this reader stopped: reading it from the"
                + " start; the configuration in force stays until that is done",
            begin(journal).fold().revision());
        building = FoldState.startOf(journal);
        reader.current(false);
        consumer.seekToBeginning(List.of(JOURNAL));
        continue;
      }
      OptionalLong lag = consumer.currentLag(JOURNAL);
      boolean atEnd = lag.isPresent() && lag.getAsLong() == 0;
      // What is built is not in force before its end: to ask then is early enough, and a long
      // journal is read without a question for each of its batches.
      boolean matters = building == null ? !records.isEmpty() : atEnd;
      if (matters || System.nanoTime() - probedAt > PROBE_EVERY.toNanos()) {
        String now = id(admin);
        probedAt = System.nanoTime();
        if (!now.equals(journal)) {
          return;
        }
      }
      take(records.records(JOURNAL));
      if (atEnd) {
        atEnd();
      }
      saveIfDue();
    }
  }

  /** The state that follows from {@code journal}, to go on from. */
  private FoldState begin(String journal) {
    FoldState inForce = reader.state();
    if (building != null && journal.equals(building.journal())) {
      return building;
    }
    if (journal.equals(inForce.journal())) {
      building = null;
      return inForce;
    }
    if (inForce.journal() != null) {
      LOG.warn(
          "The journal was made anew (topic id {}, was {}): reading it from the start; revision {}"
              + " stays in force until that is done",
          journal,
          inForce.journal(),
          inForce.fold().revision());
    }
    building = FoldState.startOf(journal);
    emptyReported = false;
    return building;
  }

  private void take(List<ConsumerRecord<byte[], byte[]>> records) {
    if (records.isEmpty()) {
      return;
    }
    List<@Nullable JournalRecord> changes = new ArrayList<>(records.size());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      changes.add(parse(record));
    }
    FoldState next = building;
    if (next != null) {
      apply(next, records, changes, new HashSet<>());
      return;
    }
    FoldState inForce = reader.state();
    Set<ObjectKey> changed = new HashSet<>();
    reader.advance(inForce, () -> apply(inForce, records, changes, changed), changed, false);
  }

  private static void apply(
      FoldState state,
      List<ConsumerRecord<byte[], byte[]>> records,
      List<@Nullable JournalRecord> changes,
      Set<ObjectKey> changed) {
    for (int i = 0; i < records.size(); i++) {
      long revision = records.get(i).offset();
      JournalRecord change = changes.get(i);
      Verdict verdict =
          change == null
              ? state.fold().skip(revision, "the record cannot be read")
              : state.fold().apply(revision, change);
      state.judged(revision, verdict);
      if (verdict instanceof Verdict.Applied applied) {
        changed.add(applied.key());
      }
    }
  }

  private static @Nullable JournalRecord parse(ConsumerRecord<byte[], byte[]> record) {
    byte[] value = record.value();
    try {
      if (value == null) {
        throw new IOException("it has no value");
      }
      return JournalRecord.parse(value);
    } catch (IOException | RuntimeException e) {
      LOG.warn("Revision {} is passed over: {}", record.offset(), e.getMessage());
      return null;
    }
  }

  private void atEnd() {
    FoldState built = building;
    if (built != null) {
      boolean empty = built.fold().revision() < 0;
      if (empty && reader.state().fold().revision() >= 0) {
        if (!emptyReported) {
          LOG.warn(
              "The new journal is empty: revision {} stays in force until it has a record",
              reader.state().fold().revision());
        }
        emptyReported = true;
      } else {
        building = null;
        reader.advance(built, () -> {}, Set.of(), true);
        save(); // its first image takes long: nobody waits for a change yet
        reader.current(true);
        LOG.info("Configuration is at revision {}", built.fold().revision());
      }
    }
    reader.caughtUp();
  }

  private void saveIfDue() {
    if (System.nanoTime() - savedAt > SAVE_EVERY.toNanos()) {
      save();
    }
  }

  private void save() {
    reader.save();
    savedAt = System.nanoTime();
  }

  private static String id(Admin admin) throws BusUnavailable, InterruptedException {
    return Clients.await(
            admin.describeTopics(List.of(Topics.CONFIG)).allTopicNames(),
            PROBE_BOUND,
            "The journal cannot be found")
        .values()
        .iterator()
        .next()
        .topicId()
        .toString();
  }

  private void found() {
    reader.connected(true);
    if (away) {
      LOG.info("Kafka is back");
    }
    away = false;
  }

  private void lost(Exception e) {
    reader.connected(false);
    if (!away && stopping.getCount() > 0) {
      LOG.warn(
          "Kafka is away, the configuration stays at revision {}: {}",
          reader.state().fold().revision(),
          e.getMessage());
    }
    away = true;
  }
}
