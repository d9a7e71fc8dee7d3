package dev.aegis.bus;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** Makes producers that write in transactions, and the settings of the groups beside them. */
final class Transactions {
  /** How long Kafka waits for a member that is silent before it gives its partitions away. */
  private static final int SESSION_MILLIS = 8_000;

  private Transactions() {}

  /**
   * A producer that ended, by taking over, what an earlier life of {@code id} had left open.
   *
   * @param id the same in every life of one process, and no other's
   */
  static KafkaProducer<byte[], byte[]> begin(BusSettings settings, String role, String id) {
    KafkaProducer<byte[], byte[]> producer =
        Clients.producer(
            settings,
            role,
            Map.of(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                id,
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                15_000,
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                5_000,
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                12_000));
    try {
      producer.initTransactions();
      return producer;
    } catch (RuntimeException e) {
      producer.close(Duration.ZERO);
      throw e;
    }
  }

  /** Sends within a transaction: what goes wrong comes out of its commit. */
  static void send(KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    Future<RecordMetadata> _ = producer.send(record);
  }

  /**
   * Settings of a group's member that is the same member after a restart, so that a killed process
   * goes on at once with the partitions it had.
   */
  static Map<String, Object> member(String group, String instance) {
    return Map.of(
        "group.id",
        group,
        "group.instance.id",
        instance,
        "session.timeout.ms",
        SESSION_MILLIS,
        "heartbeat.interval.ms",
        2_000,
        "auto.offset.reset",
        "earliest",
        "isolation.level",
        "read_committed",
        "fetch.max.wait.ms",
        250,
        "partition.assignment.strategy",
        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
  }
}
