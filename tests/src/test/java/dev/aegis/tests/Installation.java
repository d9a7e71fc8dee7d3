package dev.aegis.tests;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.MasterKey;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.Processes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * An installation of separate processes: a real Kafka, and each service as {@code ./aegis} would
 * start it alone. One tenant, {@code acme}, with a role for everything and one issuer.
 */
final class Installation implements AutoCloseable {
  static final String HOST = "acme.example.com";
  private static final String ISSUER = "https://idp.test";
  private static final Duration BOUND = Duration.ofSeconds(90);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path data;
  private final Map<String, String> shared;
  private final KafkaPeer kafka = KafkaPeer.start();
  private final String masterKey = MasterKey.newText();
  private final String adminToken = MasterKey.newText();
  private final Jwts.Key key = Jwts.key("main", "RS256");
  private final Map<String, ChildProcess> processes = new HashMap<>();
  private final Map<String, Integer> ports = new HashMap<>();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * @param data folder that each process gets a folder of its own in
   */
  Installation(Path data) {
    this(data, Map.of());
  }

  /**
   * @param data folder that each process gets a folder of its own in
   * @param shared settings of all processes beside their own
   */
  Installation(Path data, Map<String, String> shared) {
    this.data = data;
    this.shared = shared;
  }

  KafkaPeer kafka() {
    return kafka;
  }

  /**
   * Starts a service and waits until it says that it is ready.
   *
   * @param name the service's, with {@code -2} for a second process of it
   */
  void start(String name) throws InterruptedException {
    String service = name.replace("-2", "");
    String main =
        switch (service) {
          case "gateway" -> "dev.aegis.gateway.GatewayMain";
          case "admin" -> "dev.aegis.admin.AdminMain";
          case "analytics" -> "dev.aegis.analytics.AnalyticsMain";
          default -> throw new IllegalArgumentException(service);
        };
    ChildProcess process =
        Processes.java("services/" + service, main, List.of(), environment(name));
    processes.put(name, process);
    process.awaitLine(Pattern.compile(service + " is ready"), BOUND);
  }

  private Map<String, String> environment(String name) {
    Map<String, String> environment = new HashMap<>(shared);
    environment.put("AEGIS_DATA", data.resolve(name).toString());
    environment.put("AEGIS_NODE", "node-of-" + name);
    environment.put("AEGIS_KAFKA_BOOTSTRAP", kafka.bootstrap());
    environment.put("AEGIS_MASTER_KEY", masterKey);
    switch (name) {
      case "gateway", "gateway-2" -> {
        environment.put("AEGIS_GATEWAY_PORT", port(name));
        environment.put("AEGIS_GATEWAY_MANAGEMENT_PORT", port(name + "-management"));
        environment.put("AEGIS_GATEWAY_TLS_PORT", "0");
      }
      case "admin", "admin-2" -> {
        environment.put("AEGIS_ADMIN_PORT", port(name));
        environment.put("AEGIS_ADMIN_MANAGEMENT_PORT", port(name + "-management"));
        environment.put("AEGIS_ADMIN_TOKEN", adminToken);
        environment.put("AEGIS_ANALYTICS_URL", "http://127.0.0.1:" + port("analytics"));
        environment.put(
            "AEGIS_GATEWAY_MANAGEMENT_URL", "http://127.0.0.1:" + port("gateway-management"));
      }
      default -> environment.put("AEGIS_ANALYTICS_PORT", port("analytics"));
    }
    return environment;
  }

  private String port(String name) {
    return Integer.toString(ports.computeIfAbsent(name, each -> FreePorts.next()));
  }

  /** The state of the configuration that a process has saved. */
  Path fold(String name) {
    return data.resolve(name).resolve(name.replace("-2", "")).resolve("fold.jsonl");
  }

  ChildProcess process(String service) {
    return processes.get(service);
  }

  /** Where a gateway is found. */
  SteadyLoad.Gateway at(String gateway) {
    return new SteadyLoad.Gateway(
        Integer.parseInt(port(gateway)), Integer.parseInt(port(gateway + "-management")));
  }

  /** Where callers connect. */
  URI gateway(String path) {
    return URI.create("http://127.0.0.1:" + port("gateway") + path);
  }

  /** Where callers open a WebSocket. */
  URI socket(String path) {
    return URI.create("ws://127.0.0.1:" + port("gateway") + path);
  }

  /** A token of {@code alice}, good for an hour. */
  String token() {
    return token(Map.of());
  }

  /** The same with other claims, or more of them. */
  String token(Map<String, ?> more) {
    long now = Instant.now().getEpochSecond();
    Map<String, Object> claims = new HashMap<>();
    claims.put("iss", ISSUER);
    claims.put("sub", "alice");
    claims.put("tenant_id", "acme");
    claims.put("role_ids", List.of("everything"));
    claims.put("iat", now);
    claims.put("exp", now + 3600);
    claims.putAll(more);
    return key.token(claims);
  }

