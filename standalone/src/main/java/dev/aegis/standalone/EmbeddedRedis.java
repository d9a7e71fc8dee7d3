package dev.aegis.standalone;

import dev.aegis.chassis.StartFailure;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import redis.embedded.core.ExecutableProvider;

/** Real Redis on loopback, from the program that the embedded-redis library carries. */
final class EmbeddedRedis {
  private static final long START_MILLIS = 15_000;

  private final PeerProcess process;
  private final Path output;
  private final int port;

  private EmbeddedRedis(PeerProcess process, Path output, int port) {
    this.process = process;
    this.output = output;
    this.port = port;
  }

  /** Starts the server; it is not ready yet. */
  static EmbeddedRedis launch(Path data, int wantedPort) throws StartFailure {
    int port = LoopbackPort.of(wantedPort, "Redis", "AEGIS_REDIS_PORT");
    Path output = data.resolve("redis.log");
    try {
      // One folder per start: a program that still runs cannot be written anew.
      Path programs = data.resolve("bin");
      Files.createDirectories(programs);
      deleteFiles(programs);
      Path program =
          ExecutableProvider.newJarResourceProvider(
                  Files.createTempDirectory(programs, "redis").toFile())
              .get()
              .toPath();
      List<String> command =
          List.of(
              program.toString(),
              "--bind",
              "127.0.0.1",
              "--port",
              Integer.toString(port),
              "--dir",
              data.toString(),
              "--save",
              "60",
              "1",
              "--appendonly",
              "no",
              "--daemonize",
              "no");
      return new EmbeddedRedis(PeerProcess.start(command, output), output, port);
    } catch (IOException e) {
      throw new StartFailure("Redis cannot be started in " + data + ": " + e.getMessage(), e);
    }
  }

  private static void deleteFiles(Path folder) throws IOException {
    List<Path> all;
    try (var paths = Files.walk(folder)) {
      all = paths.filter(path -> !path.equals(folder)).toList().reversed();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }

  /** Waits until clients can use the server. */
  void awaitReady() throws StartFailure, InterruptedException {
    long end = System.nanoTime() + START_MILLIS * 1_000_000;
    while (System.nanoTime() < end) {
      if (!process.alive()) {
        throw new StartFailure(
            "Redis did not start: " + lastLine() + " (or set AEGIS_REDIS_URL to another Redis)");
      }
      if (answers()) {
        return;
      }
      Thread.sleep(10);
    }
    throw new StartFailure(
        "Redis was not ready within " + START_MILLIS / 1000 + " s; its log is " + output);
  }

  private String lastLine() {
    try {
      return Files.readString(output)
          .lines()
          .filter(line -> !line.isBlank())
          .reduce((before, last) -> last)
          .orElse("it ended without a word");
    } catch (IOException e) {
      return "its log cannot be read: " + e.getMessage();
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(LoopbackPort.LOOPBACK, port), 1_000);
      socket.setSoTimeout(1_000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      return socket.getInputStream().read() == '+';
    } catch (IOException e) {
      return false;
    }
  }

  String url() {
    return "redis://127.0.0.1:" + port;
  }

  PeerProcess process() {
    return process;
  }
}
