package dev.aegis.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A real {@code redis-server} for tests, on loopback, that can be stopped, killed, frozen and
 * started again on the same port with the same data.
 */
public final class RedisPeer implements AutoCloseable {
  private static final Duration STOP_BOUND = Duration.ofSeconds(10);

  private final Path data;
  private final boolean temporary;
  private final int port;
  private @Nullable ChildProcess process;

  private RedisPeer(Path data, boolean temporary, int port) {
    this.data = data;
    this.temporary = temporary;
    this.port = port;
  }

  /** A server with a folder and a port of its own; both are given back on close. */
  public static RedisPeer start() {
    return started(new RedisPeer(Peers.temporaryFolder("redis"), true, FreePorts.next()));
  }

  /**
   * A server on data that may be there already and stays.
   *
   * @param data folder, made if missing
   * @param port on loopback
   */
  public static RedisPeer start(Path data, int port) {
    return started(new RedisPeer(data, false, port));
  }

  private static RedisPeer started(RedisPeer peer) {
    try {
      peer.restart();
      return peer;
    } catch (RuntimeException | Error e) {
      peer.close();
      throw e;
    }
  }

  /** Where clients connect, as {@code redis://127.0.0.1:PORT}. */
  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** The port that clients connect to. */
  public int port() {
    return port;
  }

  /** The server's process. */
  public ChildProcess process() {
    ChildProcess running = process;
    if (running == null) {
      throw new IllegalStateException("the server is stopped");
    }
    return running;
  }

  /** Stops the server in order (SIGTERM); it saves its data. */
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

  /** Kills the server (SIGKILL). */
  public void kill() {
    ChildProcess running = process;
    process = null;
    if (running != null) {
      running.kill();
    }
  }

  /** Starts the server on its port and data, after an orderly stop if it runs. */
  public void restart() {
    stop();
    try {
      Files.createDirectories(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ChildProcess starting =
        ChildProcess.start(
            List.of(
                Peers.program("redis-server", "AEGIS_TEST_REDIS").toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                data.toString(),
                "--save",
                "60",
                "1",
                "--appendonly",
                "no"),
            Map.of());
    process = starting;
    Peers.awaitReady("redis-server", starting, this::answers);
  }

  private boolean answers() {
    try (Socket socket = new Socket(FreePorts.LOOPBACK, port)) {
      socket.setSoTimeout(1_000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      return socket.getInputStream().read() == '+';
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends the server, and deletes its data if they were made for it. */
  @Override
  public void close() {
    kill();
    if (temporary && Files.exists(data)) {
      Peers.delete(data);
    }
  }
}
