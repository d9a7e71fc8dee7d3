package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.plugin.Failure;
import dev.aegis.model.Finding;
import dev.aegis.plugins.Plugins;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Plugins that come with the gateway, on the way of a request. */
final class RoutePluginsTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a.test\r\n";

  private static StubUpstream backend() throws Exception {
    return StubUpstream.start(
        (request, exchange) ->
            exchange.reply(200, List.of("X-Theirs: 1", "X-Kept: 1"), new byte[0]));
  }

  private static void use(
      GatewayInProcess gateway, String id, String plugin, Map<String, ?> config) {
    use(gateway, "tenants/a/plugins/", id, plugin, Map.of(), config);
  }

  private static void use(
      GatewayInProcess gateway,
      String where,
      String id,
      String plugin,
      Map<String, ?> more,
      Map<String, ?> config) {
    Map<String, Object> definition = new HashMap<>(more);
    definition.putAll(Map.of("id", id, "plugin", plugin, "config", config));
    gateway.put(where + id, definition);
  }

  @Test
  void changesWhatEachSideGetsInOrder() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      use(
          gateway,
          "b",
          "request_headers",
          Map.of("set", Map.of("X-A", "last"), "add", Map.of("X-B", "2")));
      use(
          gateway,
          "a",
          "request_headers",
          Map.of("set", Map.of("X-A", "first"), "remove", List.of("X-Gone")));
      use(
          gateway,
          "c",
          "response_headers",
          Map.of("set", Map.of("X-Theirs", "ours"), "add", Map.of("X-Kept", "2")));
      use(gateway, "d", "correlation_id", Map.of());
      caller.send(GET + "x_a: mine\r\nX-B: 1\r\nX-Gone: 1\r\nX-Correlation-Id: abc\r\n\r\n");
      HttpMessage reply = caller.read();
      assertThat(reply.fields("X-Theirs")).containsExactly("ours");
      assertThat(reply.fields("X-Kept")).containsExactly("1", "2");
      assertThat(reply.fields("X-Correlation-Id")).containsExactly("abc");
      HttpMessage request = backend.received().getFirst();
      assertThat(request.fields("X-A")).containsExactly("last");
      assertThat(request.fields("x_a")).isEmpty();
      assertThat(request.fields("X-B")).containsExactly("1", "2");
      assertThat(request.fields("X-Gone")).isEmpty();
      assertThat(request.fields("X-Correlation-Id")).containsExactly("abc");
      assertThat(gateway.pluginFailures()).isEmpty();
    }
  }

  @Test
  void letsCallersPassByTheirAddresses() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      use(gateway, "ip", "ip_restriction", Map.of("allow", List.of("10.0.0.0/8")));
      caller.send(GET + "\r\n");
      HttpMessage refused = caller.read();
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.text()).contains("\"plugin_refused\"");
      use(gateway, "ip", "ip_restriction", Map.of("allow", List.of("127.0.0.0/8")));
      caller.send(GET + "\r\n");
      assertThat(caller.read().status()).isEqualTo(200);
      use(
          gateway,
          "ip",
          "ip_restriction",
          Map.of("allow", List.of("127.0.0.0/8"), "deny", List.of("127.0.0.1")));
      caller.send(GET + "\r\n");
      assertThat(caller.read().status()).isEqualTo(403);
      assertThat(backend.received()).hasSize(1);
    }
  }

  @Test
  void theNearestOneOfAKindStandsInThePlaceOfTheOthers() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      use(gateway, "plugins/", "all", "correlation_id", Map.of(), Map.of("header", "X-All"));
      use(gateway, "tenant", "correlation_id", Map.of("header", "X-Tenants"));
      use(
          gateway,
          "tenants/a/plugins/",
          "route",
          "correlation_id",
          Map.of("route", "all"),
          Map.of("header", "X-Routes"));
      caller.send(GET + "\r\n");
      HttpMessage reply = caller.read();
      assertThat(reply.fields("X-Routes")).hasSize(1);
      assertThat(reply.fields("X-Tenants")).isEmpty();
      assertThat(reply.fields("X-All")).isEmpty();
    }
  }

  @Test
  void oneThatIsNotThereFailsAsItsDefinitionSays() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(new Plugins(Map.of(), List.of()));
      use(gateway, "x", "ip_restriction", Map.of("deny", List.of("127.0.0.1")));
      caller.send(GET + "\r\n");
      HttpMessage refused = caller.read();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text()).contains("\"plugin_failed\"");
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .containsExactly("there is no plugin \"ip_restriction\"; its routes get 503");
      use(
          gateway,
          "tenants/a/plugins/",
          "x",
          "ip_restriction",
          Map.of("on_failure", "open"),
          Map.of("deny", List.of("127.0.0.1")));
      caller.send(GET + "\r\n");
      assertThat(caller.read().status()).isEqualTo(200);
    }
  }

  @Test
  void faultsAreMadeOnPurposeAndSaidToBe() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      use(
          gateway,
          "f",
          "fault_injection",
          Map.of("percent", 100, "delay_ms", 50, "abort_status", 429, "header", "X-Fault"));
      caller.send(GET + "\r\n");
      assertThat(caller.read().status()).isEqualTo(200);
      caller.send(GET + "X-Fault: yes\r\n\r\n");
      HttpMessage refused = caller.read();
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.text()).contains("\"plugin_refused\"", "on purpose");
      assertThat(backend.received()).hasSize(1);
      assertThat(gateway.compiledFindings())
          .singleElement()
          .extracting(Finding::subject, Finding::message)
          .containsExactly("tenants/a/plugins/f", "requests wait or are refused on purpose");
    }
  }

  /** Far more at once than there are processors: none waits for another's end. */
  @Test
  void aDelayKeepsNoThreadThatOthersNeed() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe other = gateway.connect()) {
      use(
          gateway,
          "f",
          "fault_injection",
          Map.of("percent", 100, "delay_ms", 30_000, "header", "X-Fault"));
      List<HttpProbe> waiting = new ArrayList<>();
      try {
        for (int i = 0; i < 200; i++) {
          HttpProbe one = gateway.connect();
          waiting.add(one);
          one.send(GET + "X-Fault: yes\r\n\r\n");
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> gateway.active() == 200);
        other.send(GET + "\r\n");
        assertThat(other.read().status()).isEqualTo(200);
        assertThat(gateway.active()).isGreaterThanOrEqualTo(200);
      } finally {
        for (HttpProbe one : waiting) {
          one.close();
        }
      }
    }
  }

  @Test
  void requestsOfAnotherFormReachNoUpstream() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      Map<String, ?> body =
          Map.of(
              "required", List.of("item"), "properties", Map.of("item", Map.of("type", "string")));
      Map<String, ?> query =
          Map.of("properties", Map.of("limit", Map.of("type", "integer", "maximum", 100)));
      use(
          gateway,
          "v",
          "request_validation",
          Map.of("body", body, "query", query, "status", 422, "max_bytes", 50));
      assertThat(gateway.compiledFindings()).isEmpty();
      HttpMessage wrong = post(gateway, "/", "{\"item\":7}");
      assertThat(wrong.status()).isEqualTo(422);
      assertThat(wrong.text())
          .contains("\"plugin_refused\"", "The body has another form: /item (type)");
      assertThat(post(gateway, "/?limit=500", "{\"item\":\"a\"}").text())
          .contains("The query has another form: /limit (maximum)");
      assertThat(post(gateway, "/", "{\"item\":\"" + "a".repeat(50) + "\"}").status())
          .isEqualTo(413);
      assertThat(backend.received()).isEmpty();
      assertThat(post(gateway, "/?limit=50", "{\"item\": \"a\"}").status()).isEqualTo(200);
      assertThat(backend.received().getFirst().text()).isEqualTo("{\"item\": \"a\"}");
    }
  }

  @Test
  void requestsThatAnOpenApiDocumentDoesNotHaveReachNoUpstream() throws Exception {
    Map<String, ?> id =
        Map.of("name", "id", "in", "path", "required", true, "schema", Map.of("type", "integer"));
    Map<String, ?> json =
        Map.of("application/json", Map.of("schema", Map.of("$ref", "#/components/schemas/Order")));
    Map<String, ?> post = Map.of("parameters", List.of(id), "requestBody", Map.of("content", json));
    Map<String, ?> order =
        Map.of("required", List.of("item"), "description", "long ".repeat(40_000));
    Map<String, ?> document =
        Map.of(
            "openapi", "3.1.1",
            "paths", Map.of("/orders/{id}", Map.of("post", post)),
            "components", Map.of("schemas", Map.of("Order", order)));
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      use(gateway, "v", "request_validation", Map.of("openapi", document, "base_path", "/v1"));
      assertThat(gateway.compiledFindings()).isEmpty();
      assertThat(post(gateway, "/v1/other", "{}").status()).isEqualTo(404);
      assertThat(post(gateway, "/v1/orders/x", "{}").text())
          .contains("The path has another form: /id (type)");
      assertThat(post(gateway, "/v1/orders/7", "{}").text())
          .contains("The body has another form: /item (required)");
      caller.send("GET /v1/orders/7 HTTP/1.1\r\nHost: a.test\r\n\r\n");
      HttpMessage other = caller.read();
      assertThat(other.status()).isEqualTo(405);
      assertThat(other.text()).contains("\"plugin_refused\"", "The path takes POST");
      assertThat(backend.received()).isEmpty();
      assertThat(post(gateway, "/v1/orders/%37", "{\"item\":1}").status()).isEqualTo(200);
      assertThat(backend.received()).hasSize(1);
    }
  }

  private static HttpMessage post(GatewayInProcess gateway, String target, String body)
      throws Exception {
    return HttpProbe.once(
        gateway.port(),
        "POST "
            + target
            + " HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  @Test
  void whatIsTooMuchInAllIsAFailureOfTheLaterOne() throws Exception {
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      for (String plugin : List.of("request_headers", "response_headers")) {
        for (String id : List.of("a", "b", "c")) {
          Map<String, ?> open = Map.of("on_failure", "open");
          Map<String, ?> add = Map.of("add", Map.of("X-Long", "l".repeat(6000), "X-" + id, id));
          use(gateway, "tenants/a/plugins/", plugin.substring(0, 3) + id, plugin, open, add);
        }
      }
      caller.send(GET + "\r\n");
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.fields("X-Long")).hasSize(2);
      assertThat(reply.fields("X-c")).isEmpty();
      HttpMessage request = backend.received().getFirst();
      assertThat(request.fields("X-Long")).hasSize(2);
      assertThat(request.fields("X-c")).isEmpty();
      assertThat(gateway.pluginFailures()).extracting(Failure::id).containsExactly("reqc", "resc");
      use(gateway, "reqc", "request_headers", Map.of("add", Map.of("X-Long", "l".repeat(6000))));
      caller.send(GET + "\r\n");
      HttpMessage closed = caller.read();
      assertThat(closed.status()).isEqualTo(503);
      assertThat(closed.text()).contains("\"plugin_failed\"");
    }
  }
}
