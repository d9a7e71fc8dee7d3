package dev.aegis.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalWriter;
import dev.aegis.bus.Topics;
import dev.aegis.journal.Change;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.Repository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The gateway as its own process on one processor, with everything on: tenant match, RS256 token,
 * roles, a local rate limit that is never reached, metrics, access log, and events to a real Kafka.
 */
final class Gateway implements Served {
  /** Where a token is asked for. */
  static final String PATH = "/api/v1/orders";

  /** Where none is. */
  static final String OPEN_PATH = "/open";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ISSUER = "https://bench.aegis.test";

  private final ChildProcess process;
  private final int port;
  private final Jwts.Key key;
  private final String token;

  private Gateway(ChildProcess process, int port, Jwts.Key key) {
    this.process = process;
    this.port = port;
    this.key = key;
    this.token = token("alice");
  }

  static Gateway start(Path data, int processor, KafkaPeer kafka, int backendPort)
      throws BusUnavailable, InterruptedException {
    return start(data, processor, kafka, backendPort, Map.of());
  }

  /** One with more settings, by the names of their variables. */
  static Gateway start(
      Path data, int processor, KafkaPeer kafka, int backendPort, Map<String, String> more)
      throws BusUnavailable, InterruptedException {
    Jwts.Key key = Jwts.key("bench", "RS256");
    BusSettings bus = new BusSettings(kafka.bootstrap(), "bench");
    Topics.ensure(bus);
    try (JournalWriter journal = new JournalWriter(bus)) {
      publish(journal, backendPort, key);
    }
    int port = FreePorts.next();
    Map<String, String> environment = new HashMap<>(more);
    environment.put("AEGIS_GATEWAY_PORT", Integer.toString(port));
    ChildProcess process =
        launch(List.of("taskset", "-c", Integer.toString(processor)), data, kafka, environment);
    return new Gateway(process, port, key);
  }

  /** The process, once it is ready; {@code before} stands before its command. */
  static ChildProcess launch(
      List<String> before, Path data, KafkaPeer kafka, Map<String, String> more)
      throws InterruptedException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Path options = Repository.root().resolve("services/gateway/jvm.options");
    if (Files.exists(options)) {
      command.add("@" + options);
    }
    command.addAll(List.of("-cp", Repository.classPath("services/gateway")));
    command.add("dev.aegis.gateway.GatewayMain");
    Map<String, String> environment = new HashMap<>(more);
    environment.put("AEGIS_DATA", data.toString());
    environment.put("AEGIS_KAFKA_BOOTSTRAP", kafka.bootstrap());
    environment.put("AEGIS_MASTER_KEY", MasterKey.newText());
    environment.put("AEGIS_GATEWAY_TLS_PORT", "0");
    environment.put("AEGIS_GATEWAY_MANAGEMENT_PORT", "0");
    ChildProcess process = ChildProcess.start(command, environment);
    process.awaitLine(Pattern.compile("gateway is ready"), Duration.ofMinutes(2));
    return process;
  }

  @Override
  public boolean warmsUp() {
    return true;
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public List<Long> pids() {
    return List.of(process.pid());
  }

  /** A token of its own for each subject, good for an hour (RS256, about 600 bytes). */
  String token(String subject) {
    return key.token(
        Jwts.claims(
            ISSUER, "tenant123", subject, List.of("reader"), Instant.now(), Duration.ofHours(1)));
  }

  /** What each request must show. */
  Map<String, String> headers() {
    return Map.of("Host", "tenant123.example.com", "Authorization", "Bearer " + token);
  }

  private static void publish(JournalWriter journal, int backendPort, Jwts.Key key)
      throws BusUnavailable, InterruptedException {
    String own = "tenants/tenant123";
    put(journal, own, Map.of("id", "tenant123", "name", "Bench"));
    put(
        journal,
        own + "/upstreams/orders",
        Map.of(
            "id", "orders", "targets", List.of(Map.of("url", "http://127.0.0.1:" + backendPort))));
    put(
        journal,
        own + "/routes/orders",
        Map.of("id", "orders", "paths", List.of("/api/v1/orders/**"), "upstream", "orders"));
    put(
        journal,
        own + "/routes/open",
        Map.of("id", "open", "paths", List.of(OPEN_PATH), "upstream", "orders", "auth", "none"));
    put(
        journal,
        own + "/issuers/bench",
        Map.of(
            "id",
            "bench",
            "issuer",
            ISSUER,
            "algorithms",
            List.of("RS256"),
            "public_keys",
            List.of(key.jwk())));
    put(
        journal,
        own + "/roles/reader",
        Map.of(
            "id",
            "reader",
            "permissions",
            List.of(Map.of("methods", List.of("GET"), "paths", List.of("/api/v1/**")))));
    put(
        journal,
        own + "/plugins/plenty",
        Map.of(
            "id",
            "plenty",
            "plugin",
            "rate_limit",
            "config",
            Map.of("limit", 1_000_000_000, "window_seconds", 3600)));
  }

  static void put(JournalWriter journal, String key, Map<String, ?> definition)
      throws BusUnavailable, InterruptedException {
    journal.append(
        new Change(
            ObjectKey.parse(key),
            JSON.convertValue(definition, ObjectNode.class),
            Change.ANY,
            "bench",
            Instant.now()));
  }

  @Override
  public void close() {
    process.terminate();
    process.close();
  }
}
