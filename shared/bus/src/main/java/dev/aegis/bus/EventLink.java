package dev.aegis.bus;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The publisher's producer. Idempotent and without an end to its patience: as long as it lives,
 * what it was given arrives once and in order per partition, however often the broker goes away.
 */
final class EventLink {
  private static final Logger LOG = LoggerFactory.getLogger(EventLink.class);

  /** Longest that handing over an event may wait: only when what is known of a topic got lost. */
  private static final int BLOCK_MILLIS = 250;

  private static final Duration LEARN_BOUND = Duration.ofSeconds(5);
  private static final int MAX_REQUEST_BYTES = 1 << 20;

  private final KafkaProducer<byte[], byte[]> producer;
  private final EventRecords records;
  private final @Nullable Metric connections;

  /**
   * Does not speak to Kafka yet.
   *
   * @throws BusUnavailable when Kafka's name does not resolve
   */
  EventLink(BusSettings settings, EventRecords records) throws BusUnavailable {
    this.records = records;
    try {
      producer =
          Clients.producer(
              settings,
              "events",
              Map.ofEntries(
                  Map.entry(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE),
                  Map.entry(ProducerConfig.MAX_BLOCK_MS_CONFIG, BLOCK_MILLIS),
                  Map.entry(ProducerConfig.LINGER_MS_CONFIG, 20),
                  Map.entry(ProducerConfig.BATCH_SIZE_CONFIG, 64 << 10),
                  Map.entry(ProducerConfig.BUFFER_MEMORY_CONFIG, 64L << 20),
                  Map.entry(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES),
                  Map.entry(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4"),
                  // What is known of topics and brokers is kept while they are away, so that
                  // handing over never has to ask.
                  Map.entry(
                      ProducerConfig.METADATA_MAX_IDLE_CONFIG, Duration.ofDays(365).toMillis()),
                  Map.entry(
                      CommonClientConfigs.METADATA_RECOVERY_STRATEGY_CONFIG,
                      MetadataRecoveryStrategy.NONE.name),
                  Map.entry(ProducerConfig.CONNECTIONS_MAX_IDLE_MS_CONFIG, -1L)));
    } catch (KafkaException e) {
      throw new BusUnavailable("Kafka cannot be addressed: " + Clients.reason(e), e);
    }
    Metric found = null;
    for (Map.Entry<MetricName, ? extends Metric> metric : producer.metrics().entrySet()) {
      if (metric.getKey().name().equals("connection-count")
          && metric.getKey().group().equals("producer-metrics")) {
        found = metric.getValue();
      }
    }
    connections = found;
  }

  /**
   * Learns where the topics' partitions are.
   *
   * @throws BusUnavailable when Kafka does not say
   */
  void learn(Set<String> topics) throws BusUnavailable {
    long deadline = System.nanoTime() + LEARN_BOUND.toNanos();
    for (String topic : topics) {
      while (true) {
        try {
          producer.partitionsFor(topic);
          break;
        } catch (TimeoutException e) {
          if (System.nanoTime() - deadline > 0) {
            throw new BusUnavailable("Topic " + topic + " is out of reach", e);
          }
        } catch (KafkaException e) {
          throw new BusUnavailable("Topic " + topic + " is out of reach: " + Clients.reason(e), e);
        }
      }
    }
  }

  /**
   * Hands an event over. What comes of it is told to the event, perhaps before this returns.
   *
   * @throws KafkaException when the producer cannot go on at all
   */
  void send(Pending pending) {
    Future<?> _ = producer.send(records.record(pending), pending);
  }

  /** Whether a connection to a broker stands. */
  boolean connected() {
    return connections != null
        && connections.metricValue() instanceof Number count
        && count.doubleValue() > 0;
  }

  /** NaN when the producer has not measured it. */
  double measured(ProducerMeasure measure) {
    for (Map.Entry<MetricName, ? extends Metric> metric : producer.metrics().entrySet()) {
      if (metric.getKey().name().equals(measure.kafkas())
          && metric.getKey().group().equals("producer-metrics")
          && metric.getValue().metricValue() instanceof Number value) {
        return value.doubleValue() * measure.unit();
      }
    }
    return Double.NaN;
  }

  /** Gives up at once on what is not confirmed; afterwards the fate of every event is known. */
  void abort() {
    try {
      producer.close(Duration.ZERO);
    } catch (KafkaException e) {
      LOG.debug("The producer did not close in order", e);
    }
  }
}
