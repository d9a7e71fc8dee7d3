package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered of calls, and who may see it. */
final class AuditTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static KafkaPeer kafka;
  private static AdminInstance admin;
  private static AdminInstance other;
  private static int made;

  private String tenant;
  private String token;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    kafka = KafkaPeer.start();
    URI nobody = URI.create("http://127.0.0.1:" + FreePorts.next());
    admin =
        new AdminInstance(
            kafka.bootstrap(),
            data.resolve("one"),
            "one",
            settings -> settings.with(AdminSettings.WEBHOOKS_URL, nobody));
    other = new AdminInstance(kafka.bootstrap(), data.resolve("two"), "two");
  }

  @AfterAll
  static void stop() {
    other.close();
    admin.close();
    kafka.close();
  }

  @BeforeEach
  void tenant() {
    tenant = "t" + ++made;
    admin.post("/admin/tenants", "{\"id\":\"" + tenant + "\",\"name\":\"T\"}");
    token =
        admin
            .post(
                "/admin/operators",
                "{\"id\":\"%s.op\",\"name\":\"O\",\"role\":\"tenant_admin\",\"tenant\":\"%s\"}"
                    .formatted(tenant, tenant))
            .json()
            .path("secret")
            .asText();
  }

  private static List<JsonNode> items(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    List<JsonNode> items = new ArrayList<>();
    answer.json().path("items").forEach(items::add);
    return items;
  }

  /** Entries of the tenant as another instance shows them, once there are so many. */
  private List<JsonNode> audit(String more, int count) {
    String path = "/admin/audit?tenant=" + tenant + more;
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(items(other.get(path))).hasSize(count));
    return items(other.get(path));
  }

  @Test
  void aChangeIsThereWithItsCallAndDifference() {
    Answer changed = admin.callAs(token, "PATCH", "/admin/tenants/" + tenant, "{\"name\":\"New\"}");
    assertThat(changed.status()).as(changed.text()).isEqualTo(200);
    JsonNode entry = audit("&action=update", 1).getFirst();
    assertThat(entry.path("actor").asText()).isEqualTo(tenant + ".op");
    assertThat(entry.path("address").asText()).isEqualTo("127.0.0.1");
    assertThat(entry.path("method").asText()).isEqualTo("PATCH");
    assertThat(entry.path("path").asText()).isEqualTo("/admin/tenants/" + tenant);
    assertThat(entry.path("request_id").asText()).isEqualTo(changed.header("X-Request-Id"));
    assertThat(entry.path("outcome").asText()).isEqualTo("applied");
    assertThat(entry.path("revision").asText()).isEqualTo(changed.header("Aegis-Revision"));
    assertThat(entry.at("/diff/0/path").asText()).isEqualTo("/name");
    assertThat(entry.at("/diff/0/from").asText()).isEqualTo("T");
    assertThat(entry.at("/diff/0/value").asText()).isEqualTo("New");
  }

  @Test
  void refusalsAndWhatTheJournalDoesNotHoldAreNoted() {
    admin.callAs(token, "DELETE", "/admin/tenants/" + tenant, null);
    admin.callAs(token, "GET", "/admin/plugins", null);
    admin.callAs(token, "GET", "/admin/tenants/foreign", null);
    admin.put("/admin/tenants/" + tenant + "/routes/r", "{}");
    admin.put("/admin/tenants/" + tenant + "/upstreams/u?dry_run=true", "{\"service\":\"s\"}");
    admin.callAs("wrong", "GET", "/admin/tenants/" + tenant, null);
    admin.get("/admin/tenants/" + tenant, "Accept", "application/json");
    admin.send(
        HttpRequest.newBuilder(admin.base().resolve("/admin/tenants/" + tenant))
            .header("Authorization", "Basic eDp5")
            .build());
    admin.send(HttpRequest.newBuilder(admin.base().resolve("/admin/tenants/" + tenant)).build());
    List<String> told = new ArrayList<>();
    for (JsonNode entry : audit("&outcome=refused", 4).reversed()) {
      told.add(
          entry.path("actor").asText()
              + " "
              + entry.path("action").asText()
              + " "
              + entry.path("status").asText()
              + " "
              + entry.path("code").asText());
    }
    assertThat(told)
        .containsExactlyInAnyOrder(
            tenant + ".op delete 403 forbidden",
            tenant + ".op read 403 forbidden",
            "platform_admin update 422 invalid",
            "unknown read 401 invalid_token");
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(items(admin.get("/admin/audit?tenant=foreign&actor=" + tenant + ".op")))
                    .hasSize(1));
  }

  @Test
  void noSecretIsInIt() {
    String key = "/admin/tenants/" + tenant + "/api-keys";
    Answer made = admin.post(key, "{\"id\":\"k\",\"name\":\"k\",\"subject\":\"s\"}");
    admin.post(key + "/k/rotate", "{}");
    String all = admin.get("/admin/audit?limit=500").text();
    assertThat(all)
        .contains("/api-keys")
        .doesNotContain(made.json().path("secret").asText())
        .doesNotContain(token)
        .doesNotContain("sha256");
    for (JsonNode entry : audit("", 4)) {
      assertThat(entry.path("diff").findValues("hashes").toString())
          .doesNotContainPattern("[0-9a-f]{64}");
    }
  }

  @Test
  void pagesFollowEachOtherWithoutGapsOrDoubles() {
    for (int i = 0; i < 7; i++) {
      admin.patch("/admin/tenants/" + tenant, "{\"name\":\"N" + i + "\"}");
      admin.patch("/admin/tenants/" + tenant, "{\"name\":" + i + "}");
    }
    List<JsonNode> whole = audit("", 7 + 7 + 2);
    List<JsonNode> paged = new ArrayList<>();
    String cursor = "";
    do {
      Answer page = other.get("/admin/audit?tenant=" + tenant + "&limit=3" + cursor);
      paged.addAll(items(page));
      String next = page.json().path("next_cursor").textValue();
      cursor = next == null ? null : "&cursor=" + next;
    } while (cursor != null);
    assertThat(paged).isEqualTo(whole);
    List<Instant> times = new ArrayList<>();
    whole.forEach(entry -> times.add(Instant.parse(entry.path("time").asText())));
    String middle = times.get(5).toString();
    assertThat(items(other.get("/admin/audit?tenant=" + tenant + "&from=" + middle)))
        .allSatisfy(
            entry ->
                assertThat(Instant.parse(entry.path("time").asText()))
                    .isAfterOrEqualTo(times.get(5)))
        .hasSizeGreaterThan(5);
    assertThat(items(other.get("/admin/audit?tenant=" + tenant + "&to=" + middle)))
        .hasSize((int) times.stream().filter(time -> time.isBefore(times.get(5))).count());
  }

  @Test
  void aCursorThatSomebodyMadeUpLeadsNowhereElse() {
    List<JsonNode> whole = audit("", 2);
    for (String made : List.of("1:9223372036854775807:9223372036854775807", "1:-1:-1", "1:0:0")) {
      String cursor =
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(made.getBytes(StandardCharsets.UTF_8));
      assertThat(items(other.get("/admin/audit?tenant=" + tenant + "&cursor=" + cursor)))
          .isEqualTo(made.contains("9") ? whole : List.of());
    }
    for (String made : List.of("1:7", "1:a:b", "1:1:2:3", "nonsense")) {
      String cursor =
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(made.getBytes(StandardCharsets.UTF_8));
      assertThat(other.get("/admin/audit?cursor=" + cursor).status()).as(made).isEqualTo(400);
    }
  }

  @Test
  void anOperatorSeesItsTenantsOnlyAndNoAddressesOfOthers() {
    audit("", 2);
    List<JsonNode> seen = items(admin.callAs(token, "GET", "/admin/audit", null));
    assertThat(seen)
        .isNotEmpty()
        .allSatisfy(
            entry -> {
              assertThat(entry.path("tenant").asText()).isEqualTo(tenant);
              assertThat(entry.path("address").isNull()).isTrue();
            });
    assertThat(items(admin.callAs(token, "GET", "/admin/audit?tenant=foreign", null))).isEmpty();
  }
}
