package dev.aegis.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.kafka.KafkaContainer;

/**
 * A real Kafka broker for tests.
 *
 * <p>{@link #start()} makes one of the test's own, as a process that can be stopped, killed and
 * started again on the same port with the same data. {@link #shared()} is one for all tests of a
 * JVM that need no more than topics of their own; it is a container where a Docker engine answers.
 */
public final class KafkaPeer implements AutoCloseable {
  private static final String MODULE = "standalone/broker";
  private static final Pattern READY = Pattern.compile("^broker ready (\\d+)$");
  private static final Duration START_BOUND = Duration.ofSeconds(60);
  private static final Duration STOP_BOUND = Duration.ofSeconds(10);

  private final Path data;
  private final boolean temporary;
  private final int port;
  private @Nullable ChildProcess process;

  private KafkaPeer(Path data, boolean temporary, int port) {
    this.data = data;
    this.temporary = temporary;
    this.port = port;
  }

  /** A broker with a folder and a port of its own; both are given back on close. */
  public static KafkaPeer start() {
    return started(new KafkaPeer(Peers.temporaryFolder("kafka"), true, FreePorts.next()));
  }

  /**
   * A broker on data that may be there already and stays.
   *
   * @param data folder
   * @param port on loopback
   */
  public static KafkaPeer start(Path data, int port) {
    return started(new KafkaPeer(data, false, port));
  }

  private static KafkaPeer started(KafkaPeer peer) {
    try {
      peer.restart();
      return peer;
    } catch (RuntimeException | Error e) {
      peer.close();
      throw e;
    }
  }

  /**
   * Where the JVM's shared broker listens: started at the first call, gone with the JVM. Its topics
   * are everybody's, so a test names its own.
   */
  public static String shared() {
    return Shared.BOOTSTRAP;
  }

  /** Where clients connect: host and port. */
  public String bootstrap() {
    return "127.0.0.1:" + port;
  }

  /** The port that clients connect to. */
  public int port() {
    return port;
  }

  /** Stops the broker in order (SIGTERM). */
  public void stop() {
    ChildProcess running = process;
    process = null;
    if (running != null) {
      try {
        running.stop(STOP_BOUND);
      } catch (InterruptedException e) {
        running.kill();
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Kills the broker (SIGKILL). */
  public void kill() {
    ChildProcess running = process;
    process = null;
    if (running != null) {
      running.kill();
    }
  }

  /** The broker's process. */
  public ChildProcess process() {
    ChildProcess running = process;
    if (running == null) {
      throw new IllegalStateException("the broker is stopped");
    }
    return running;
  }

  /** Starts the broker on its port and data, after an orderly stop if it runs. */
  public void restart() {
    stop();
    ChildProcess starting =
        Processes.java(
            MODULE,
            "dev.aegis.broker.BrokerMain",
            List.of("--data", data.toString(), "--port", Integer.toString(port), "--watch-stdin"),
            Map.of());
    process = starting;
    try {
      starting.awaitLine(READY, START_BOUND);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the broker starts", e);
    }
  }

  /** Ends the broker, and deletes its data if they were made for it. */
  @Override
  public void close() {
    kill();
    if (temporary && Files.exists(data)) {
      Peers.delete(data);
    }
  }

  /** Made at the first use, because not every JVM wants one. */
  private static final class Shared {
    static final String BOOTSTRAP = start();

    private static String start() {
      if (Docker.answers()) {
        KafkaContainer container = new KafkaContainer("apache/kafka:4.3.1");
        container.start();
        Runtime.getRuntime().addShutdownHook(new Thread(container::stop));
        return container.getBootstrapServers();
      }
      KafkaPeer peer = KafkaPeer.start();
      Runtime.getRuntime().addShutdownHook(new Thread(peer::close));
      return peer.bootstrap();
    }
  }

  /** Whether there is a Docker engine, not only its client. */
  private static final class Docker {
    static boolean answers() {
      boolean named = System.getenv("DOCKER_HOST") != null;
      // Testcontainers looks in many places and says much; most machines need none of it.
      return (named || Files.exists(Path.of("/var/run/docker.sock")))
          && DockerClientFactory.instance().isDockerAvailable();
    }
  }
}
