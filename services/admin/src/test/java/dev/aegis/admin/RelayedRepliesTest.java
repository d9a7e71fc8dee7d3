package dev.aegis.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.testkit.KafkaPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What other services answer is passed on as the description says. */
final class RelayedRepliesTest {
  private static final String EARS = "/admin/tenants/acme/webhooks/ears";

  /** What the others answer, by the end of what they are asked. */
  private static final Map<String, String> ANSWERS =
      Map.of(
          "explain",
          """
          {"node": "gateway-1", "revision": 7, "outcome": "admitted", "refusal": null,
           "tenant": "a", "route": {"id": null, "auth": "jwt", "authorization": "enforce"},
           "identity": {"subject": "alice", "tenant": "a", "roles": ["reader"]},
           "rbac": {"outcome": "allowed",
                    "rule": {"role": "base", "inherited_through": ["reader"],
                             "permission": 0, "path": "/api/y/**", "effect": "allow"},
                    "why": "permission 0 of role \\"base\\" allows /api/y/**"},
           "external_authorization": null,
           "limits": [{"id": "two", "limit": 2, "remaining": 2, "reset_seconds": 60}],
           "plugins": [{"id": "door", "plugin": "ip_restriction", "phases": ["authorize"],
                        "order": 100, "on_failure": "closed", "state": "in_force",
                        "scope": {"tenant": "a", "route": "all", "upstream": null}},
                       {"id": "two", "plugin": "rate_limit", "phases": ["limits"]}],
           "upstream": "u", "upstream_path": "/api/y/~z", "target": null, "circuit": null}
          """,
          "deliveries",
          """
          {"items": [{"id": "d", "webhook_id": "m", "type": "webhook.test", "state": "failed",
                      "reason": "attempts", "created_at": "2026-01-02T03:04:05Z",
                      "next_attempt_at": null, "replay_of": null,
                      "attempts": [{"at": "2026-01-02T03:04:05Z", "latency_ms": 3,
                                    "status": 500, "error": "status"},
                                   {"at": "2026-01-02T03:04:06Z", "latency_ms": 1,
                                    "status": null, "error": "refused"}]}],
           "next_cursor": null}
          """,
          "test",
          "{\"delivery_id\": \"d\"}",
          "replay",
          "{\"delivery_id\": \"d\", \"replay_of\": \"c\"}");

  private static KafkaPeer kafka;
  private static HttpServer others;
  private static AdminInstance admin;
  private static Described described;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    others = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    others.createContext("/", RelayedRepliesTest::answer);
    others.start();
    URI there = URI.create("http://127.0.0.1:" + others.getAddress().getPort());
    kafka = KafkaPeer.start();
    admin =
        new AdminInstance(
            kafka.bootstrap(),
            data,
            "relays",
            settings ->
                settings
                    .with(AdminSettings.ANALYTICS_URL, there)
                    .with(AdminSettings.WEBHOOKS_URL, there)
                    .with(AdminSettings.GATEWAY_URLS, List.of(there)));
    described = new Described(admin.get("/admin/openapi.json").json());
    for (var object :
        List.of(
            Map.entry("/admin/tenants", "{\"id\":\"acme\",\"name\":\"Acme\"}"),
            Map.entry(
                "/admin/tenants/acme/webhooks",
                "{\"id\":\"ears\",\"url\":\"https://a.test/\",\"events\":[\"*\"]}"))) {
      Answer made = admin.post(object.getKey(), object.getValue());
      assertThat(made.status()).as(made.text()).isEqualTo(201);
    }
  }

  @AfterAll
  static void stop() {
    admin.close();
    kafka.close();
    others.stop(0);
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      String end = path.substring(path.lastIndexOf('/') + 1);
      boolean analytics = path.contains("/analytics/");
      String accept = exchange.getRequestHeaders().getFirst("Accept");
      boolean csv = analytics && accept != null && accept.contains("text/csv");
      byte[] body = (csv ? "a,b\n1,2\n" : ANSWERS.getOrDefault(end, "{}")).getBytes(UTF_8);
      exchange
          .getResponseHeaders()
          .set(
              "Content-Type", csv ? "text/csv; charset=utf-8; header=present" : "application/json");
      if (analytics) {
        exchange.getResponseHeaders().set("Vary", "Accept");
        exchange.getResponseHeaders().set("Aegis-Coverage", "final=?1, lag_records=0, dropped=0");
      }
      exchange.sendResponseHeaders(
          end.equals("test") || end.equals("replay") ? 202 : 200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @ParameterizedTest
  @CsvSource({"series", "usage", "top"})
  void answersOfAnalytics(String question) {
    String path = "/admin/analytics/" + question;
    fits("GET " + path, 200, admin.get(path));
    fits("GET " + path, 200, admin.get(path, "Accept", "text/csv"));
  }

  @Test
  void explanations() {
    String question = "{\"host\":\"acme.test\",\"method\":\"GET\",\"path\":\"/orders\"}";
    fits("POST /admin/explain", 200, admin.post("/admin/explain", question));
  }

  @Test
  void deliveries() {
    String webhook = "/admin/tenants/{tenant}/webhooks/{id}";
    fits("GET " + webhook + "/deliveries", 200, admin.get(EARS + "/deliveries"));
    fits("POST " + webhook + "/test", 202, admin.post(EARS + "/test", ""));
    fits(
        "POST " + webhook + "/replay",
        202,
        admin.post(EARS + "/replay", "{\"delivery_id\":\"c\"}"));
  }

  private static void fits(String operation, int status, Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(described.faults(operation, false, answer)).as(operation).isEmpty();
  }
}
