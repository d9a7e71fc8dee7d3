package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.plugin.Plugin;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.HostilePlugin;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stack of compose as processes, and a real Prometheus that watches it: callers are served
 * through both gateways, and each query of each panel and rule has an answer.
 */
final class DashboardsTest {
  private static final Duration BOUND = Duration.ofMinutes(2);
  private static final Pattern SECRET = Pattern.compile("aegis_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}");

  private static final Pattern FAMILY = Pattern.compile("(?m)^# TYPE (\\S+)");

  @TempDir Path folder;

  @Test
  void theStackServesAndEveryQueryHasAnAnswer() throws Exception {
    hostilePlugin();
    try (ComposedStack stack = new ComposedStack(folder);
        Prometheus prometheus = new Prometheus(folder.resolve("prometheus"), targets(stack))) {
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
      assertThat(prometheus.hasExemplar("aegis_request_duration_seconds_bucket")).isTrue();
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
