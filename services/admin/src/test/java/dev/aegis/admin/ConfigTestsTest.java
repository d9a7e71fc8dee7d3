package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.testkit.KafkaPeer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests in a document: what a gateway says of the configuration as it would be. */
final class ConfigTestsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String GOOD =
      "{\"answers\":[{\"tenant\":\"pt\",\"route\":{\"id\":\"r\"},\"outcome\":\"admitted\","
          + "\"refusal\":null,\"upstream\":\"u\"}]}";

  @TempDir private static Path data;
  private static KafkaPeer kafka;
  private static HttpServer gateway;
  private static AdminInstance admin;
  private static final AtomicReference<JsonNode> ASKED = new AtomicReference<>();
  private static volatile String answer = GOOD;
  private static volatile int status = 200;

  @BeforeAll
  static void start() throws Exception {
    kafka = KafkaPeer.start();
    gateway = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    gateway.createContext(
        "/explain/supposed",
        exchange -> {
          ASKED.set(JSON.readTree(exchange.getRequestBody().readAllBytes()));
          byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    gateway.start();
    URI url = URI.create("http://127.0.0.1:" + gateway.getAddress().getPort());
    admin =
        new AdminInstance(
            kafka.bootstrap(),
            data,
            "config-tests",
            settings -> settings.with(AdminSettings.GATEWAY_URLS, List.of(url)));
  }

  @AfterAll
  static void stop() {
    admin.close();
    gateway.stop(0);
    kafka.close();
  }

  private static Answer apply(String query, String expect) {
    return admin.put(
        "/admin/config" + query,
        """
        {"version": 1,
         "tests": [{"request": {"host": "pt.example.com", "method": "GET", "path": "/r"},
                    "expect": %s}],
         "tenants": [
          {"id": "above", "name": "A", "kind": "enterprise"},
          {"id": "other", "name": "O"},
          {"id": "pt", "name": "P", "parent": "above",
           "upstreams": [{"id": "u", "targets": [{"url": "http://10.0.0.1"}]}],
           "routes": [{"id": "r", "paths": ["/r"], "upstream": "u", "auth": "none"}]}]}
        """
            .formatted(expect));
  }

  private static List<String> messages(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(422);
    return answer.json().path("violations").findValuesAsText("message");
  }

  @Test
  void aTestThatFailsStopsEverything() {
    answer = GOOD;
    status = 200;
    admin.delete("/admin/operators/pt.admin");
    admin.delete("/admin/tenants/pt");
    String wrong = "{\"route\":\"other\",\"code\":\"forbidden\",\"tenant\":\"pt\"}";
    for (String query : List.of("", "?dry_run=true")) {
      assertThat(messages(apply(query, wrong)))
          .hasSize(2)
          .anySatisfy(text -> assertThat(text).startsWith("expected \"other\", would be \"r\""))
          .anySatisfy(text -> assertThat(text).startsWith("expected \"forbidden\", would be null"));
      assertThat(admin.get("/admin/tenants/pt").status()).isEqualTo(404);
    }
    String right =
        "{\"route\":\"r\",\"tenant\":\"pt\",\"upstream\":\"u\",\"outcome\":\"admitted\","
            + "\"code\":null,\"status\":null}";
    Answer applied = apply("", right);
    assertThat(applied.status()).as(applied.text()).isEqualTo(200);
    assertThat(admin.get("/admin/tenants/pt/routes/r").status()).isEqualTo(200);
    assertThat(ASKED.get().path("objects").findValuesAsText("key"))
        .as("what the request may reach, as it would be")
        .containsExactlyInAnyOrder(
            "tenants/above", "tenants/pt", "tenants/pt/upstreams/u", "tenants/pt/routes/r");
  }

  @Test
  void whatCannotBeTestedIsNotApplied() {
    status = 422;
    answer =
        "{\"violations\":[{\"field\":\"/requests/0/host\",\"message\":\"is odd\"}],\"detail\":\"\"}";
    Answer refused = apply("", "{\"outcome\":\"admitted\"}");
    assertThat(refused.json().at("/violations/0/field").asText())
        .isEqualTo("/tests/0/request/host");
    status = 404;
    answer = "{\"detail\":\"no such path\"}";
    assertThat(apply("", "{\"outcome\":\"admitted\"}").code()).isEqualTo("bad_backend");
    answer = "not JSON";
    status = 200;
    assertThat(apply("", "{\"outcome\":\"admitted\"}").code()).isEqualTo("bad_backend");
    assertThat(messages(apply("", "{\"rout\":\"r\"}")))
        .containsExactly("is unknown; did you mean \"route\"?");
    assertThat(messages(apply("", "{}")))
        .containsExactly("must have \"request\" and \"expect\", objects");
    ObjectNode none = JSON.createObjectNode().put("version", 1).put("tests", "x");
    assertThat(messages(admin.put("/admin/config", none.toString())))
        .containsExactly("must be a list of at most 1000 items");
  }

  /**
   * Whoever is held to a tenant learns nothing of others' requests, not even whether they exist.
   */
  @Test
  void anOperatorOfATenantTestsRequestsOfItsOwnTenants() {
    status = 200;
    answer = GOOD;
    apply("", "{\"tenant\":\"pt\"}");
    String token =
        admin
            .post(
                "/admin/operators",
                "{\"id\":\"pt.admin\",\"name\":\"N\",\"role\":\"tenant_admin\",\"tenant\":\"pt\"}")
            .json()
            .path("secret")
            .asText();
    String document =
        """
        {"version": 1,
         "tests": [{"request": {"host": "%s.example.com", "method": "GET", "path": "/r"},
                    "expect": %s}]}
        """;
    String path = "/admin/config?tenant=pt&dry_run=true";
    String right = document.formatted("pt", "{\"route\":\"r\",\"upstream\":\"u\"}");
    Answer own = admin.callAs(token, "PUT", path, right);
    assertThat(own.status()).as(own.text()).isEqualTo(200);
    assertThat(ASKED.get().path("objects").findValuesAsText("key"))
        .contains("tenants/pt", "tenants/above");
    List<String> told = new ArrayList<>();
    for (String said :
        List.of(
            "{\"tenant\":\"above\",\"route\":{\"id\":\"r\"},\"outcome\":\"admitted\"}",
            "{\"tenant\":\"other\",\"outcome\":\"refused\",\"refusal\":{\"code\":\"no_route\"}}",
            "{\"tenant\":null,\"outcome\":\"refused\",\"refusal\":{\"code\":\"unknown_tenant\"}}")) {
      answer = "{\"answers\":[" + said + "]}";
      for (String expect : List.of("{\"route\":\"r\"}", "{\"code\":\"unknown_tenant\"}")) {
        told.add(
            admin
                .callAs(token, "PUT", path, document.formatted("other", expect))
                .json()
                .path("violations")
                .toString());
        assertThat(ASKED.get().path("objects").findValuesAsText("key"))
            .as("of others the gateway hears nothing")
            .doesNotContain("tenants/other");
      }
    }
    assertThat(told.stream().distinct())
        .containsExactly(
            "[{\"field\":\"/tests/0/request/host\",\"message\":\"is none of your tenants'\"}]");
  }
}
