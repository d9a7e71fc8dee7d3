package dev.aegis.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real Consul server for tests, on loopback, alone in its cluster. What was registered outlives
 * its process, as an operator's would.
 */
public final class ConsulPeer implements AutoCloseable {
  private static final Duration STOP_BOUND = Duration.ofSeconds(10);

  private final Path data = Peers.temporaryFolder("consul");
  private final int port = FreePorts.next();
  private final List<String> ports =
      List.of(
          "-serf-lan-port=" + FreePorts.next(),
          "-server-port=" + FreePorts.next(),
          "-grpc-port=-1",
          "-dns-port=-1");
  private @Nullable ChildProcess process;

  private ConsulPeer() {}

  /** A server with ports of its own. */
  public static ConsulPeer start() {
    ConsulPeer peer = new ConsulPeer();
    try {
      peer.restart();
      return peer;
    } catch (RuntimeException | Error e) {
      peer.close();
      throw e;
    }
  }

  /** Where clients connect, as {@code http://127.0.0.1:PORT}. */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The port of its HTTP API. */
  public int port() {
    return port;
  }

  /** The agent's process. */
  public ChildProcess process() {
    ChildProcess running = process;
    if (running == null) {
      throw new IllegalStateException("the agent is stopped");
    }
    return running;
  }

  /** Stops the agent in order (SIGTERM). */
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

  /** Kills the agent (SIGKILL). */
  public void kill() {
    ChildProcess running = process;
    process = null;
    if (running != null) {
      running.kill();
    }
  }

  /** Starts the agent on its ports and data, after an orderly stop if it runs. */
  public void restart() {
    stop();
    Path program = Peers.program("consul", "AEGIS_TEST_CONSUL");
    List<String> command =
        Stream.concat(
                Stream.of(
                    program.toString(),
                    "agent",
                    "-server",
                    "-bootstrap-expect=1",
                    "-data-dir=" + data,
                    // Elections in half a second, not in several.
                    "-hcl=performance { raft_multiplier = 1 }",
                    "-hcl=leave_on_terminate = false",
                    "-bind=127.0.0.1",
                    "-client=127.0.0.1",
                    "-disable-host-node-id",
                    "-log-level=warn",
                    "-http-port=" + port),
                ports.stream())
            .toList();
    ChildProcess starting = ChildProcess.start(command, Map.of());
    process = starting;
    Peers.awaitReady("consul", starting, this::leads);
  }

  private boolean leads() {
    try {
      HttpMessage reply = get("/v1/status/leader");
      // An agent without a leader answers with an empty name, and refuses registrations.
      return reply.status() == 200 && reply.text().contains("127.0.0.1") && registrable();
    } catch (IOException e) {
      return false;
    }
  }

  private boolean registrable() throws IOException {
    // A leader that was just elected answers from an empty catalogue, unless asked like this.
    return get("/v1/health/node/nobody?consistent").status() == 200;
  }

  /**
   * Registers an instance of a service on 127.0.0.1 that is healthy until it is deregistered.
   *
   * @param service name, such as {@code api-service-tenant123}
   * @param instance id
   */
  public void register(String service, String instance, int servicePort) {
    put(
        "/v1/agent/service/register",
        "{\"Name\":\"%s\",\"ID\":\"%s\",\"Address\":\"127.0.0.1\",\"Port\":%d}"
            .formatted(service, instance, servicePort));
  }

  /** Takes an instance back. */
  public void deregister(String instance) {
    put("/v1/agent/service/deregister/" + instance, "");
  }

  private void put(String path, String body) {
    try {
      HttpMessage reply =
          HttpProbe.once(
              port,
              "PUT %s HTTP/1.1\r\nHost: consul\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(path, body.length(), body));
      if (reply.status() != 200) {
        throw new AssertionError("consul says " + reply.status() + " " + reply.text());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private HttpMessage get(String path) throws IOException {
    return HttpProbe.once(port, "GET " + path + " HTTP/1.1\r\nHost: consul\r\n\r\n");
  }

  /** Ends the agent. */
  @Override
  public void close() {
    kill();
    if (Files.exists(data)) {
      Peers.delete(data);
    }
  }
}
