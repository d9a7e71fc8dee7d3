package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.plugin.Plugin;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.HostilePlugin;
import dev.aegis.testkit.OtlpReceiver;
import dev.aegis.testkit.Peers;
import dev.aegis.testkit.PluginSource;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stack of compose as processes, and what watches it: a real Prometheus, and a receiver of
 * traces.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ObservedStackTest {
  private static final Duration BOUND = Duration.ofMinutes(2);
  private static final Pattern SECRET = Pattern.compile("aegis_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}");

  private static final Pattern FAMILY = Pattern.compile("(?m)^# TYPE (\\S+)");

  private static final ObjectMapper JSON = new ObjectMapper();

  private Path folder;
  private OtlpReceiver traces;
  private ComposedStack stack;
  private Prometheus prometheus;

  @BeforeAll
  void start(@TempDir Path own) throws Exception {
    folder = own;
    hostilePlugin();
    traces = OtlpReceiver.start();
    stack =
        new ComposedStack(
            folder,
            Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", traces.url(), "AEGIS_TRACING_SAMPLE_RATE", "1"));
    prometheus = new Prometheus(folder.resolve("prometheus"), targets(stack));
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable each : Arrays.asList(prometheus, stack, traces)) {
      if (each != null) {
        each.close();
      }
    }
  }

  /** Callers are served through both gateways, and each query of each panel and rule answers. */
  @Test
  void theStackServesAndEveryQueryHasAnAnswer() throws Exception {
    String key = key(stack.demo());
    publish(stack);
    for (String gateway : List.of("gateway-a", "gateway-b")) {
      await(gateway).atMost(BOUND).until(() -> ask(stack, gateway, "/api/v1/orders", key) == 200);
      assertThat(stack.ask(gateway, "tenant123", "/x", "X-API-Key", key).body())
          .contains("api-service-tenant123", "alice", "reader");
    }
    traffic(stack, key);
    stack
        .process("receiver")
        .awaitLine(
            Pattern.compile("webhook received: id=\\S+ timestamp=\\d+ signature=v1,"), BOUND);

    List<Dashboards.Query> queries = new ArrayList<>();
    Dashboards.ofPanels().forEach(query -> queries.add(query.ofAll()));
    queries.addAll(Dashboards.ofRules("record"));
    Dashboards.ofRules("alert").forEach(query -> queries.add(query.asked()));
    assertThat(queries).hasSizeGreaterThan(100);
    await()
        .atMost(BOUND)
        .pollInterval(Duration.ofSeconds(2))
        .untilAsserted(
            () -> {
              traffic(stack, key);
              List<Dashboards.Query> silent = new ArrayList<>();
              for (Dashboards.Query query : queries) {
                if (!prometheus.answers(query)) {
                  silent.add(query);
                }
              }
              assertThat(silent).isEmpty();
            });
    assertThat(prometheus.now("up == 0")).isEmpty();
    assertThat(prometheus.now("count(up)").at("/0/value/1").asText()).isEqualTo("6");
    Set<String> told = new TreeSet<>(Set.of("up"));
    Dashboards.ofRules("record").forEach(rule -> told.add(rule.where()));
    for (List<String> addresses : targets(stack).values()) {
      for (String address : addresses) {
        String metrics = metrics(address);
        wellFormed(metrics);
        FAMILY.matcher(metrics).results().forEach(family -> told.add(family.group(1)));
      }
    }
    // What has "or vector(0)" behind it answers also where nobody tells it.
    for (Dashboards.Query query : queries) {
      assertThat(told).as(query.toString()).containsAll(query.metrics());
    }
  }

  /**
   * A request that a limit refused, by its id: in the log, an exemplar of the metrics, a trace, its
   * event, the webhook and the analytics.
   */
  @Test
  void oneRequestCanBeFollowedByItsId() throws Exception {
    String backend = stack.address("backend-a", 9000);
    stack.publish("tenants", "{\"id\":\"followed\",\"name\":\"Followed\"}");
    String own = "tenants/followed/";
    stack.publish(
        own + "upstreams", "{\"id\":\"api\",\"targets\":[{\"url\":\"http://" + backend + "\"}]}");
    stack.publish(own + "routes", route("all", "/**", "api", ""));
    stack.publish(
        own + "plugins",
        "{\"id\":\"once\",\"plugin\":\"rate_limit\","
            + "\"config\":{\"limit\":1,\"window_seconds\":3600}}");
    stack.publish(
        own + "webhooks",
        "{\"id\":\"w\",\"url\":\"http://"
            + stack.address("receiver", 9000)
            + "/webhooks\",\"events\":[\"rate_limit.exceeded\"]}");
    assertThat(stack.ask("gateway-a", "followed", "/first").statusCode()).isEqualTo(200);
    // A bucket of the metrics names one request of a second; it is not to be the first one.
    long second = Instant.now().getEpochSecond();
    await().atMost(BOUND).until(() -> Instant.now().getEpochSecond() > second);
    HttpResponse<String> refused = stack.ask("gateway-a", "followed", "/second");
    assertThat(refused.statusCode()).isEqualTo(429);
    String id = refused.headers().firstValue("X-Request-Id").orElseThrow();

    JsonNode line = eventually("log", () -> inTheLog(id));
    assertThat(line.path("tenant_id").asText()).isEqualTo("followed");
    assertThat(line.path("code").asText()).isEqualTo("rate_limited");
    String trace = line.path("trace_id").asText();
    assertThat(trace).matches("[0-9a-f]{32}");

    JsonNode event = eventually("event", () -> event(id));
    assertThat(event.path("trace_id").asText()).isEqualTo(trace);
    assertThat(event.path("status").asInt()).isEqualTo(429);

    JsonNode exemplar = eventually("exemplar", () -> prometheus.exemplar("request_id", id));
    assertThat(exemplar.at("/labels/trace_id").asText()).isEqualTo(trace);

    OtlpReceiver.Received request = eventually("trace", () -> span(trace, "aegis.request_id", id));
    assertThat(request.about()).containsEntry("http.response.status_code", "429");
    OtlpReceiver.Received delivery =
        eventually("webhook in the trace", () -> span(trace, "aegis.webhook.id", "w"));
    assertThat(delivery.parent()).isEqualTo(request.id());

    stack
        .process("receiver")
        .awaitLine(Pattern.compile(".*\"request_id\":\"" + Pattern.quote(id) + "\".*"), BOUND);

    JsonNode slowest = eventually("analytics", () -> inTheAnalytics(id));
    assertThat(slowest.at("/slowest/duration_ms").asDouble()).isPositive();
  }

  private static <T> T eventually(String what, Callable<@Nullable T> find) {
    return await(what).atMost(BOUND).until(find, Objects::nonNull);
  }

  private @Nullable JsonNode inTheLog(String id) throws Exception {
    for (JsonNode line : stack.admin("logs?tenant=followed&request_id=" + id).path("items")) {
      return line;
    }
    return null;
  }

  private @Nullable JsonNode inTheAnalytics(String id) throws Exception {
    JsonNode answer =
        stack.admin("analytics/top?tenant=followed&group_by=status_class&metric=slowest");
    for (JsonNode group : answer.path("top")) {
      if (group.at("/slowest/request_id").asText().equals(id)) {
        return group;
      }
    }
    return null;
  }

  private OtlpReceiver.@Nullable Received span(String trace, String name, String value) {
    return traces.spans().stream()
        .filter(each -> each.trace().equals(trace) && value.equals(each.about().get(name)))
        .findAny()
        .orElse(null);
  }

  /** The event of that request, of all that Kafka has. */
  private @Nullable JsonNode event(String id) throws Exception {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", stack.kafka()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor("aegis.requests").stream()
              .map(each -> new TopicPartition(each.topic(), each.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          JsonNode event = JSON.readTree(record.value());
          if (event.path("request_id").asText().equals(id)) {
            return event;
          }
        }
      }
    }
    return null;
  }

  /** One that throws, in the folder that all gateways share. */
  private void hostilePlugin() throws IOException {
    PluginSource source =
        new PluginSource(
            Files.createDirectories(folder.resolve("source")),
            Plugin.class,
            "Hostile",
            HostilePlugin.SOURCE);
    source.pack(Files.createDirectories(folder.resolve("plugins")).resolve("hostile.jar"), "1");
  }

  /** What the demo has not: a dead target, a kept reply, a plugin that fails, a certificate. */
  private void publish(ComposedStack stack) throws Exception {
    String own = "tenants/tenant456/";
    stack.publish(
        own + "upstreams", "{\"id\":\"dead\",\"targets\":[{\"url\":\"http://127.0.0.1:1\"}]}");
    stack.publish(own + "routes", route("dead", "/dead", "dead", ""));
    stack.publish(own + "routes", route("kept", "/kept", "api", ",\"cache\":{}"));
    stack.publish(own + "routes", route("hostile", "/hostile", "api", ""));
    stack.publish(
        own + "plugins",
        "{\"id\":\"h\",\"plugin\":\"hostile\",\"route\":\"hostile\",\"on_failure\":\"open\","
            + "\"config\":{\"mode\":\"throws\"}}");
    stack.publish(own + "certificates", certificate());
  }

  private static String route(String id, String path, String upstream, String more) {
    return "{\"id\":\"%s\",\"paths\":[\"%s\"],\"upstream\":\"%s\",\"auth\":\"none\"%s}"
        .formatted(id, path, upstream, more);
  }

  private String certificate() throws Exception {
    Path key = folder.resolve("key.pem");
    Path certificate = folder.resolve("certificate.pem");
    List<String> command =
        List.of(
            Peers.program("openssl", "AEGIS_TEST_OPENSSL").toString(),
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            key.toString(),
            "-out",
            certificate.toString(),
            "-days",
            "30",
            "-subj",
            "/CN=shop.test",
            "-addext",
            "subjectAltName=DNS:shop.test");
    try (ChildProcess openssl = ChildProcess.start(command, Map.of())) {
      assertThat(openssl.awaitExit(BOUND)).as(openssl.output()).isZero();
    }
    return "{\"id\":\"shop\",\"hosts\":[\"shop.test\"],\"certificate\":\"%s\",\"private_key\":\"%s\"}"
        .formatted(
            Documents.text(certificate).replace("\n", "\\n"),
            Documents.text(key).replace("\n", "\\n"));
  }

  /** Requests of every kind that something counts. */
  private static void traffic(ComposedStack stack, String key) throws Exception {
    for (String gateway : List.of("gateway-a", "gateway-b")) {
      assertThat(ask(stack, gateway, "/api/v1/orders", key)).isEqualTo(200);
      assertThat(ask(stack, gateway, "/api/v1/orders", "none")).isEqualTo(401);
      for (int i = 0; i < 4; i++) {
        assertThat(ask(stack, gateway, "/api/v1/limited/x", key)).isIn(200, 429);
      }
      assertThat(stack.ask(gateway, "tenant456", "/dead").statusCode()).isIn(502, 503);
      assertThat(stack.ask(gateway, "tenant456", "/kept").statusCode()).isEqualTo(200);
      assertThat(stack.ask(gateway, "tenant456", "/hostile").statusCode()).isEqualTo(200);
    }
  }

  private static int ask(ComposedStack stack, String gateway, String path, String key)
      throws IOException, InterruptedException {
    return stack.ask(gateway, "tenant123", path, "X-API-Key", key).statusCode();
  }

  /** The key of the first tenant, of what the container of the demo prints. */
  private static String key(String said) {
    Matcher secret = SECRET.matcher(said);
    assertThat(secret.find()).as(said).isTrue();
    return secret.group();
  }

  private static Map<String, List<String>> targets(ComposedStack stack) {
    Map<String, List<String>> targets = new LinkedHashMap<>();
    targets.put(
        "gateway:8100",
        List.of(stack.address("gateway-a", 8100), stack.address("gateway-b", 8100)));
    targets.put("admin:4568", List.of(stack.address("admin", 4568)));
    targets.put("analytics:4570", List.of(stack.address("analytics", 4570)));
    targets.put("webhook-dispatcher:4580", List.of(stack.address("webhook-dispatcher", 4580)));
    return targets;
  }

  private static String metrics(String address) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + address + "/metrics");
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  /** Whether Prometheus' own tool finds nothing to say about metrics. */
  private static void wellFormed(String metrics) throws Exception {
    List<String> command =
        List.of(Peers.program("promtool", "AEGIS_TEST_PROMTOOL").toString(), "check", "metrics");
    try (ChildProcess promtool = ChildProcess.start(command, Map.of())) {
      try (var in = promtool.input()) {
        in.write(metrics.getBytes(StandardCharsets.UTF_8));
      }
      assertThat(promtool.awaitExit(BOUND)).as(promtool.output()).isZero();
    }
  }
}
