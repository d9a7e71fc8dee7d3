package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.testkit.KafkaPeer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators: their tokens, and what those who are held to a tenant may do within it. */
final class OperatorApiTest {
  private static KafkaPeer kafka;
  private static AdminInstance admin;
  private static Path data;
  private static int made;

  private String corp;
  private String own;
  private String below;
  private String foreign;
  private String token;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    data = folder;
    kafka = KafkaPeer.start();
    admin = new AdminInstance(kafka.bootstrap(), data.resolve("one"), "one");
  }

  @AfterAll
  static void stop() {
    admin.close();
    kafka.close();
  }

  @BeforeEach
  void tree() {
    int number = ++made;
    corp = "corp" + number;
    own = "own" + number;
    below = "below" + number;
    foreign = "foreign" + number;
    tenant(corp, "enterprise", null);
    tenant(own, "organization", corp);
    tenant(below, "team", own);
    tenant(foreign, "organization", null);
    token = operator(own + ".admin", "tenant_admin", own).json().path("secret").asText();
  }

  private static void tenant(String id, String kind, String parent) {
    Answer answer =
        admin.post(
            "/admin/tenants",
            "{\"id\":\"%s\",\"name\":\"T\",\"kind\":\"%s\"%s}"
                .formatted(id, kind, parent == null ? "" : ",\"parent\":\"" + parent + "\""));
    assertThat(answer.status()).as(answer.text()).isEqualTo(201);
  }

  private static Answer operator(String id, String role, String tenant) {
    Answer answer = admin.post("/admin/operators", document(id, role, tenant));
    assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    return answer;
  }

  private static String document(String id, String role, String tenant) {
    return "{\"id\":\"%s\",\"name\":\"N\",\"role\":\"%s\"%s}"
        .formatted(id, role, tenant == null ? "" : ",\"tenant\":\"" + tenant + "\"");
  }

  private Answer by(String method, String path, String body) {
    return admin.callAs(token, method, path, body);
  }

  private static List<String> ids(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    List<String> ids = new ArrayList<>();
    answer.json().path("items").forEach(item -> ids.add(item.path("id").asText()));
    return ids;
  }

  private static List<String> fields(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(422);
    List<String> fields = new ArrayList<>();
    answer.json().path("violations").forEach(error -> fields.add(error.path("field").asText()));
    return fields;
  }

  private static int status(AdminInstance instance, String token) {
    return instance.callAs(token, "GET", "/admin/tenants", null).status();
  }

  @Test
  void aTokenIsToldOnceAndOnlyItsHashIsKept() {
    Answer answer = operator("ops" + made, "platform_admin", null);
    String secret = answer.json().path("secret").asText();
    assertThat(secret).matches("aegis_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}");
    assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
    assertThat(answer.header("Location")).isEqualTo("/admin/operators/ops" + made);
    assertThat(status(admin, secret)).isEqualTo(200);
    Answer shown = admin.get("/admin/operators/ops" + made);
    assertThat(shown.text()).doesNotContain(secret).doesNotContain("hashes");
    assertThat(shown.json().path("enabled").asBoolean()).isTrue();
    String detail = admin.get("/admin/revisions/" + shown.json().path("revision").asText()).text();
    assertThat(detail).doesNotContain(secret).doesNotContain("hashes");
    Answer written = admin.put("/admin/operators/ops" + made, shown.text());
    assertThat(written.status()).as(written.text()).isEqualTo(200);
    assertThat(status(admin, secret)).isEqualTo(200);
  }

  @Test
  void aChangeNamesTheOperatorAsItsActor() {
    Answer changed = by("PATCH", "/admin/tenants/" + below, "{\"name\":\"New\"}");
    assertThat(changed.status()).as(changed.text()).isEqualTo(200);
    Answer revision = by("GET", "/admin/revisions/" + changed.header("Aegis-Revision"), null);
    assertThat(revision.json().path("actor").asText()).isEqualTo(own + ".admin");
  }

  @Test
  void aTokenEndsAtOnceOnEveryInstance() throws Exception {
    try (AdminInstance other =
        new AdminInstance(kafka.bootstrap(), data.resolve("two" + made), "two" + made)) {
      String path = "/admin/operators/" + own + ".admin";
      assertThat(status(other, token)).isEqualTo(200);
      admin.patch(path, "{\"enabled\":false}");
      assertThat(status(admin, token)).isEqualTo(401);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(status(other, token)).isEqualTo(401));
      admin.patch(path, "{\"enabled\":true}");
      assertThat(status(admin, token)).isEqualTo(200);
      admin.patch(path, "{\"expires_at\":\"" + Instant.now().minusSeconds(1) + "\"}");
      assertThat(status(admin, token)).isEqualTo(401);
      admin.patch(path, "{\"expires_at\":null}");
      assertThat(admin.delete(path).status()).isEqualTo(204);
      assertThat(status(admin, token)).isEqualTo(401);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(status(other, token)).isEqualTo(401));
    }
  }

  @Test
  void aRotationEndsTheTokenBeforeAtOnceOrAfterAnOverlap() {
    String path = "/admin/operators/" + own + ".admin/rotate";
    String second = admin.post(path, "{}").json().path("secret").asText();
    assertThat(status(admin, token)).isEqualTo(401);
    assertThat(status(admin, second)).isEqualTo(200);
    String third = admin.post(path, "{\"overlap_seconds\":600}").json().path("secret").asText();
    assertThat(status(admin, second)).isEqualTo(200);
    assertThat(status(admin, third)).isEqualTo(200);
    admin.post(path, "{}");
    assertThat(status(admin, second)).isEqualTo(401);
    assertThat(status(admin, third)).isEqualTo(401);
  }

  @Test
  void aRoleSaysWhetherItHasATenant() {
    assertThat(fields(admin.post("/admin/operators", document("x", "tenant_admin", null))))
        .containsExactly("/tenant");
    assertThat(fields(admin.post("/admin/operators", document("x", "platform_admin", own))))
        .containsExactly("/tenant");
    assertThat(fields(admin.post("/admin/operators", document("x", "auditor", "no-such"))))
        .containsExactly("/tenant");
    assertThat(fields(admin.post("/admin/operators", document("x", "king", null))))
        .containsExactly("/role");
    assertThat(fields(admin.post("/admin/operators", document("platform_admin", "auditor", null))))
        .containsExactly("/id");
  }

  @Test
  void listsShowWhatIsWithinReach() {
    assertThat(ids(by("GET", "/admin/tenants", null))).containsExactly(below, own);
    operator(foreign + ".op", "auditor", foreign);
    assertThat(ids(by("GET", "/admin/operators", null))).containsExactly(own + ".admin");
    JsonNode revisions = by("GET", "/admin/revisions?limit=500", null).json().path("items");
    List<String> tenants = new ArrayList<>();
    revisions.forEach(item -> tenants.add(item.path("tenant").asText()));
    assertThat(tenants).containsExactly(below, own);
  }

  @Test
  void aTenantsAdministratorMakesTenantsBelowItsOwnOnly() {
    String id = "new" + made;
    String root = "{\"id\":\"" + id + "\",\"name\":\"N\",\"kind\":\"team\"";
    assertThat(fields(by("POST", "/admin/tenants", root + "}"))).containsExactly("/parent");
    Answer elsewhere = by("POST", "/admin/tenants", root + ",\"parent\":\"" + foreign + "\"}");
    Answer nowhere = by("POST", "/admin/tenants", root + ",\"parent\":\"" + foreign + "x\"}");
    assertThat(fields(elsewhere)).containsExactly("/parent");
    assertThat(elsewhere.json().path("violations")).isEqualTo(nowhere.json().path("violations"));
    assertThat(nowhere.text()).doesNotContain("did you mean");
    assertThat(by("POST", "/admin/tenants", root + ",\"parent\":\"" + below + "\"}").status())
        .isEqualTo(201);
    assertThat(fields(by("PATCH", "/admin/tenants/" + below, "{\"parent\":\"" + corp + "\"}")))
        .containsExactly("/parent");
    assertThat(fields(by("PATCH", "/admin/tenants/" + below, "{\"parent\":null}")))
        .contains("/parent");
  }

  @Test
  void whatIsSettledAboveStaysAsItIs() {
    String path = "/admin/tenants/" + own;
    assertThat(
            fields(
                by(
                    "PATCH",
                    path,
                    "{\"parent\":null,\"isolation\":\"shared\",\"tier\":\"gold\","
                        + "\"max_active\":7}")))
        .containsExactlyInAnyOrder("/parent", "/isolation", "/tier", "/max_active");
    assertThat(fields(by("POST", path + "/suspend", null))).containsExactly("/status");
    assertThat(by("DELETE", path, null).code()).isEqualTo("forbidden");
    assertThat(by("PATCH", path, "{\"name\":\"Mine\"}").status()).isEqualTo(200);
    admin.post(path + "/suspend", null);
    assertThat(by("GET", path, null).status()).isEqualTo(200);
    assertThat(by("POST", path + "/resume", null).code()).isEqualTo("forbidden");
  }

  @Test
  void aTenantsAdministratorMakesNobodyMorePowerful() {
    assertThat(fields(by("POST", "/admin/operators", document(own + ".x", "platform_admin", null))))
        .contains("/role", "/tenant");
    assertThat(fields(by("POST", "/admin/operators", document(own + ".x", "auditor", null))))
        .containsExactly("/tenant");
    assertThat(fields(by("POST", "/admin/operators", document(own + ".x", "auditor", corp))))
        .containsExactly("/tenant");
    String self = "/admin/operators/" + own + ".admin";
    assertThat(fields(by("PATCH", self, "{\"role\":\"platform_admin\",\"tenant\":null}")))
        .contains("/role", "/tenant");
    assertThat(by("POST", "/admin/operators", document(below + ".x", "auditor", below)).status())
        .isEqualTo(201);
    // Names of others are not told by whether they can be had.
    operator("taken" + made, "auditor", foreign);
    assertThat(fields(by("POST", "/admin/operators", document("taken" + made, "auditor", own))))
        .containsExactly("/id");
    assertThat(fields(by("POST", "/admin/operators", document("free" + made, "auditor", own))))
        .containsExactly("/id");
    for (String id : List.of("taken" + made, "free" + made)) {
      Answer answer = by("PUT", "/admin/operators/" + id, document(id, "auditor", own));
      assertThat(answer.status()).isEqualTo(404);
    }
    assertThat(admin.get("/admin/operators/taken" + made).json().path("tenant").asText())
        .isEqualTo(foreign);
  }

  @Test
  void whatComesFromAboveIsNamedAndNotTold() {
    admin.put(
        "/admin/tenants/" + corp + "/roles/boss",
        "{\"permissions\":[{\"methods\":[\"GET\"],\"paths\":[\"/secret-path\"]}]}");
    Answer seen = by("GET", "/admin/tenants/" + own + "/effective", null);
    assertThat(seen.text()).contains("boss").doesNotContain("secret-path");
    assertThat(admin.get("/admin/tenants/" + own + "/effective").text()).contains("secret-path");

    admin.put(
        "/admin/tenants/" + corp + "/upstreams/authz",
        "{\"targets\":[{\"url\":\"http://10.0.0.1\"}]}");
    admin.patch("/admin/tenants/" + own, "{\"isolation\":\"shared\"}");
    Answer asks =
        admin.patch(
            "/admin/tenants/" + corp,
            "{\"external_authorization\":{\"upstream\":\"authz\",\"path\":\"/secret-check\"}}");
    assertThat(asks.status()).as(asks.text()).isEqualTo(200);
    Answer asked = by("GET", "/admin/tenants/" + own + "/effective", null);
    assertThat(asked.json().at("/external_authorization/from").asText()).isEqualTo(corp);
    assertThat(asked.json().at("/external_authorization/object").isNull()).isTrue();
    assertThat(asked.text()).doesNotContain("secret-check");
    assertThat(admin.get("/admin/tenants/" + own + "/effective").text()).contains("secret-check");
  }

  @Test
  void anExportHasSealedSecretsForThePlatformOnly() {
    String keys = "/admin/tenants/" + own + "/api-keys";
    admin.post(keys, "{\"name\":\"k\",\"subject\":\"s\"}");
    String path = "/admin/tenants/" + own + "/export";
    assertThat(admin.get(path).text()).contains("hashes");
    assertThat(by("GET", path, null).text()).contains("last_four").doesNotContain("hashes");
  }

  @Test
  void aTenantStaysWhileAnOperatorIsHeldToIt() {
    operator(below + ".op", "auditor", below);
    Answer refused = admin.delete("/admin/tenants/" + below);
    assertThat(refused.code()).isEqualTo("in_use");
    assertThat(refused.text()).contains("operators/" + below + ".op");
  }

  @Test
  void theQueryNamesOneTenant() {
    String path = "/admin/analytics/usage";
    assertThat(by("GET", path, null).code()).isEqualTo("forbidden");
    assertThat(by("GET", path + "?tenant=" + own + "&tenant=" + foreign, null).status())
        .isEqualTo(400);
    assertThat(by("GET", path + "?tenant=" + own + "&%74enant=" + foreign, null).status())
        .isEqualTo(400);
    assertThat(by("GET", path + "?tenant=" + foreign, null).status()).isEqualTo(404);
  }

  @Test
  void anIdempotencyKeyIsItsOperatorsOwn() {
    String other = operator(own + ".other", "tenant_admin", own).json().path("secret").asText();
    String document = "{\"name\":\"N\",\"role\":\"auditor\",\"tenant\":\"" + own + "\"}";
    Answer first =
        admin.callAs(token, "POST", "/admin/operators", document, "Idempotency-Key", "k" + made);
    Answer second =
        admin.callAs(other, "POST", "/admin/operators", document, "Idempotency-Key", "k" + made);
    assertThat(first.status()).isEqualTo(201);
    assertThat(second.json().path("id").asText())
        .isNotEmpty()
        .isNotEqualTo(first.json().path("id").asText());
  }

  /** A reply would tell of a tenant, a key or an operator that is gone, and show a dead secret. */
  @Test
  void aReplyOfAFormerLifeDoesNotComeBack() {
    String key = "again" + made;
    String id = own + ".admin";
    String rotate = "/admin/operators/" + id + "/rotate";
    String keys = "/admin/tenants/" + below + "/api-keys";
    String apiKey = "{\"id\":\"k\",\"name\":\"k\",\"subject\":\"s\"}";
    String role = "{\"id\":\"r\",\"permissions\":[]}";
    String roles = "/admin/tenants/" + own + "/roles";
    Answer ownRole = admin.callAs(token, "POST", roles, role, "Idempotency-Key", key);
    Answer rotated = admin.post(rotate, "{}", "Idempotency-Key", key + "r");
    Answer firstKey = admin.post(keys, apiKey, "Idempotency-Key", key + "k");
    Answer keyRotated = admin.post(keys + "/k/rotate", "{}", "Idempotency-Key", key + "kr");
    for (Answer answer : List.of(ownRole, firstKey)) {
      assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    }

    // The key made anew, the operator made anew.
    admin.delete(keys + "/k");
    admin.post(keys, apiKey);
    fresh(keyRotated, admin.post(keys + "/k/rotate", "{}", "Idempotency-Key", key + "kr"));
    admin.delete("/admin/operators/" + id);
    token = operator(id, "tenant_admin", own).json().path("secret").asText();
    fresh(rotated, admin.post(rotate, "{}", "Idempotency-Key", key + "r"));
    token = admin.post(rotate, "{}").json().path("secret").asText();
    Answer repeated = admin.callAs(token, "POST", roles, role, "Idempotency-Key", key);
    assertThat(repeated.header("Idempotent-Replayed")).isNull();
    assertThat(repeated.status()).as("the role is there").isEqualTo(409);

    // The tenant gone, and made anew.
    admin.delete("/admin/tenants/" + below);
    assertThat(admin.post(keys, apiKey, "Idempotency-Key", key + "k").status()).isEqualTo(404);
    tenant(below, "team", own);
    Answer secondKey = admin.post(keys, apiKey, "Idempotency-Key", key + "k");
    assertThat(secondKey.status()).as(secondKey.text()).isEqualTo(201);
    fresh(firstKey, secondKey);
    assertThat(admin.post(keys, apiKey, "Idempotency-Key", key + "k").header("Idempotent-Replayed"))
        .isEqualTo("true");
  }

  private static void fresh(Answer former, Answer now) {
    assertThat(now.header("Idempotent-Replayed")).as(now.text()).isNull();
    assertThat(now.json().path("secret").asText())
        .as(former.text())
        .isNotEmpty()
        .isNotEqualTo(former.json().path("secret").asText());
  }
}
