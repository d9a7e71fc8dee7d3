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
            settings -> settings.with(AdminSettings.GATEWAY_URL, url));
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
}
