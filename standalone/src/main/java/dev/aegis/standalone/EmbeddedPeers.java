package dev.aegis.standalone;

import dev.aegis.chassis.StartFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The real Kafka and the real Redis that come with {@code aegis up}, each in a process of its own
 * on loopback.
 *
 * <p>Their data are in the folders {@code kafka} and {@code redis} of the data directory and are
 * found again at the next start. The processes end with this object, or with this process however
 * it ends.
 */
final class EmbeddedPeers implements AutoCloseable {
  /** In the place of a port: an outer one is used, so none is started. */
  static final int OUTER = -1;

  /** Beyond what either needs on a busy machine; Kafka bounds its own stop at less. */
  private static final long STOP_MILLIS = 4_000;

  private final @Nullable EmbeddedKafka kafka;
  private final @Nullable EmbeddedRedis redis;
  private volatile boolean closing;

  private EmbeddedPeers(@Nullable EmbeddedKafka kafka, @Nullable EmbeddedRedis redis) {
    this.kafka = kafka;
    this.redis = redis;
  }

  /**
   * Starts the wanted ones side by side, and returns when clients can use them.
   *
   * @param home folder of this installation, with the built broker
   * @param data directory of the suite
   * @param kafkaPort where Kafka listens, 0 for a free port, {@link #OUTER} when an outer one is
   *     used
   * @param redisPort where Redis listens, 0 for a free port, {@link #OUTER} when an outer one is
   *     used
   * @throws StartFailure with one line, as for a port in use; none of them runs then
   */
  static EmbeddedPeers start(Path home, Path data, int kafkaPort, int redisPort)
      throws StartFailure {
    Path place = data.toAbsolutePath();
    EmbeddedKafka kafka = null;
    EmbeddedRedis redis = null;
    boolean started = false;
    try {
      if (kafkaPort != OUTER) {
        kafka = EmbeddedKafka.launch(home, place.resolve("kafka"), kafkaPort);
      }
      if (redisPort != OUTER) {
        redis = EmbeddedRedis.launch(place.resolve("redis"), redisPort);
        redis.awaitReady();
      }
      if (kafka != null) {
        kafka.awaitReady();
      }
      started = true;
      return new EmbeddedPeers(kafka, redis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailure("stopped while Kafka and Redis were starting", e);
    } finally {
      if (!started) {
        new EmbeddedPeers(kafka, redis).close();
      }
    }
  }

  /** Where Kafka's clients connect, host and port; only when an embedded one was wanted. */
  String bootstrap() {
    return Objects.requireNonNull(kafka, "no embedded Kafka was wanted").bootstrap();
  }

  /** Where Redis' clients connect; only when an embedded one was wanted. */
  String redisUrl() {
    return Objects.requireNonNull(redis, "no embedded Redis was wanted").url();
  }

  /**
   * Tells the name of each peer whose process ends although nobody asked it to.
   *
   * @param ended called at most once for each, on a thread of its own
   */
  void watch(Consumer<String> ended) {
    if (kafka != null) {
      watch("Kafka", kafka.process(), ended);
    }
    if (redis != null) {
      watch("Redis", redis.process(), ended);
    }
  }

  private void watch(String name, PeerProcess process, Consumer<String> ended) {
    Thread.ofVirtual()
        .name("watch-" + name)
        .start(
            () -> {
              try {
                process.awaitEnd();
              } catch (InterruptedException e) {
                return;
              }
              if (!closing) {
                ended.accept(name);
              }
            });
  }

  /** Stops both, usually within a second; their data are kept. */
  @Override
  public void close() {
    closing = true;
    List<PeerProcess> processes = processes();
    processes.forEach(PeerProcess::terminate);
    processes.forEach(process -> process.awaitEnd(STOP_MILLIS));
  }

  List<PeerProcess> processes() {
    List<PeerProcess> processes = new ArrayList<>();
    if (kafka != null) {
      processes.add(kafka.process());
    }
    if (redis != null) {
      processes.add(redis.process());
    }
    return processes;
  }
}
