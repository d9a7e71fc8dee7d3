package dev.aegis.bus;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.jspecify.annotations.Nullable;

/**
 * Writes to the partitions that this process owns, and to no other.
 *
 * <p>Each transaction also commits the reader's position under the generation in which the
 * partitions were assigned. Kafka refuses the commit of a generation that is over (KIP-447), and
 * with it the whole transaction: an owner that does not know yet that it is none cannot write over
 * its successor. One thread appends.
 */
public final class OwnedWriter implements AutoCloseable {
  private final BusSettings settings;
  private final String topic;
  private final String id;
  private final Map<Integer, Long> positions = new ConcurrentHashMap<>();
  private volatile @Nullable Standing standing;
  private @Nullable KafkaProducer<byte[], byte[]> producer;

  OwnedWriter(BusSettings settings, String topic, String id) {
    this.settings = settings;
    this.topic = topic;
    this.id = id;
  }

  private record Standing(Set<Integer> owned, ConsumerGroupMetadata group) {}

  /** Takes what the reader knows after each of its turns; null when it is in no group. */
  void standing(
      Set<Integer> owned, Map<Integer, Long> moved, @Nullable ConsumerGroupMetadata group) {
    positions.putAll(moved);
    standing = group == null ? null : new Standing(owned, group);
  }

  /**
   * Writes records, all or none; when it returns they are durable.
   *
   * @throws OwnershipLost when a partition is not, or no longer, this process's: nothing was
   *     written
   * @throws BusUnavailable when Kafka did not confirm: it may or may not have been written
   */
  public void append(List<TopicRecord> records)
      throws OwnershipLost, BusUnavailable, InterruptedException {
    Standing now = standing;
    if (now == null) {
      throw new OwnershipLost("this process is not part of the group at present", null);
    }
    try {
      KafkaProducer<byte[], byte[]> open = producer;
      if (open == null) {
        open = Transactions.begin(settings, "owner", id);
        producer = open;
      }
      append(open, records, now);
    } catch (CommitFailedException | RebalanceInProgressException e) {
      abandon();
      throw new OwnershipLost("the group is dividing the partitions anew", e);
    } catch (InterruptException e) {
      abandon();
      InterruptedException interrupted = new InterruptedException("interrupted during a write");
      interrupted.initCause(e);
      throw interrupted;
    } catch (KafkaException e) {
      abandon();
      throw new BusUnavailable(topic + " cannot be written: " + Clients.reason(e), e);
    }
  }

  @Override
  public void close() {
    abandon();
  }

  private void append(KafkaProducer<byte[], byte[]> open, List<TopicRecord> records, Standing now)
      throws OwnershipLost {
    int partitions = open.partitionsFor(topic).size();
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (TopicRecord record : records) {
      int partition = TopicRecord.partition(record.place(), partitions);
      if (!now.owned.contains(partition)) {
        throw new OwnershipLost("partition " + partition + " has another owner", null);
      }
      offsets.put(
          new TopicPartition(topic, partition),
          new OffsetAndMetadata(positions.getOrDefault(partition, 0L)));
    }
    open.beginTransaction();
    for (TopicRecord record : records) {
      Transactions.send(
          open,
          new ProducerRecord<>(
              topic,
              TopicRecord.partition(record.place(), partitions),
              record.keyBytes(),
              record.value()));
    }
    open.sendOffsetsToTransaction(offsets, now.group);
    open.commitTransaction();
  }

  /** Drops the producer; the next one ends its open transaction at once. */
  private void abandon() {
    KafkaProducer<byte[], byte[]> open = producer;
    producer = null;
    if (open != null) {
      open.close(Duration.ZERO);
    }
  }
}
