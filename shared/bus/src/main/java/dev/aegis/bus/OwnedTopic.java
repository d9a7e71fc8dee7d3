package dev.aegis.bus;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A compacted topic whose partitions each have one owner at a time, which holds their state in
 * memory and alone changes it.
 *
 * <p>A partition is read from its first record whenever it is gained, so the state never depends on
 * anything but the topic. What the owner writes is refused by Kafka once the partition is someone
 * else's ({@link OwnedWriter}).
 */
public final class OwnedTopic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OwnedTopic.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration RETRY_AFTER = Duration.ofMillis(250);

  /** Who holds the state. All calls come from one thread. */
  public interface Owner {
    /** The partition is this process's; its records follow from the first on. */
    void gained(int partition);

    /**
     * A record of an owned partition, this process's own included.
     *
     * @param value null when the key was deleted
     */
    void record(int partition, long offset, String key, byte @Nullable [] value);

    /** Everything that was in the partition when it was gained has been read. */
    void ready(int partition);

    /** The partition is no longer this process's. */
    void lost(int partition);
  }

  private final BusSettings settings;
  private final String topic;
  private final String group;
  private final String instance;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final OwnedWriter writer;
  private final TopicLookup lookup;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> polling;
  private volatile @Nullable Thread thread;

  /**
   * @param group of processes that share the partitions
   * @param instance this process, the same in each of its lives
   */
  public OwnedTopic(BusSettings settings, String topic, String group, String instance) {
    this.settings = settings;
    this.topic = topic;
    this.group = group;
    this.instance = instance;
    this.writer = new OwnedWriter(settings, topic, group + "-" + instance);
    this.lookup = new TopicLookup(settings, topic);
  }

  /**
   * Begins to take part, once; goes on by itself when Kafka goes away and comes back.
   *
   * @param owner hears of partitions and records
   */
  public void start(Owner owner) {
    Thread reading =
        Thread.ofPlatform().daemon().name("owned-" + topic).unstarted(new Reading(owner)::run);
    thread = reading;
    reading.start();
  }

  /** Writes states of owned partitions. */
  public OwnedWriter writer() {
    return writer;
  }

  /** Reads single records, and partitions that another process owns. */
  public TopicLookup lookup() {
    return lookup;
  }

  /** Stops and gives up the partitions. */
  @Override
  public void close() {
    stopping.countDown();
    KafkaConsumer<byte[], byte[]> consumer = polling;
    if (consumer != null) {
      consumer.wakeup();
    }
    Thread reading = thread;
    if (reading != null) {
      try {
        if (!reading.join(Duration.ofSeconds(1))) {
          reading.interrupt();
          reading.join();
        }
      } catch (InterruptedException e) {
        reading.interrupt();
        Thread.currentThread().interrupt();
      }
    }
    writer.close();
    lookup.close();
  }

  /** The thread that reads. */
  private final class Reading {
    private final Owner owner;
    private final Set<Integer> gained = new HashSet<>();
    private final Map<TopicPartition, Long> ends = new HashMap<>();

    Reading(Owner owner) {
      this.owner = owner;
    }

    private void run() {
      boolean away = false;
      try {
        while (stopping.getCount() > 0) {
          try {
            Topics.ensure(settings);
            if (away) {
              LOG.info("Reading {} again", topic);
              away = false;
            }
            follow();
          } catch (BusUnavailable | KafkaException e) {
            if (stopping.getCount() == 0 || e instanceof InterruptException) {
              break;
            }
            if (!away) {
              LOG.warn("{} cannot be read at present: {}", topic, Clients.reason(e));
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

    private void follow() {
      KafkaConsumer<byte[], byte[]> consumer =
          Clients.consumer(settings, "owner", Transactions.member(group, instance));
      polling = consumer;
      try {
        consumer.subscribe(List.of(topic), new Rebalances(consumer));
        while (stopping.getCount() > 0) {
          Map<Integer, Long> positions = new HashMap<>();
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
            if (gained.contains(record.partition())) {
              owner.record(
                  record.partition(),
                  record.offset(),
                  new String(record.key(), StandardCharsets.UTF_8),
                  record.value());
              positions.put(record.partition(), record.offset() + 1);
            }
          }
          writer.standing(Set.copyOf(gained), positions, consumer.groupMetadata());
          findReady(consumer);
        }
      } catch (WakeupException e) {
        LOG.debug("Told to stop reading {}", topic);
      } finally {
        polling = null;
        loseAll();
        consumer.close(CloseOptions.timeout(Duration.ofMillis(500)));
      }
    }

    /** Finds out which partitions have been read to where they ended when they were gained. */
    private void findReady(KafkaConsumer<byte[], byte[]> consumer) {
      if (ends.isEmpty()) {
        return;
      }
      Set<TopicPartition> unknown = new HashSet<>();
      ends.forEach(
          (partition, end) -> {
            if (end < 0) {
              unknown.add(partition);
            }
          });
      if (!unknown.isEmpty()) {
        ends.putAll(consumer.endOffsets(unknown));
      }
      ends.entrySet()
          .removeIf(
              entry -> {
                if (consumer.position(entry.getKey()) < entry.getValue()) {
                  return false;
                }
                owner.ready(entry.getKey().partition());
                return true;
              });
    }

    private void loseAll() {
      writer.standing(Set.of(), Map.of(), null);
      ends.clear();
      for (int partition : Set.copyOf(gained)) {
        gained.remove(partition);
        owner.lost(partition);
      }
    }

    private final class Rebalances implements ConsumerRebalanceListener {
      private final KafkaConsumer<byte[], byte[]> consumer;

      Rebalances(KafkaConsumer<byte[], byte[]> consumer) {
        this.consumer = consumer;
      }

      @Override
      public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        consumer.seekToBeginning(partitions);
        for (TopicPartition partition : partitions) {
          gained.add(partition.partition());
          ends.put(partition, -1L);
          owner.gained(partition.partition());
        }
      }

      @Override
      public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
          ends.remove(partition);
          if (gained.remove(partition.partition())) {
            owner.lost(partition.partition());
          }
        }
      }

      @Override
      public void onPartitionsLost(Collection<TopicPartition> partitions) {
        onPartitionsRevoked(partitions);
      }
    }
  }
}
