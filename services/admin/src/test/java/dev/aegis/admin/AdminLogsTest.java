package dev.aegis.admin;

import static dev.aegis.admin.relay.ScriptedGateway.line;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.relay.ScriptedGateway;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.testkit.KafkaPeer;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What operators see of the gateways' access logs. The gateways here leave nothing out. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class AdminLogsTest {
  private static final String LOGS = "/admin/logs";

  private static KafkaPeer kafka;
  private static ScriptedGateway one;
  private static ScriptedGateway two;
  private static AdminInstance admin;
  private static Described described;
  private static String own;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    kafka = KafkaPeer.start();
    one = new ScriptedGateway("gateway-1");
    two = new ScriptedGateway("gateway-2");
    admin =
        new AdminInstance(
            kafka.bootstrap(),
            data,
            "logs",
            settings -> settings.with(AdminSettings.GATEWAY_URLS, List.of(one.uri(), two.uri())));
    described = new Described(admin.get("/admin/openapi.json").json());
    made("tenants", "{\"id\":\"above\",\"name\":\"T\",\"kind\":\"enterprise\"}");
    made(
        "tenants",
        "{\"id\":\"own\",\"name\":\"T\",\"kind\":\"organization\",\"parent\":\"above\"}");
    made("tenants", "{\"id\":\"below\",\"name\":\"T\",\"kind\":\"team\",\"parent\":\"own\"}");
    made("tenants", "{\"id\":\"foreign\",\"name\":\"T\"}");
    own =
        made(
                "operators",
                "{\"id\":\"own.a\",\"name\":\"A\",\"role\":\"tenant_admin\",\"tenant\":\"own\"}")
            .path("secret")
            .asText();
    one.write(line(1, "own", "own"), line(3, "above", "above"), line(5, "foreign", "foreign"));
    two.write(line(2, "below", "below"), line(4, "nobody", null), line(6, "gone", "deleted"));
  }

  @AfterAll
  static void stop() {
    admin.close();
    one.close();
    two.close();
    kafka.close();
  }

  private static JsonNode made(String collection, String body) {
    Answer made = admin.post("/admin/" + collection, body);
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    return made.json();
  }

  private static List<String> ids(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(described.faults("GET " + LOGS, false, answer)).isEmpty();
    List<String> ids = new ArrayList<>();
    answer.json().path("items").forEach(item -> ids.add(item.path("request_id").asText()));
    return ids;
  }

  @Test
  @Order(1)
  void operatorsOfATenantSeeItsLinesAndThoseBelowIt() {
    assertThat(ids(admin.get(LOGS)))
        .containsExactly("gone", "foreign", "nobody", "above", "below", "own");
    assertThat(ids(admin.callAs(own, "GET", LOGS, null))).containsExactly("below", "own");
    assertThat(one.questions().getLast())
        .hasToString("{\"filters\":{\"within\":\"own\"},\"limit\":50}");
    for (String hidden : List.of("above", "foreign", "nothing")) {
      Answer answer = admin.callAs(own, "GET", LOGS + "?tenant=" + hidden, null);
      assertThat(answer.status()).isEqualTo(404);
    }
  }

  @Test
  @Order(1)
  void filtersGoToTheGateways() {
    String query =
        "?tenant=below&route=r&status=5xx&code=c&method=PUT&path=/a&request_id=i&user=u"
            + "&trace_id=t&min_latency_ms=1.5&from=2026-01-01T01:00:00%2B01:00"
            + "&to=2026-01-01T00:00:01Z&text=x%22y&limit=3";
    admin.callAs(own, "GET", LOGS + query, null);
    JsonNode question = two.questions().getLast();
    assertThat(question.path("limit").asInt()).isEqualTo(3);
    JsonNode filters = question.path("filters");
    assertThat(filters.toString())
        .contains("\"tenant\":\"below\"", "\"within\":\"own\"", "\"text\":\"x\\\"y\"")
        .contains("\"from\":\"2026-01-01T00:00:00Z\"", "\"min_latency_ms\":\"1.5\"");
    assertThat(filters).hasSize(14);
  }

  @ParameterizedTest
  @Order(1)
  @CsvSource({
    "status=6xx&limit=501&path=a&min_latency_ms=-1&user=, ?limit ?min_latency_ms ?path ?status ?user",
    "from=now&to=then, ?from ?to",
    "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z, ?to",
    "tenant=../x&follow=perhaps&min_latency_ms=NaN, ?follow ?min_latency_ms ?tenant",
    "follow=true&limit=3&from=2026-01-02T00:00:00Z, ?from ?limit",
    "stauts=3, ?stauts",
  })
  void everythingThatIsWrongIsSaid(String query, String fields) {
    Answer answer = admin.get(LOGS + "?" + query);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.code()).isEqualTo("malformed_request");
    List<String> found = new ArrayList<>();
    answer.json().path("violations").forEach(each -> found.add(each.path("field").asText()));
    assertThat(found).containsExactlyInAnyOrder(fields.split(" "));
  }

  @Test
  @Order(1)
  void anIdOfAnotherPathIsNoPlaceToGoOn() {
    for (String id : List.of("7", "a:1", "a:1,b:x", "-,-,-")) {
      Answer answer = admin.get(LOGS + "?follow=true", "Last-Event-ID", id);
      assertThat(answer.status()).as(id).isEqualTo(400);
    }
  }

  @Test
  @Order(2)
  void whoFollowsSeesNoMoreAndIsToldOfTheEnd() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<InputStream> response =
          client.send(
              HttpRequest.newBuilder(URI.create(admin.base() + LOGS + "?follow=true"))
                  .header("Authorization", "Bearer " + own)
                  .build(),
              HttpResponse.BodyHandlers.ofInputStream());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("Content-Type")).contains("text/event-stream");
      try (BufferedReader reader =
          new BufferedReader(new InputStreamReader(response.body(), UTF_8))) {
        await().until(() -> asked(one) && asked(two));
        one.write(line(7, "foreign", "foreign"), line(8, "none", null), line(9, "mine", "below"));
        String event = reader.lines().filter(each -> each.startsWith("data:")).findFirst().get();
        assertThat(event).contains("\"mine\"");

        Thread closing = Thread.startVirtualThread(admin::close);
        assertThat(reader.lines().filter(each -> !each.isEmpty() && !each.startsWith(":")))
            .containsExactly("event: end", "data: {\"reason\":\"stopping\"}");
        closing.join();
      }
    }
  }

  private static boolean asked(ScriptedGateway gateway) {
    return gateway.questions().getLast().has("after");
  }
}
