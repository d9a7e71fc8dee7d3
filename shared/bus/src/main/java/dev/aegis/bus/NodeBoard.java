package dev.aegis.bus;

import dev.aegis.model.NodeStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The board on which every node pins what it is doing, and on which admin reads it: topic {@code
 * aegis.nodes}.
 *
 * <p>A node publishes its status every {@link #HEARTBEAT} and at once when it changes; one that was
 * not heard of for {@link #LIVE} is not live. A status that cannot be sent is not kept: the next
 * one says more.
 */
public final class NodeBoard implements AutoCloseable {
  /** How often a node publishes its status. */
  public static final Duration HEARTBEAT = Duration.ofSeconds(2);

  /** How long a node is live after it was last heard of. */
  public static final Duration LIVE = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(NodeBoard.class);
  private static final TopicPartition BOARD = new TopicPartition(Topics.NODES, 0);

  private final BusSettings settings;
  private final InstantSource clock;
  private final Map<String, Heard> heard = new ConcurrentHashMap<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile @Nullable KafkaProducer<byte[], byte[]> producer;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
  private @Nullable Thread watcher;

  /** How long the watcher may take to finish before what it waits for is interrupted. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private record Heard(NodeStatus status, Instant at) {}

  public NodeBoard(BusSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * Pins {@code status}, replacing the node's last one. Returns without waiting for Kafka to take
   * it, but may wait up to half a second while it is away.
   */
  public void publish(NodeStatus status) {
    send(status.node(), NodeStatusJson.write(status));
  }

  /** Takes the node's status off: it went away on purpose. */
  public void withdraw(String node) {
    send(node, null);
  }

  /** Begins to read the board; without it, {@link #nodes} has nothing. */
  public synchronized void watch() {
    if (watcher == null) {
      watcher = Thread.ofPlatform().daemon().name("node-board").start(this::follow);
    }
  }

  /** Status of each live node, by name. */
  public Collection<NodeStatus> nodes() {
    return pick(true);
  }

  /** Last status of each node that went silent without a word, by name. */
  public Collection<NodeStatus> silent() {
    return pick(false);
  }

  @Override
  public synchronized void close() {
    closing.countDown();
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading != null) {
      reading.wakeup();
    }
    if (watcher != null) {
      Threads.end(watcher, PATIENCE);
    }
    KafkaProducer<byte[], byte[]> sending = producer;
    if (sending != null) {
      sending.close(Duration.ofSeconds(1));
    }
  }

  private List<NodeStatus> pick(boolean live) {
    Instant since = clock.instant().minus(LIVE);
    List<NodeStatus> found = new ArrayList<>();
    for (Heard each : heard.values()) {
      if (each.at().isAfter(since) == live) {
        found.add(each.status());
      }
    }
    found.sort(Comparator.comparing(NodeStatus::node));
    return found;
  }

  private void send(String node, byte @Nullable [] value) {
    byte[] key = node.getBytes(StandardCharsets.UTF_8);
    try {
      Future<?> _ =
          producer()
              .send(
                  new ProducerRecord<>(Topics.NODES, 0, key, value),
                  (metadata, failure) -> {
                    if (failure != null) {
                      LOG.debug("The status of {} was not taken", node, failure);
                    }
                  });
    } catch (InterruptException e) {
      Thread.currentThread().interrupt();
    } catch (KafkaException | IllegalStateException e) {
      // The latter when the board was closed in the meantime.
      LOG.debug("The status of {} was not taken", node, e);
    }
  }

  private synchronized KafkaProducer<byte[], byte[]> producer() {
    KafkaProducer<byte[], byte[]> made = producer;
    if (made == null) {
      made =
          Clients.producer(
              settings,
              "node-board",
              Map.of(
                  ProducerConfig.LINGER_MS_CONFIG,
                  0,
                  ProducerConfig.MAX_BLOCK_MS_CONFIG,
                  500,
                  ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                  2_000,
                  ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                  4_000));
      producer = made;
    }
    return made;
  }

  private void follow() {
    boolean away = false;
    while (closing.getCount() > 0) {
      try {
        Topics.ensure(settings);
        away = false;
        read();
      } catch (WakeupException e) {
        // Closing.
      } catch (BusUnavailable | KafkaException e) {
        if (!away && closing.getCount() > 0) {
          LOG.warn("The nodes' board cannot be read: {}", e.getMessage());
        }
        away = true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      try {
        if (closing.await(500, TimeUnit.MILLISECONDS)) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void read() {
    KafkaConsumer<byte[], byte[]> reading =
        Clients.consumer(settings, "node-board", Map.of("auto.offset.reset", "earliest"));
    consumer = reading;
    try {
      reading.assign(List.of(BOARD));
      reading.seekToBeginning(List.of(BOARD));
      long history = reading.endOffsets(List.of(BOARD)).getOrDefault(BOARD, 0L);
      while (closing.getCount() > 0) {
        for (ConsumerRecord<byte[], byte[]> record : reading.poll(Duration.ofMillis(500))) {
          take(record, record.offset() < history);
        }
      }
    } finally {
      consumer = null;
      reading.close(CloseOptions.timeout(Duration.ZERO));
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record, boolean old) {
    if (record.key() == null) {
      return;
    }
    String node = new String(record.key(), StandardCharsets.UTF_8);
    byte[] value = record.value();
    if (value == null) {
      heard.remove(node);
      return;
    }
    try {
      NodeStatus status = NodeStatusJson.read(value);
      // What is read live was said just now, whatever the node's clock shows; of what stood there
      // before, only its own word tells how old it is.
      heard.put(node, new Heard(status, old ? status.at() : clock.instant()));
    } catch (IOException e) {
      LOG.warn("The status at {} of {} is passed over: {}", record.offset(), node, e.getMessage());
    }
  }
}
