package dev.aegis.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
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
  private final List<String> more;
  private final String token;
  private final int tlsPort;
  private @Nullable ChildProcess process;

  private ConsulPeer(List<String> more, String token, int tlsPort) {
    this.more = more;
    this.token = token;
    this.tlsPort = tlsPort;
  }

  /** A server with ports of its own. */
  public static ConsulPeer start() {
    return started(new ConsulPeer(List.of(), "", 0));
  }

  /** A server that shows nobody anything without a token, see {@link #readerToken}. */
  public static ConsulPeer guarded() {
    String token = UUID.randomUUID().toString();
    return started(
        new ConsulPeer(
            List.of(
                "-hcl=acl { enabled = true default_policy = \"deny\""
                    + " tokens { master = \"%s\" agent = \"%s\" } }".formatted(token, token)),
            token,
            0));
  }

  /**
   * A server that is also reached over TLS, see {@link #tlsUrl}.
   *
   * @param certificate PEM file
   * @param key PEM file
   */
  public static ConsulPeer secured(Path certificate, Path key) {
    int tlsPort = FreePorts.next();
    return started(
        new ConsulPeer(
            List.of(
                "-hcl=ports { https = %d }".formatted(tlsPort),
                "-hcl=cert_file = \"%s\"".formatted(certificate),
                "-hcl=key_file = \"%s\"".formatted(key)),
            "",
            tlsPort));
  }

  private static ConsulPeer started(ConsulPeer peer) {
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

  /** Where clients of a {@link #secured} server connect, as {@code https://localhost:PORT}. */
  public String tlsUrl() {
    return "https://localhost:" + tlsPort;
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
        Stream.of(
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
                ports.stream(),
                more.stream())
            .flatMap(arguments -> arguments)
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
    register(service, instance, servicePort, "{}");
  }

  /**
   * The same with more to say.
   *
   * @param more a JSON object with members of Consul's registration, such as {@code Tags}
   */
  public void register(String service, String instance, int servicePort, String more) {
    String members = more.strip().substring(1);
    put(
        "/v1/agent/service/register",
        "{\"Name\":\"%s\",\"ID\":\"%s\",\"Address\":\"127.0.0.1\",\"Port\":%d%s%s"
            .formatted(service, instance, servicePort, members.equals("}") ? "" : ",", members));
  }

  /** A token that may read services whose name begins so, and all nodes. */
  public String readerToken(String services) {
    String policy = "reader-" + UUID.randomUUID();
    put(
        "/v1/acl/policy",
        ("{\"Name\":\"%s\",\"Rules\":\"service_prefix \\\"%s\\\" { policy = \\\"read\\\" }"
                + " node_prefix \\\"\\\" { policy = \\\"read\\\" }\"}")
            .formatted(policy, services));
    String reply = put("/v1/acl/token", "{\"Policies\":[{\"Name\":\"%s\"}]}".formatted(policy));
    String member = "\"SecretID\":\"";
    int at = reply.indexOf(member) + member.length();
    return reply.substring(at, reply.indexOf('"', at));
  }

  /** Takes an instance back. */
  public void deregister(String instance) {
    put("/v1/agent/service/deregister/" + instance, "");
  }

  private String put(String path, String body) {
    try {
      HttpMessage reply =
          HttpProbe.once(
              port,
              "PUT %s HTTP/1.1\r\nHost: consul\r\nX-Consul-Token: %s\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(path, token, body.length(), body));
      if (reply.status() != 200) {
        throw new AssertionError("consul says " + reply.status() + " " + reply.text());
      }
      return reply.text();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private HttpMessage get(String path) throws IOException {
    return HttpProbe.once(
        port,
        "GET %s HTTP/1.1\r\nHost: consul\r\nX-Consul-Token: %s\r\n\r\n".formatted(path, token));
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