  /** Asks a gateway as a caller of the tenant. */
  HttpResponse<String> ask(String gateway, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(gateway) + path))
            .timeout(Duration.ofSeconds(20))
            .header("Host", HOST);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Publishes the tenant, with its backend at {@code backend}, and waits until it is in force. */
  void publish(URI backend) throws IOException, InterruptedException {
    publish(
        Map.of("id", "api-service-acme", "targets", List.of(Map.of("url", backend.toString()))));
  }

  /** Publishes the tenant, with this upstream, and waits until it is in force. */
  void publish(Map<String, ?> upstream) throws IOException, InterruptedException {
    created("tenants", Map.of("id", "acme", "name", "Acme"));
    created("tenants/acme/upstreams", upstream);
    created(
        "tenants/acme/issuers",
        Map.of(
            "id",
            "main",
            "issuer",
            ISSUER,
            "algorithms",
            List.of("RS256"),
            "public_keys",
            List.of(key.jwk())));
    HttpResponse<String> last =
        admin(
            "POST",
            "tenants/acme/roles?wait=applied",
            Map.of("id", "everything", "permissions", List.of(Map.of("paths", List.of("/**")))));
    if (last.statusCode() != 201
        || !JSON.readTree(last.body()).at("/applied/complete").asBoolean()) {
      throw new AssertionError(last.statusCode() + " " + last.body());
    }
  }

  /** Publishes a route of the tenant that asks nobody who it is, and waits until it is in force. */
  void openRoute(String path) throws IOException, InterruptedException {
    created(
        "tenants/acme/routes?wait=applied",
        Map.of(
            "id", "open", "paths", List.of(path), "upstream", "api-service-acme", "auth", "none"));
  }

  private void created(String collection, Map<String, ?> object)
      throws IOException, InterruptedException {
    HttpResponse<String> reply = admin("POST", collection, object);
    if (reply.statusCode() != 201) {
      throw new AssertionError(reply.statusCode() + " " + reply.body());
    }
  }

  /** Asks the admin API. */
  HttpResponse<String> admin(String method, String path, Map<String, ?> body, String... headers)
      throws IOException, InterruptedException {
    return adminAt("admin", method, path, body, headers);
  }

  /** Asks one instance of the admin API, {@code admin} or {@code admin-2}. */
  HttpResponse<String> adminAt(
      String instance, String method, String path, Map<String, ?> body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(instance) + "/admin/" + path))
            .timeout(Duration.ofSeconds(20))
            .header("Authorization", "Bearer " + adminToken)
            .header("Content-Type", "application/json");
    if (headers.length > 0) {
      request.headers(headers);
    }
    request.method(
        method,
        body.isEmpty()
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofByteArray(
                JSON.writeValueAsBytes(JSON.convertValue(body, ObjectNode.class))));
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Whether the gateway has a backend's answer to this path, which needs no token. */
  boolean answers(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(gateway(path)).header("Host", HOST).build();
    return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
  }

  /** How many events the gateway says wait on its disk. */
  long spooled() throws IOException, InterruptedException {
    return metric("gateway", "aegis_events_spooled ");
  }

  /** What a gateway's metrics say behind this, 0 when they say nothing. */
  long metric(String gateway, String name) throws IOException, InterruptedException {
    URI metrics = URI.create("http://127.0.0.1:" + port(gateway + "-management") + "/metrics");
    String text =
        client
            .send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    return text.lines()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length())))
        .sum();
  }

  /** How many requests analytics has counted, or -1 while it cannot say. */
  long counted() throws IOException, InterruptedException {
    HttpResponse<String> reply = admin("GET", "analytics/usage?tenant=acme", Map.of());
    if (reply.statusCode() != 200) {
      return -1;
    }
    JsonNode usage = JSON.readTree(reply.body()).path("usage").path(0);
    return usage.path("total").path("requests").asLong();
  }

  /** Waits until analytics has read all events there are, and says how many requests they were. */
  long settled(long expected) {
    await()
        .atMost(BOUND)
        .pollInterval(Duration.ofMillis(250))
        .ignoreException(IOException.class)
        .until(
            () -> {
              HttpResponse<String> reply = admin("GET", "analytics/usage?tenant=acme", Map.of());
              JsonNode body = JSON.readTree(reply.body());
              return reply.statusCode() == 200
                  && body.at("/coverage/lag_records").asLong(-1) == 0
                  && body.at("/usage/0/total/requests").asLong() >= expected;
            });
    try {
      return counted();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    processes.values().forEach(ChildProcess::close);
    kafka.close();
    client.close();
  }
}
