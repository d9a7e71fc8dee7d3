package dev.aegis.gateway.recent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.chassis.HttpListener;
import dev.aegis.chassis.ServiceToken;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.ObjectKey;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the admin service gets of the access log. */
final class RecentLinesApiTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RecentLines lines = new RecentLines(1 << 20);
  private final HttpClient client = HttpClient.newHttpClient();
  private final Fold fold = new Fold();
  private HttpListener listener;

  @BeforeEach
  void start() throws Exception {
    tenant("acme", null);
    tenant("acme-shop", "acme");
    tenant("acme2", null);
    listener = listener();
  }

  private void tenant(String id, @Nullable String parent) {
    fold.apply(
        fold.revision() + 1,
        new Change(
            ObjectKey.tenant(id),
            Json.object().put("id", id).put("name", id).put("parent", parent),
            Change.ANY,
            "test",
            NOW));
  }

  /** A gateway's run: it has a name of its own for its batches. */
  private HttpListener listener() throws Exception {
    RecentLinesApi api =
        new RecentLinesApi(
            lines,
            (tenant, above) -> Lineage.within(fold, tenant, above),
            "gateway-1",
            new ServiceToken("secret", "aegis-gateway"),
            InstantSource.fixed(NOW));
    return HttpListener.start(
        new HttpListener.Options(
            "management",
            "127.0.0.1",
            0,
            GatewaySettings.MANAGEMENT_PORT,
            1 << 20,
            10,
            Duration.ofMillis(100)),
        api::addTo);
  }

  @AfterEach
  void stop() {
    listener.close();
    client.close();
  }

  private static String line(String id, String tenant, String more) {
    return "{\"timestamp\":\"2026-03-01T12:00:0%s.000000Z\",\"request_id\":\"%s\",\"tenant_id\":%s,%s}\n"
        .formatted(id, id, tenant == null ? "null" : '"' + tenant + '"', more);
  }

  private void write(String... written) {
    lines.add(String.join("", written).getBytes(UTF_8));
  }

  private HttpResponse<String> post(String token, String question) throws Exception {
    return client.send(
        HttpRequest.newBuilder(listener.uri().resolve("/logs"))
            .header("Authorization", token)
            .POST(HttpRequest.BodyPublishers.ofString(question.replace('\'', '"')))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode ask(String question) throws Exception {
    HttpResponse<String> response = post("Bearer secret", question);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private static List<String> ids(JsonNode answer) {
    List<String> ids = new ArrayList<>();
    answer.path("items").forEach(item -> ids.add(item.path("request_id").asText()));
    return ids;
  }

  private void some() {
    write(
        line(
            "1",
            "acme",
            "'route_id':'orders','method':'GET','uri':'/api/x','status':200,'latency_ms':1.500"
                .replace('\'', '"')),
        line(
            "2",
            "acme-shop",
            "'route_id':'other','method':'PUT','uri':'/api/\\u00e4','status':503,'code':'circuit_open','latency_ms':20.000"
                .replace('\'', '"')));
    write(
        "no JSON\n",
        line(
            "3",
            null,
            "'method':'GET','uri':'/','status':404,'code':'unknown_tenant','latency_ms':0.100"
                .replace('\'', '"')),
        line(
            "4",
            "acme2",
            "'user_id':'ann','method':'GET','uri':'/api','status':500,'latency_ms':3.000,'trace_id':'t'"
                .replace('\'', '"')));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "{} | 4 3 2 1",
        "{'tenant':'acme'} | 1",
        "{'within':'acme'} | 2 1",
        "{'within':'acme-shop'} | 2",
        "{'within':'acme','status':'5xx'} | 2",
        "{'route':'orders'} | 1",
        "{'status':'404'} | 3",
        "{'status':'50'} | refused",
        "{'status':'5xx'} | 4 2",
        "{'code':'circuit_open'} | 2",
        "{'method':'GET'} | 4 3 1",
        "{'path':'/api'} | 4 2 1",
        "{'path':'/api/ä'} | 2",
        "{'request_id':'3'} | 3",
        "{'user':'ann'} | 4",
        "{'trace_id':'t'} | 4",
        "{'min_latency_ms':'3'} | 4 2",
        "{'from':'2026-03-01T12:00:02Z','to':'2026-03-01T12:00:04Z'} | 3 2",
        "{'text':'unknown_'} | 3",
        "{'text':'ä'} | 2",
        "{'from':'yesterday'} | refused",
        "{'nonsense':'1'} | refused",
        "{'tenant':7} | refused",
      })
  void onlyWhatIsWantedIsShown(String filters, String expected) throws Exception {
    some();
    String question = "{'filters':" + filters + ",'limit':10}";
    if (expected.equals("refused")) {
      assertThat(post("Bearer secret", question).statusCode()).isEqualTo(400);
    } else {
      assertThat(String.join(" ", ids(ask(question)))).isEqualTo(expected);
    }
  }

  @Test
  void theNewestAreShownAsTheyWereWritten() throws Exception {
    some();
    JsonNode answer = ask("{'filters':{},'limit':1}");
    assertThat(ids(answer)).containsExactly("4");
    assertThat(answer.path("more").asBoolean()).isTrue();
    assertThat(post("Bearer secret", "{'filters':{},'limit':1}").body())
        .endsWith(
            "\"items\":[{\"timestamp\":\"2026-03-01T12:00:04.000000Z\",\"request_id\":\"4\","
                + "\"tenant_id\":\"acme2\",\"user_id\":\"ann\",\"method\":\"GET\",\"uri\":\"/api\","
                + "\"status\":500,\"latency_ms\":3.000,\"trace_id\":\"t\"}]}");
    JsonNode all = ask("{'filters':{},'limit':4}");
    assertThat(all.path("more").asBoolean()).isFalse();
    assertThat(all.path("since").asText()).isEqualTo(NOW.toString());
    assertThat(all.path("node").asText()).isEqualTo("gateway-1");
  }

  @Test
  void whoFollowsGetsWhatCameSinceAndHowManyItDidNotGet() throws Exception {
    some();
    String place = ask("{'filters':{},'limit':0}").path("position").asText();
    String question = "{'filters':{'method':'GET'},'limit':2,'after':'" + place + "'}";
    assertThat(ids(ask(question))).isEmpty();

    write(line("5", "a", "\"method\":\"PUT\""), line("6", "a", "\"method\":\"GET\""));
    write(line("7", "a", "\"method\":\"GET\""), line("8", "a", "\"method\":\"GET\""));
    JsonNode answer = ask(question);
    assertThat(ids(answer)).containsExactly("8", "7");
    assertThat(answer.path("skipped").asInt()).isEqualTo(1);
    assertThat(answer.path("lost").asBoolean()).isFalse();
  }

  @Test
  void whatWasForgottenIsSaid() throws Exception {
    some();
    String place = ask("{'filters':{},'limit':0}").path("position").asText();
    for (int i = 0; i < 12; i++) {
      write(line("5", "a", "\"uri\":\"" + "x".repeat(120_000) + '"'));
    }
    JsonNode answer = ask("{'filters':{},'limit':9,'after':'" + place + "'}");
    assertThat(answer.path("items")).hasSize(2);
    assertThat(answer.path("skipped").asInt()).isEqualTo(6);
    assertThat(answer.path("lost").asBoolean()).isTrue();
    assertThat(answer.path("since").asText()).isEqualTo("2026-03-01T12:00:05.000000Z");
  }

  @Test
  void anAnswerIsNoLongerThanItMayBe() throws Exception {
    RecentLines much = new RecentLines(16 << 20);
    for (int i = 0; i < 9; i++) {
      much.add(line("5", "a", "\"uri\":\"" + "x".repeat(1_000_000) + '"').getBytes(UTF_8));
    }
    listener.close();
    RecentLinesApi api =
        new RecentLinesApi(
            much,
            String::equals,
            "gateway-1",
            new ServiceToken("secret", "aegis-gateway"),
            InstantSource.fixed(NOW));
    listener =
        HttpListener.start(
            new HttpListener.Options(
                "management",
                "127.0.0.1",
                0,
                GatewaySettings.MANAGEMENT_PORT,
                1 << 20,
                10,
                Duration.ofMillis(100)),
            api::addTo);
    JsonNode answer = ask("{'filters':{},'limit':9}");
    assertThat(answer.path("items")).hasSize(2);
    assertThat(answer.path("more").asBoolean()).isTrue();
  }

  @Test
  void afterARestartEverythingIsNew() throws Exception {
    some();
    String place = ask("{'filters':{},'limit':0}").path("position").asText();
    listener.close();
    listener = listener();
    JsonNode answer = ask("{'filters':{},'limit':9,'after':'" + place + "'}");
    assertThat(ids(answer)).containsExactly("4", "3", "2", "1");
    assertThat(answer.path("lost").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "secret", "Bearer wrong", "Basic secret"})
  void nobodyElseIsAnswered(String token) throws Exception {
    some();
    HttpResponse<String> response = post(token, "{'filters':{},'limit':9}");
    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(response.body()).doesNotContain("acme");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{'filters':null}",
        "{'filters':'within'}",
        "{'filters':[]}",
        "{'filters':{},'after':'"
      })
  void aQuestionThatIsNoneIsRefused(String question) throws Exception {
    some();
    HttpResponse<String> response = post("Bearer secret", question);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).doesNotContain("Exception", "acme");
  }

  @Test
  void behindAPlaceThatIsNoneIsEverything() throws Exception {
    some();
    JsonNode answer = ask("{'filters':{},'limit':9,'after':'x:y'}");
    assertThat(ids(answer)).containsExactly("4", "3", "2", "1");
    assertThat(answer.path("lost").asBoolean()).isTrue();
  }

  @Test
  void ofWhichNothingIsAskedThatLineIsNotRead() {
    Wanted all = new Wanted(Json.object(), String::equals);
    byte[] text = "{not read}no JSON".getBytes(UTF_8);
    assertThat(all.wants(text, 0, 10)).isTrue();
    assertThat(all.wants(text, 10, text.length)).isFalse();
    assertThat(all.wants(text, 0, 0)).isFalse();
    Wanted some = new Wanted(Json.object().put("method", "GET"), String::equals);
    assertThat(some.wants(text, 0, 10)).isFalse();
  }
}
