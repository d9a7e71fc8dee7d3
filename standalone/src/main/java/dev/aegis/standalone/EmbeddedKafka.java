package dev.aegis.standalone;

import dev.aegis.chassis.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Real Kafka, one node on loopback, in a process of its own. */
final class EmbeddedKafka {
  private static final Pattern READY = Pattern.compile("^broker ready (\\d+)$", Pattern.MULTILINE);
  private static final long START_MILLIS = 60_000;

  private final PeerProcess process;
  private final Path output;
  private final Path log;
  private final int port;

  private EmbeddedKafka(PeerProcess process, Path output, Path log, int port) {
    this.process = process;
    this.output = output;
    this.log = log;
    this.port = port;
  }

  /** Starts the broker; it is not ready yet. */
  static EmbeddedKafka launch(Path home, Path data, int wantedPort) throws StartFailure {
    int port = LoopbackPort.of(wantedPort, "Kafka", "AEGIS_KAFKA_PORT");
    Path broker = home.resolve("standalone/broker");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + broker.resolve("jvm.options"),
            "-cp",
            classPath(broker),
            "dev.aegis.broker.BrokerMain",
            "--data",
            data.toString(),
            "--port",
            Integer.toString(port),
            "--watch-stdin");
    Path output = data.resolve("broker.out");
    try {
      Files.createDirectories(data);
      PeerProcess process = PeerProcess.start(command, output);
      return new EmbeddedKafka(process, output, data.resolve("broker.log"), port);
    } catch (IOException e) {
      throw new StartFailure("Kafka cannot be started in " + data + ": " + e.getMessage(), e);
    }
  }

  /** The broker's own class path, as its build wrote it. */
  private static String classPath(Path broker) throws StartFailure {
    try {
      return Files.readString(broker.resolve("target/classpath")).strip();
    } catch (IOException e) {
      throw new StartFailure("the embedded Kafka is not built: run ./aegis build", e);
    }
  }

  /** Waits until clients can use the broker. */
  void awaitReady() throws StartFailure, InterruptedException {
    long end = System.nanoTime() + START_MILLIS * 1_000_000;
    while (System.nanoTime() < end) {
      // Whether it lives is asked first, so that its last words are read after it said them.
      boolean alive = process.alive();
      String said = said();
      Matcher ready = READY.matcher(said);
      if (ready.find()) {
        return;
      }
      if (!alive) {
        throw new StartFailure(
            "Kafka did not start: "
                + said.lines().reduce((before, last) -> last).orElse("it ended without a word")
                + " (its log is "
                + log
                + ")");
      }
      Thread.sleep(20);
    }
    throw new StartFailure(
        "Kafka was not ready within " + START_MILLIS / 1000 + " s; its log is " + log);
  }

  private String said() throws StartFailure {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new StartFailure("Kafka's output cannot be read: " + e.getMessage(), e);
    }
  }

  String bootstrap() {
    return "127.0.0.1:" + port;
  }

  PeerProcess process() {
    return process;
  }
}
