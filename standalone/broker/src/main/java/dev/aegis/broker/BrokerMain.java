package dev.aegis.broker;

import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ref.Reference;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;

/**
 * The broker's process: real Kafka, one node, loopback only.
 *
 * <p>Prints {@code broker ready PORT} on standard output when clients can use it, and nothing else
 * there; its log is {@code broker.log} in the data folder. Exit codes: 0 stopped, 1 could not start
 * (one line on standard error says why), 2 bad arguments. What was acknowledged is there after any
 * end of the process.
 */
public final class BrokerMain {
  /** How long an orderly stop may take before the process ends without it. */
  private static final long STOP_MILLIS = 1_500;

  private static final InetAddress LOOPBACK = Inet4Address.ofLiteral("127.0.0.1");

  private BrokerMain() {}

  /** Runs the broker until the process is told to end. */
  public static void main(String[] args) {
    int code;
    try {
      code = run(BrokerArguments.read(List.of(args), System.getenv()));
    } catch (BrokerArguments.Unusable e) {
      System.err.println("broker: " + e.getMessage());
      code = 2;
    } catch (InterruptedException e) {
      code = 0;
    }
    // Not exit: Kafka's threads that are still starting must not keep a failed process alive.
    Runtime.getRuntime().halt(code);
  }

  private static int run(BrokerArguments arguments) throws InterruptedException {
    if (arguments.watchStdin()) {
      endWithStdin();
    }
    KafkaRaftServer server;
    int port;
    FileChannel held;
    try {
      Files.createDirectories(arguments.data());
      held = lock(arguments.data());
      Path log = arguments.data().resolve("broker.log");
      System.setProperty("aegis.broker.log", log.toString());
      // Kafka ends the process itself on a fault that it cannot survive, and says why in its log
      // alone.
      Exit.setExitProcedure((code, message) -> end(code, log));
      Exit.setHaltProcedure((code, message) -> end(code, log));
      port = listenable(arguments.port());
      Map<String, String> config =
          BrokerConfig.of(port, listenable(0), arguments.data().resolve("logs"));
      format(arguments.data(), config);
      server = new KafkaRaftServer(new KafkaConfig(config), Time.SYSTEM);
    } catch (IOException | RuntimeException e) {
      System.err.println("broker: cannot start: " + reason(e));
      return 1;
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, stopped), "broker-stop"));
    try {
      server.startup();
    } catch (RuntimeException e) {
      System.err.println("broker: cannot start: " + reason(e));
      return 1;
    }
    System.out.println("broker ready " + port);
    System.out.flush();
    try {
      stopped.await();
    } finally {
      Reference.reachabilityFence(held);
    }
    return 0;
  }

  /**
   * Takes the folder: two brokers on the same logs would ruin them. The lock lasts for as long as
   * somebody refers to the channel.
   */
  private static FileChannel lock(Path data) throws IOException {
    FileChannel channel =
        FileChannel.open(data.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (channel.tryLock() == null) {
      channel.close();
      throw new IOException(data + " is in use by another broker");
    }
    return channel;
  }

  private static void end(int code, Path log) {
    System.err.println("broker: ended by a fault, see " + log);
    System.err.flush();
    Runtime.getRuntime().halt(code);
  }

  /** Ends the process when whoever started it is gone, however it went. */
  private static void endWithStdin() {
    Thread.ofPlatform()
        .daemon()
        .name("broker-watch-stdin")
        .start(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // Whatever is said there, only its end counts.
                }
              } catch (IOException e) {
                // A standard input that cannot be read has ended too.
              }
              System.exit(0);
            });
  }

  private static void stop(KafkaRaftServer server, CountDownLatch stopped) {
    // Kafka waits for its own controller here without a bound; the logs survive a sudden end.
    Thread.ofPlatform()
        .daemon()
        .name("broker-stop-bound")
        .start(
            () -> {
              try {
                Thread.sleep(STOP_MILLIS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              Runtime.getRuntime().halt(0);
            });
    server.shutdown();
    stopped.countDown();
  }

  /** The port itself, or a free one for 0, once it is known that it can be listened on. */
  private static int listenable(int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(LOOPBACK, port));
      return socket.getLocalPort();
    } catch (java.net.BindException e) {
      throw new IOException("port " + port + " on 127.0.0.1 is in use", e);
    }
  }

  private static void format(Path data, Map<String, String> config) throws IOException {
    Path logs = data.resolve("logs");
    if (Files.exists(logs.resolve("meta.properties"))) {
      return;
    }
    Files.createDirectories(logs);
    Path file = data.resolve("broker.properties");
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (Map.Entry<String, String> entry : config.entrySet()) {
        out.write(entry.getKey() + "=" + entry.getValue().replace("\\", "\\\\"));
        out.newLine();
      }
    }
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    String[] command = {
      "format", "-t", Uuid.randomUuid().toString(), "-c", file.toString(), "--ignore-formatted"
    };
    if (StorageTool.execute(command, out) != 0) {
      throw new IOException("cannot format " + logs + ": " + said.toString(StandardCharsets.UTF_8));
    }
  }

  private static String reason(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null ? thrown.toString() : message.lines().findFirst().orElse(message);
  }
}
