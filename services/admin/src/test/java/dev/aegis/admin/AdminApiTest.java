package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.journal.Json;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The manners of the API, on real sockets and a real Kafka. */
final class AdminApiTest {
  private static KafkaPeer kafka;
  private static AdminInstance admin;
  private static Path data;
  private static int tenants;

  private String tenant;
  private String at;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    data = folder;
    kafka = KafkaPeer.start();
    URI nobody = URI.create("http://127.0.0.1:" + FreePorts.next());
    admin =
        new AdminInstance(
            kafka.bootstrap(),
            data,
            "one",
            settings -> settings.with(AdminSettings.ANALYTICS_URL, nobody));
  }

  @AfterAll
  static void stop() {
    admin.close();
    kafka.close();
  }

  @BeforeEach
  void tenant() {
    tenant = "t" + ++tenants;
    at = "/admin/tenants/" + tenant;
    Answer made = admin.post("/admin/tenants", "{\"id\":\"" + tenant + "\",\"name\":\"T\"}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
  }

  @Test
  void nothingIsToldWithoutTheToken() {
    Answer missing = admin.send(HttpRequest.newBuilder(admin.base().resolve(at)).build());
    assertThat(missing.status()).isEqualTo(401);
    assertThat(missing.code()).isEqualTo("missing_credentials");
    assertThat(missing.header("WWW-Authenticate")).isEqualTo("Bearer realm=\"aegis\"");
    assertThat(missing.header("Content-Type")).isEqualTo("application/problem+json");

    Answer wrong =
        admin.send(
            HttpRequest.newBuilder(admin.base().resolve("/admin/no-such-thing"))
                .header("Authorization", "Bearer nonsense")
                .build());
    assertThat(wrong.status()).isEqualTo(401);
    assertThat(wrong.code()).isEqualTo("invalid_token");
    assertThat(wrong.header("WWW-Authenticate")).contains("error=\"invalid_token\"");
    assertThat(wrong.text()).doesNotContain("nonsense");
  }

  @Test
  void whoGuessesTokensIsToldToWait() throws Exception {
    try (AdminInstance strict =
        new AdminInstance(
            kafka.bootstrap(),
            data.resolve("strict"),
            "strict",
            settings -> settings.with(AdminSettings.MAX_WRONG_TOKENS, 2L))) {
      for (int i = 0; i < 2; i++) {
        assertThat(strict.callAs("guess" + i, "GET", at, null).status()).isEqualTo(401);
      }
      Answer right = strict.get(at);
      assertThat(right.status()).isEqualTo(429);
      assertThat(right.code()).isEqualTo("too_many_attempts");
      assertThat(right.header("Retry-After")).matches("[1-9][0-9]?");
      assertThat(strict.get("/admin/openapi.json").status()).isEqualTo(200);
    }
  }

  @Test
  void aCreatedObjectHasItsMannersAndDefaults() {
    Answer made =
        admin.post(at + "/upstreams", "{\"id\":\"u\",\"targets\":[{\"url\":\"http://10.0.0.1\"}]}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.header("Location")).isEqualTo(at + "/upstreams/u");
    long revision = made.json().path("revision").asLong();
    assertThat(made.header("ETag")).isEqualTo("\"" + revision + "\"");
    assertThat(made.header("Aegis-Revision")).isEqualTo(Long.toString(revision));
    assertThat(made.header("X-Request-Id")).isNotBlank();
    assertThat(made.json().path("created_at").asText()).endsWith("Z");
    assertThat(made.json().path("updated_at")).isEqualTo(made.json().path("created_at"));
    assertThat(made.json().at("/targets/0/weight").asInt()).isEqualTo(1);
    assertThat(made.json().at("/timeouts/connect_ms").asInt()).isEqualTo(2000);

    Answer shown = admin.get(at + "/upstreams/u");
    assertThat(shown.status()).isEqualTo(200);
    assertThat(shown.json()).isEqualTo(made.json());
    assertThat(admin.get(at + "/upstreams/u", "If-None-Match", shown.header("ETag")).status())
        .isEqualTo(304);
    assertThat(admin.get(at + "/upstreams/u", "If-None-Match", "\"1\", W/\"0\"").status())
        .isEqualTo(200);

    Answer again = admin.post(at + "/upstreams", "{\"id\":\"u\",\"service\":\"x\"}");
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.code()).isEqualTo("already_exists");
  }

  @Test
  void whatWasReadCanBeWrittenBack() {
    admin.post(at + "/upstreams", "{\"id\":\"u\",\"service\":\"s\"}");
    String read = admin.get(at + "/upstreams/u").text();
    Answer written = admin.put(at + "/upstreams/u", read);
    assertThat(written.status()).as(written.text()).isEqualTo(200);
    assertThat(written.json().path("service").asText()).isEqualTo("s");
  }

  @Test
  void aStaleWriterIsTurnedAway() {
    Answer made = admin.put(at + "/upstreams/u", "{\"service\":\"a\"}");
    assertThat(made.status()).isEqualTo(201);
    String first = made.header("ETag");
    Answer second = admin.put(at + "/upstreams/u", "{\"service\":\"b\"}", "If-Match", first);
    assertThat(second.status()).isEqualTo(200);
    assertThat(second.header("ETag")).isNotEqualTo(first);
    for (Answer late :
        List.of(
            admin.put(at + "/upstreams/u", "{\"service\":\"c\"}", "If-Match", first),
            admin.patch(at + "/upstreams/u", "{\"service\":\"c\"}", "If-Match", first),
            admin.delete(at + "/upstreams/u", "If-Match", first),
            admin.put(at + "/upstreams/u", "{\"service\":\"c\"}", "If-Match", "W/" + first),
            admin.put(at + "/upstreams/new", "{\"service\":\"c\"}", "If-Match", "*"))) {
      assertThat(late.status()).isEqualTo(412);
      assertThat(late.code()).isEqualTo("stale_revision");
    }
    Answer only = admin.put(at + "/upstreams/u", "{\"service\":\"c\"}", "If-None-Match", "*");
    assertThat(only.status()).isEqualTo(412);
    assertThat(only.code()).isEqualTo("already_exists");
    assertThat(admin.get(at + "/upstreams/u").json().path("service").asText()).isEqualTo("b");
    assertThat(admin.put(at + "/upstreams/u", "{}", "If-Match", "nonsense").code())
        .isEqualTo("malformed_request");
  }

  @Test
  void aMergePatchChangesWhatItNames() {
    admin.patch(at, "{\"labels\":{\"a\":\"1\",\"b\":\"2\"},\"tier\":\"gold\"}");
    Answer patched = admin.patch(at, "{\"labels\":{\"a\":null},\"tier\":null}");
    assertThat(patched.status()).isEqualTo(200);
    assertThat(patched.json().path("labels").toString()).isEqualTo("{\"b\":\"2\"}");
    assertThat(patched.json().path("tier").asText()).isEqualTo("free");
    assertThat(admin.patch(at, "{\"id\":\"other\"}").status()).isEqualTo(422);
    assertThat(admin.patch("/admin/tenants/nobody", "{}").status()).isEqualTo(404);
  }

  @Test
  void everyViolationIsToldAtOnce() {
    Answer bad =
        admin.put(
            at + "/routes/r",
            "{\"pathz\":[],\"paths\":[\"x\"],\"upstream\":\"nowhere\",\"auth\":\"maybe\","
                + "\"methods\":[\"get\"],\"priority\":\"high\"}");
    assertThat(bad.status()).isEqualTo(422);
    assertThat(bad.code()).isEqualTo("invalid");
    assertThat(violations(bad))
        .extracting(violation -> violation.path("field").asText())
        .containsExactlyInAnyOrder(
            "/paths", "/methods", "/auth", "/priority", "/pathz", "/upstream");
    assertThat(bad.text()).contains("did you mean \\\"paths\\\"");
    assertThat(admin.get(at + "/routes/r").status()).isEqualTo(404);
  }

  @Test
  void whatCannotBeReadIsSaid() {
    assertThat(admin.post("/admin/tenants", "{\"id\":").code()).isEqualTo("malformed_request");
    assertThat(admin.post("/admin/tenants", "[]").code()).isEqualTo("malformed_request");
    assertThat(admin.post("/admin/tenants", "{\"id\":\"a\",\"id\":\"b\"}").status()).isEqualTo(400);
    Answer form = admin.post("/admin/tenants", "id=a", "Content-Type", "text/plain");
    assertThat(form.status()).isEqualTo(415);
    assertThat(form.code()).isEqualTo("unsupported_media_type");
    Answer large = admin.post("/admin/tenants", "{\"name\":\"" + "x".repeat(1 << 20) + "\"}");
    assertThat(large.status()).isEqualTo(413);
    assertThat(large.code()).isEqualTo("payload_too_large");
    Answer nothing = admin.get("/admin/nothing");
    assertThat(nothing.status()).isEqualTo(404);
    assertThat(nothing.code()).isEqualTo("not_found");
    assertThat(admin.get("/admin/tenants/nobody/routes").status()).isEqualTo(404);
    assertThat(admin.put("/admin/tenants/nobody/routes/r", "{}").status()).isEqualTo(404);
    Answer method = admin.delete("/admin/tenants");
    assertThat(method.status()).isEqualTo(405);
    assertThat(method.header("Allow")).isEqualTo("GET, HEAD, OPTIONS, POST");
    Answer typo = admin.post("/admin/tenants?dryrun=true", "{\"id\":\"typo\",\"name\":\"T\"}");
    assertThat(typo.status()).isEqualTo(400);
    assertThat(typo.text()).contains("did you mean \\\"dry_run\\\"");
    assertThat(admin.get("/admin/tenants/typo").status()).isEqualTo(404);
    assertThat(admin.get("/admin/tenants?limit=501").status()).isEqualTo(400);
    assertThat(admin.get("/admin/tenants?cursor=x").status()).isEqualTo(400);
    assertThat(admin.put("/admin/tenants/Not_A_Label", "{\"name\":\"T\"}").status()).isEqualTo(422);
  }

  @Test
  void aHeadIsAGetWithoutItsBody() {
    Answer head = admin.call("HEAD", at, null);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("ETag")).isEqualTo(admin.get(at).header("ETag"));
    assertThat(head.response().body()).isEmpty();
  }

  @Test
  void aListComesInPages() {
    for (String id : List.of("c", "a", "e", "b", "d")) {
      admin.put(at + "/upstreams/" + id, "{\"service\":\"" + (id.equals("c") ? "x" : "y") + "\"}");
    }
    List<String> ids = new ArrayList<>();
    String cursor = "";
    int pages = 0;
    while (cursor != null) {
      JsonNode page =
          admin
              .get(at + "/upstreams?limit=2" + (cursor.isEmpty() ? "" : "&cursor=" + cursor))
              .json();
      page.path("items").forEach(item -> ids.add(item.path("id").asText()));
      cursor = page.path("next_cursor").textValue();
      pages++;
    }
    assertThat(ids).containsExactly("a", "b", "c", "d", "e");
    assertThat(pages).isEqualTo(3);
    assertThat(admin.get(at + "/upstreams?service=x").json().path("items")).hasSize(1);
  }

  @Test
  void aRepeatedPostWithAKeyChangesNothingAgain() {
    String body = "{\"url\":\"https://a.test/hook\",\"events\":[\"*\"]}";
    Answer first = admin.post(at + "/webhooks", body, "Idempotency-Key", tenant);
    Answer again = admin.post(at + "/webhooks", body, "Idempotency-Key", tenant);
    assertThat(first.status()).isEqualTo(201);
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.text()).isEqualTo(first.text());
    assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(first.header("Idempotent-Replayed")).isNull();
    assertThat(admin.get(at + "/webhooks").json().path("items")).hasSize(1);
    Answer other =
        admin.post(at + "/webhooks", body.replace("hook", "x"), "Idempotency-Key", tenant);
    assertThat(other.status()).isEqualTo(422);
    assertThat(other.code()).isEqualTo("idempotency_key_reused");
  }

  @Test
  void aRehearsalChangesNothing() {
    Answer tried = admin.patch(at + "?dry_run=true", "{\"tier\":\"gold\",\"hosts\":[\"a.test\"]}");
    assertThat(tried.status()).isEqualTo(200);
    assertThat(tried.json().path("dry_run").asBoolean()).isTrue();
    assertThat(tried.json().at("/object/tier").asText()).isEqualTo("gold");
    assertThat(tried.json().path("diff"))
        .extracting(
            operation -> operation.path("op").asText(),
            operation -> operation.path("path").asText())
        .containsExactlyInAnyOrder(tuple("replace", "/tier"), tuple("replace", "/hosts"));
    assertThat(tried.header("Aegis-Revision")).isNull();
    assertThat(admin.get(at).json().path("tier").asText()).isEqualTo("free");

    Answer route =
        admin.post(
            at + "/routes?dry_run=true",
            "{\"id\":\"r\",\"paths\":[\"/**\"],\"upstream\":\"api-service-"
                + tenant
                + "\",\"hosts\":[\"nobody.test\"]}");
    assertThat(route.json().at("/findings/0/severity").asText()).isEqualTo("warning");
    assertThat(admin.delete(at + "?dry_run=true").json().path("operation").asText())
        .isEqualTo("delete");
    assertThat(admin.get(at).status()).isEqualTo(200);
    assertThat(admin.put(at + "/routes/x?dry_run=true", "{}").status()).isEqualTo(422);
  }

  @Test
  void whatIsInUseStays() {
    admin.put(at + "/upstreams/u", "{\"service\":\"s\"}");
    admin.put(at + "/routes/r", "{\"paths\":[\"/**\"],\"upstream\":\"u\"}");
    admin.put(
        at + "/plugins/p",
        "{\"plugin\":\"rate_limit\",\"route\":\"r\",\"config\":{\"limit\":5,\"window_seconds\":1}}");
    Answer upstream = admin.delete(at + "/upstreams/u");
    assertThat(upstream.status()).isEqualTo(409);
    assertThat(upstream.code()).isEqualTo("in_use");
    assertThat(upstream.json().path("detail").asText()).contains("tenants/" + tenant + "/routes/r");
    assertThat(admin.delete(at + "/routes/r").json().path("detail").asText()).contains("plugins/p");
    assertThat(admin.delete(at + "/plugins/p").status()).isEqualTo(204);
    assertThat(admin.delete(at + "/routes/r").status()).isEqualTo(204);
    Answer gone = admin.delete(at + "/upstreams/u");
    assertThat(gone.status()).isEqualTo(204);
    assertThat(gone.header("Aegis-Revision")).isNotNull();
    assertThat(admin.delete(at + "/upstreams/u").status()).isEqualTo(404);
  }

  /** Whoever asks which routes lead to an upstream means to change or to delete it. */
  @Test
  void routesAreFoundByEachUpstreamThatTheyName() {
    for (String id : List.of("u", "canary", "shadow", "idle")) {
      admin.put(at + "/upstreams/" + id, "{\"service\":\"s\"}");
    }
    String paths = "{\"paths\":[\"/**\"],";
    admin.put(at + "/routes/plain", paths + "\"upstream\":\"u\"}");
    admin.put(
        at + "/routes/split",
        paths + "\"split\":[{\"upstream\":\"u\"},{\"upstream\":\"canary\"}]}");
    admin.put(
        at + "/routes/copied",
        paths + "\"upstream\":\"u\",\"mirror\":{\"upstream\":\"shadow\"},\"auth\":\"none\"}");
    assertThat(routesTo("u")).containsExactly("copied", "plain", "split");
    assertThat(routesTo("canary")).containsExactly("split");
    assertThat(routesTo("shadow")).containsExactly("copied");
    assertThat(routesTo("u&auth=none")).containsExactly("copied");
    assertThat(routesTo("idle")).isEmpty();
    for (String used : List.of("canary", "shadow")) {
      Answer answer = admin.delete(at + "/upstreams/" + used);
      assertThat(answer.status()).isEqualTo(409);
      assertThat(answer.code()).isEqualTo("in_use");
    }
    assertThat(admin.delete(at + "/upstreams/idle").status()).isEqualTo(204);
  }

  private List<String> routesTo(String upstream) {
    List<String> ids = new ArrayList<>();
    admin
        .get(at + "/routes?upstream=" + upstream)
        .json()
        .path("items")
        .forEach(item -> ids.add(item.path("id").asText()));
    return ids;
  }

  @Test
  void aCircleIsNamed() {
    admin.put(at + "/roles/a", "{\"permissions\":[]}");
    admin.put(at + "/roles/b", "{\"permissions\":[],\"inherits\":[\"a\"]}");
    Answer circle = admin.put(at + "/roles/a", "{\"permissions\":[],\"inherits\":[\"b\"]}");
    assertThat(circle.status()).isEqualTo(422);
    assertThat(circle.text()).contains("a → b → a");

    admin.post(
        "/admin/tenants",
        "{\"id\":\"" + tenant + "-child\",\"name\":\"C\",\"parent\":\"" + tenant + "\"}");
    Answer tree = admin.patch(at, "{\"parent\":\"" + tenant + "-child\"}");
    assertThat(tree.status()).isEqualTo(422);
    assertThat(tree.text()).contains(tenant + " → " + tenant + "-child → " + tenant);
    assertThat(admin.delete(at).code()).isEqualTo("in_use");
  }

  @Test
  void whatHoldsInATenantIsShownWithWhereItIsFrom() {
    String child = at + "-child";
    admin.post(
        "/admin/tenants",
        "{\"id\":\"%1$s-child\",\"name\":\"C\",\"kind\":\"team\",\"parent\":\"%1$s\"}"
            .formatted(tenant));
    for (String id : List.of("r", "s")) {
      admin.put(at + "/roles/" + id, "{\"permissions\":[]}");
    }
    admin.put(child + "/roles/s", "{\"permissions\":[]}");
    admin.put(
        at + "/issuers/i",
        "{\"issuer\":\"https://idp\",\"algorithms\":[\"HS256\"],"
            + "\"secret\":\"a shared key of more than thirty-two bytes\"}");
    admin.put(
        at + "/upstreams/u", "{\"targets\":[{\"url\":\"http://10.0.0.1\"}],\"descendants\":true}");

    JsonNode strict = admin.get(child + "/effective").json();
    assertThat(strict.path("fault").isNull()).isTrue();
    assertThat(strict.at("/ancestors/0/id").asText()).isEqualTo(tenant);
    assertThat(strict.at("/ancestors/0/tokens").asText()).isEqualTo("none");
    assertThat(held(strict, "roles"))
        .containsExactly("r " + tenant + " all", "s " + tenant + "-child all");
    assertThat(held(strict, "issuers")).isEmpty();
    assertThat(held(strict, "upstreams")).isEmpty();

    admin.patch(child, "{\"isolation\":\"hybrid\"}");
    Answer answer = admin.get(child + "/effective");
    assertThat(answer.json().at("/ancestors/0/tokens").asText()).isEqualTo("declared");
    assertThat(held(answer.json(), "roles"))
        .containsExactly("r " + tenant + " denials", "s " + tenant + "-child all");
    assertThat(held(answer.json(), "issuers")).containsExactly("i " + tenant + " all");
    assertThat(held(answer.json(), "upstreams")).containsExactly("u " + tenant + " all");
    assertThat(answer.json().at("/upstreams/0/object/descendants").asBoolean()).isTrue();
    assertThat(answer.text()).doesNotContain("thirty-two", "ciphertext");
    assertThat(admin.get("/admin/tenants/nobody/effective").status()).isEqualTo(404);
    // Who is asked by default comes down with the upstream, as the isolation says.
    assertThat(answer.json().path("external_authorization").isNull()).isTrue();
    String asks = "{\"external_authorization\":{\"upstream\":\"u\",\"descendants\":true}}";
    assertThat(admin.patch(at, asks.replace("\"u\"", "\"v\"")).status()).isEqualTo(422);
    assertThat(admin.patch(at, asks).status()).isEqualTo(200);
    JsonNode asked = admin.get(child + "/effective").json().path("external_authorization");
    assertThat(asked.path("from").asText()).isEqualTo(tenant);
    assertThat(asked.at("/object/upstream").asText()).isEqualTo("u");
    assertThat(admin.delete(at + "/upstreams/u").text()).contains("tenants/" + tenant);
    admin.patch(child, "{\"external_authorization\":\"none\"}");
    assertThat(admin.get(child + "/effective").json().path("external_authorization").isNull())
        .isTrue();
    assertThat(admin.patch(child, "{\"external_authorization\":\"nobody\"}").status())
        .isEqualTo(422);
    assertThat(admin.patch(at, "{\"external_authorization\":null}").status()).isEqualTo(200);
    // What holds there is not there: it can be looked at and changed where it is published only.
    assertThat(admin.get(child + "/roles/r").status()).isEqualTo(404);
    assertThat(admin.patch(child + "/upstreams/u", "{}").status()).isEqualTo(404);
    assertThat(admin.delete(child + "/issuers/i").status()).isEqualTo(404);
    assertThat(admin.get(child + "/export").json().path("issuers")).isEmpty();
    // What is inherited can be named, and then it stays.
    admin.put(child + "/routes/x", "{\"paths\":[\"/**\"],\"upstream\":\"u\"}");
    Answer used = admin.delete(at + "/upstreams/u");
    assertThat(used.status()).isEqualTo(409);
    assertThat(used.text()).contains("tenants/" + tenant + "-child/routes/x");
  }

  private static List<String> held(JsonNode effective, String kind) {
    List<String> held = new ArrayList<>();
    for (JsonNode each : effective.path(kind)) {
      held.add(
          String.join(
              " ",
              each.path("id").asText(),
              each.path("from").asText(),
              each.path("use").asText()));
    }
    return held;
  }

  @Test
  void aTenantIsSuspendedResumedAndExportedAsAWhole() {
    String secret = "a shared key of more than thirty-two bytes";
    admin.put(
        at + "/issuers/i",
        "{\"issuer\":\"https://idp\",\"algorithms\":[\"HS256\"],\"secret\":\"" + secret + "\"}");
    admin.put(at + "/roles/r", "{\"permissions\":[]}");
    Answer suspended = admin.post(at + "/suspend", "{}");
    assertThat(suspended.status()).as(suspended.text()).isEqualTo(200);
    assertThat(suspended.json().path("status").asText()).isEqualTo("suspended");
    assertThat(suspended.header("Aegis-Revision")).isNotNull();
    assertThat(admin.get(at).json().path("status").asText()).isEqualTo("suspended");
    assertThat(admin.post(at + "/resume", "{}", "If-Match", "\"0\"").status()).isEqualTo(412);
    Answer rehearsed = admin.post(at + "/resume?dry_run=true", "{}");
    assertThat(rehearsed.json().at("/object/status").asText()).isEqualTo("active");
    assertThat(admin.get(at).json().path("status").asText()).isEqualTo("suspended");
    assertThat(admin.post(at + "/resume", "{}").json().path("status").asText()).isEqualTo("active");
    assertThat(admin.post(at + "/suspend", "{\"x\":1}").status()).isEqualTo(400);
    assertThat(admin.post("/admin/tenants/nobody/suspend", "{}").status()).isEqualTo(404);

    Answer export = admin.get(at + "/export");
    assertThat(export.header("Cache-Control")).isEqualTo("no-store");
    assertThat(export.json().at("/tenant/id").asText()).isEqualTo(tenant);
    assertThat(export.json().at("/issuers/0/secret/ciphertext").asText()).isNotBlank();
    assertThat(export.json().at("/roles/0/id").asText()).isEqualTo("r");
    assertThat(export.json().path("webhooks").isArray()).isTrue();
    assertThat(export.text()).doesNotContain(secret);
    assertThat(admin.get("/admin/tenants/nobody/export").status()).isEqualTo(404);
  }

  @Test
  void noHostBelongsToTwo() {
    admin.patch(at, "{\"hosts\":[\"" + tenant + ".acme.test\"]}");
    Answer taken =
        admin.post(
            "/admin/tenants",
            "{\"id\":\"thief\",\"name\":\"T\",\"hosts\":[\"" + tenant + ".acme.test\"]}");
    assertThat(taken.status()).isEqualTo(409);
    assertThat(taken.code()).isEqualTo("host_conflict");
    assertThat(taken.json().path("detail").asText()).contains(tenant);
    assertThat(
            admin
                .post(
                    "/admin/tenants",
                    "{\"id\":\"thief\",\"name\":\"T\",\"hosts\":[\"" + tenant + ".example.com\"]}")
                .code())
        .isEqualTo("host_conflict");
  }

  @Test
  void pluginsAreChecked() {
    Answer name = admin.post(at + "/plugins", "{\"plugin\":\"rate_limits\"}");
    assertThat(name.status()).isEqualTo(422);
    assertThat(name.text()).contains("did you mean \\\"rate_limit\\\"");
    Answer config =
        admin.post(
            at + "/plugins",
            "{\"plugin\":\"rate_limit\",\"config\":{\"limit\":0,\"windows_seconds\":1},"
                + "\"upstream\":\"none\"}");
    assertThat(violations(config))
        .extracting(violation -> violation.path("field").asText())
        .containsExactlyInAnyOrder(
            "/config/limit", "/config/window_seconds", "/config/windows_seconds", "/upstream");
    Answer everywhere =
        admin.post(
            "/admin/plugins",
            "{\"plugin\":\"rate_limit\",\"route\":\"r\","
                + "\"config\":{\"limit\":1,\"window_seconds\":1}}");
    assertThat(everywhere.text()).contains("/route");
    JsonNode catalog = admin.get("/admin/plugins/catalog").json();
    assertThat(catalog.path("items"))
        .filteredOn(plugin -> plugin.path("name").asText().equals("rate_limit"))
        .singleElement()
        .satisfies(
            plugin ->
                assertThat(plugin.at("/schema/properties/limit/type").asText())
                    .isEqualTo("integer"));
    Answer made =
        admin.put(
            "/admin/plugins/all-" + tenant,
            "{\"plugin\":\"rate_limit\",\"enabled\":false,"
                + "\"config\":{\"limit\":1,\"window_seconds\":1}}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(admin.get("/admin/plugins/all-" + tenant).status()).isEqualTo(200);
  }

  @Test
  void secretsAreNeverShown() {
    String secret = "a shared secret of thirty-two bytes and more";
    Answer issuer =
        admin.put(
            at + "/issuers/main",
            "{\"issuer\":\"https://idp.test\",\"algorithms\":[\"HS256\"],\"secret\":\""
                + secret
                + "\"}");
    assertThat(issuer.status()).as(issuer.text()).isEqualTo(201);
    assertThat(issuer.json().has("secret")).isFalse();
    String read = admin.get(at + "/issuers/main").text();
    assertThat(read).doesNotContain("secret");
    // Kept, because what was read can be written back.
    assertThat(admin.put(at + "/issuers/main", read).status()).isEqualTo(200);
    Answer rehearsed =
        admin.patch(
            at + "/issuers/main?dry_run=true",
            "{\"secret\":\"another secret that is also long enough\"}");
    assertThat(rehearsed.text()).contains("[redacted]").doesNotContain("another secret");
    Answer shortOne = admin.patch(at + "/issuers/main", "{\"secret\":\"hunter2\"}");
    assertThat(shortOne.status()).isEqualTo(422);
    assertThat(shortOne.text()).contains("32 bytes").doesNotContain("hunter2");
    assertThat(violations(shortOne)).hasSize(1);

    long revision = issuer.json().path("revision").asLong();
    assertThat(admin.get("/admin/revisions/" + revision).text())
        .doesNotContain(secret)
        .doesNotContain("ciphertext");
  }

  @Test
  void anIssuersClientSecretIsSealedAndNeverSentElsewhere() {
    String secret = "by which Aegis is known";
    ObjectNode document = Json.object().put("issuer", "https://idp.test");
    document
        .putObject("introspection")
        .put("url", "https://idp.test/introspect")
        .put("client_id", "aegis")
        .put("client_secret", secret);
    Answer made = admin.put(at + "/issuers/opaque", document.toString());
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    String read = admin.get(at + "/issuers/opaque").text();
    assertThat(read)
        .contains("\"cache_s\":30", "\"negative_cache_s\":10", "\"timeout_ms\":2000")
        .doesNotContain("secret", "ciphertext");
    assertThat(admin.get("/admin/revisions/" + made.json().path("revision").asLong()).text())
        .doesNotContain(secret, "ciphertext");
    assertThat(admin.get(at + "/export").text()).contains("ciphertext").doesNotContain(secret);

    // Kept, because what was read can be written back; but not for another place.
    assertThat(admin.put(at + "/issuers/opaque", read).status()).isEqualTo(200);
    Answer changed = admin.patch(at + "/issuers/opaque", "{\"introspection\":{\"cache_s\":5}}");
    assertThat(changed.status()).as(changed.text()).isEqualTo(200);
    for (String member : List.of("\"url\":\"https://evil.test/\"", "\"client_id\":\"other\"")) {
      Answer elsewhere =
          admin.patch(at + "/issuers/opaque", "{\"introspection\":{" + member + "}}");
      assertThat(elsewhere.status()).isEqualTo(422);
      assertThat(violations(elsewhere)).hasSize(1);
      assertThat(elsewhere.text()).contains("/introspection/client_secret", "sent again");
    }
    Answer rehearsed =
        admin.patch(
            at + "/issuers/opaque?dry_run=true",
            "{\"introspection\":{\"url\":\"https://idp.test/i\",\"client_secret\":\"another\"}}");
    assertThat(rehearsed.status()).as(rehearsed.text()).isEqualTo(200);
    assertThat(rehearsed.text()).contains("[redacted]").doesNotContain("another", "ciphertext");
    for (String wrong : List.of("7", "\"\"")) {
      Answer refused =
          admin.patch(
              at + "/issuers/opaque", "{\"introspection\":{\"client_secret\":" + wrong + "}}");
      assertThat(refused.status()).isEqualTo(422);
      assertThat(violations(refused)).hasSize(1);
    }
  }

  @Test
  void aCertificatesKeyIsSealedAndNeverShown() throws Exception {
    String key = pem("rsa.key");
    ObjectNode document = Json.object().put("certificate", pem("rsa.pem")).put("private_key", key);
    document.putArray("hosts").add("shop.acme.test").add("other.test");
    Answer rehearsed = admin.post(at + "/certificates?dry_run=true", document.toString());
    assertThat(rehearsed.status()).as(rehearsed.text()).isEqualTo(200);
    assertThat(rehearsed.text())
        .contains("shop.acme.test", "is not a host of the tenant", "the certificate does not name")
        .doesNotContain(key.lines().toList().get(3), "ciphertext");

    Answer made = admin.put(at + "/certificates/shop", document.toString());
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    String read = admin.get(at + "/certificates/shop").text();
    assertThat(read).contains("BEGIN CERTIFICATE").doesNotContain("private_key", "ciphertext");
    assertThat(admin.get("/admin/revisions/" + made.json().path("revision").asLong()).text())
        .doesNotContain(key.lines().toList().get(3), "ciphertext");

    // Kept, because what was read can be written back; but another certificate needs another key.
    assertThat(admin.put(at + "/certificates/shop", read).status()).isEqualTo(200);
    Answer other =
        admin.patch(
            at + "/certificates/shop",
            Json.object().put("certificate", pem("chain.pem")).toString());
    assertThat(other.status()).isEqualTo(422);
    assertThat(violations(other)).hasSize(1);
    assertThat(other.text()).contains("/private_key", "is not an EC key");
    Answer wrong =
        admin.patch(
            at + "/certificates/shop",
            Json.object().put("private_key", pem("chain.key")).toString());
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.text())
        .contains("/private_key")
        .doesNotContain(pem("chain.key").lines().toList().get(1));
    assertThat(
            admin
                .patch(
                    at + "/certificates/shop",
                    Json.object()
                        .put("certificate", pem("chain.pem"))
                        .put("private_key", pem("chain.key"))
                        .toString())
                .status())
        .isEqualTo(200);
    Answer without =
        admin.post(at + "/certificates", "{\"hosts\":[\"a.test\"],\"certificate\":\"x\"}");
    assertThat(without.status()).isEqualTo(422);
    assertThat(without.text()).contains("/private_key", "is required", "/certificate");
  }

  @Test
  void theKeyOfAnUpstreamIsSealedAndNeverShown() throws Exception {
    String secret = pem("rsa.key").lines().toList().get(3);
    ObjectNode document = Json.object();
    document.putArray("targets").addObject().put("url", "https://10.0.0.1");
    document
        .putObject("tls")
        .put("certificate", pem("rsa.pem"))
        .put("private_key", pem("rsa.key"))
        .put("verify", false);
    Answer rehearsed =
        admin.post(at + "/upstreams?dry_run=true", document.put("id", "u").toString());
    assertThat(rehearsed.status()).as(rehearsed.text()).isEqualTo(200);
    assertThat(rehearsed.text())
        .contains("need not prove who they are")
        .doesNotContain(secret, "ciphertext");

    Answer made = admin.put(at + "/upstreams/u", document.toString());
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    String read = admin.get(at + "/upstreams/u").text();
    assertThat(read).contains("BEGIN CERTIFICATE").doesNotContain("private_key", "ciphertext");

    // Kept when what was read is written back; another certificate needs another key.
    assertThat(admin.put(at + "/upstreams/u", read).status()).isEqualTo(200);
    Answer other =
        admin.patch(
            at + "/upstreams/u",
            "{\"tls\":" + Json.object().put("certificate", pem("chain.pem")) + "}");
    assertThat(other.status()).isEqualTo(422);
    assertThat(violations(other)).hasSize(1);
    assertThat(other.text()).contains("/tls/private_key", "is not an EC key");

    // Another key, no key, no TLS at all, and back: no history tells it.
    Answer changed =
        admin.patch(
            at + "/upstreams/u",
            "{\"tls\":"
                + Json.object()
                    .put("certificate", pem("chain.pem"))
                    .put("private_key", pem("chain.key"))
                + "}");
    assertThat(changed.status()).as(changed.text()).isEqualTo(200);
    Answer without = admin.patch(at + "/upstreams/u", "{\"tls\":{\"certificate\":null}}");
    assertThat(without.status()).as(without.text()).isEqualTo(200);
    Answer plain = admin.patch(at + "/upstreams/u", "{\"tls\":null}");
    assertThat(plain.status()).as(plain.text()).isEqualTo(200);
    Answer again = admin.put(at + "/upstreams/u", document.toString());
    assertThat(again.status()).as(again.text()).isEqualTo(200);
    Answer gone = admin.patch(at + "/upstreams/u", "{\"tls\":null}");
    for (Answer each : List.of(made, changed, without, plain, again, gone)) {
      String text = admin.get("/admin/revisions/" + each.json().path("revision").asLong()).text();
      assertThat(text)
          .doesNotContain(secret, "ciphertext", pem("chain.key").lines().toList().get(1));
    }
    assertThat(admin.get("/admin/revisions/" + changed.json().path("revision").asLong()).text())
        .contains("/tls/private_key", "[redacted]");

    Answer alone =
        admin.post(
            at + "/upstreams",
            "{\"id\":\"v\",\"service\":\"s\",\"tls\":"
                + Json.object().put("certificate", pem("rsa.pem"))
                + "}");
    assertThat(alone.status()).isEqualTo(422);
    assertThat(alone.text()).contains("/tls/private_key", "is required");
  }

  private static String pem(String file) throws IOException {
    return Files.readString(
        Repository.root().resolve("shared/journal/src/test/resources/tls").resolve(file));
  }

  @Test
  void anEndpointsSecretIsToldOnce() {
    Answer made =
        admin.post(at + "/webhooks", "{\"url\":\"https://a.test/\",\"events\":[\"auth.failed\"]}");
    assertThat(made.status()).isEqualTo(201);
    String secret = made.json().path("secret").asText();
    assertThat(secret).startsWith("whsec_");
    assertThat(Base64.getDecoder().decode(secret.substring(6))).hasSize(32);
    assertThat(made.header("Cache-Control")).isEqualTo("no-store");
    String one = made.header("Location");
    assertThat(admin.get(one).json().has("secret")).isFalse();
    assertThat(admin.patch(one, "{\"enabled\":false}").json().has("secret")).isFalse();
    Answer chosen = admin.patch(one, "{\"secret\":\"whsec_mine\"}");
    assertThat(chosen.status()).isEqualTo(422);
    Answer rotated = admin.post(one + "/rotate-secret", null);
    assertThat(rotated.status()).isEqualTo(200);
    assertThat(rotated.json().path("secret").asText()).startsWith("whsec_").isNotEqualTo(secret);
    assertThat(admin.post(at + "/webhooks/none/rotate-secret", null).status()).isEqualTo(404);
  }

  @Test
  void anApiKeysSecretIsToldOnceAndKeptAsAHash() throws Exception {
    String body =
        "{\"name\":\"ci\",\"subject\":\"svc-1\",\"roles\":[\"reader\"],\"expires_at\":null}";
    Answer made = admin.post(at + "/api-keys", body, "Idempotency-Key", tenant);
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    String secret = made.json().path("secret").asText();
    assertThat(ApiKeySecret.wellFormed(secret)).isTrue();
    assertThat(made.header("Cache-Control")).isEqualTo("no-store");
    JsonNode shown = made.json().at("/secrets/0");
    assertThat(secret)
        .startsWith(shown.path("prefix").asText() + "_")
        .endsWith(shown.path("last_four").asText());
    String one = made.header("Location");
    String rotated = admin.post(one + "/rotate", null).json().path("secret").asText();

    // Nobody tells of its use here; and its tag does not say when it was last used.
    Answer unused = admin.get(one, "If-None-Match", "*");
    assertThat(unused.json().path("last_used_at").isNull()).as(unused.text()).isTrue();
    assertThat(
            admin
                .put(one, unused.text().replace("\"last_used_at\":null", "\"last_used_at\":1"))
                .status())
        .isEqualTo(200);

    // The same request gets the same reply: no second key, and no other secret.
    Answer again = admin.post(at + "/api-keys", body, "Idempotency-Key", tenant);
    assertThat(again.text()).isEqualTo(made.text()).doesNotContain(rotated);
    assertThat(admin.get(at + "/api-keys").json().path("items")).hasSize(1);
    Answer other = admin.post(at + "/api-keys", body.replace("ci", "x"), "Idempotency-Key", tenant);
    assertThat(other.status()).isEqualTo(422);

    String hash = ApiKeySecret.Hash.of(secret).toString();
    List<Answer> told = new ArrayList<>();
    told.add(other);
    told.add(admin.get(one));
    told.add(admin.get(at + "/api-keys"));
    told.add(admin.patch(one, "{\"name\":\"new\"}"));
    told.add(admin.post(at + "/api-keys?dry_run=true", body));
    for (JsonNode item : admin.get("/admin/revisions?tenant=" + tenant).json().path("items")) {
      told.add(admin.get("/admin/revisions/" + item.path("revision").asLong()));
    }
    assertThat(told).hasSizeGreaterThan(7);
    for (Answer each : told) {
      assertThat(each.text()).doesNotContain(secret, rotated, hash).doesNotContain("\"secret\":");
    }
    String journal = Files.readString(data.resolve("admin").resolve("fold.jsonl"));
    assertThat(journal).contains(hash).doesNotContain(secret, rotated);
    assertThat(admin.delete(one).status()).isEqualTo(204);
    assertThat(admin.get(one).status()).isEqualTo(404);
  }

  @Test
  void aNewRevocationTakesAwayThoseThatAreOver() {
    String all = at + "/revocations";
    for (String id : List.of("old-1", "old-2")) {
      String over = "{\"id\":\"%s\",\"jti\":\"x\",\"expires_at\":\"2020-01-01T00:00:00Z\"}";
      assertThat(admin.post(all, over.formatted(id)).status()).isEqualTo(201);
    }
    assertThat(admin.post(all, "{\"id\":\"new\",\"jti\":\"y\"}").status()).isEqualTo(201);
    assertThat(admin.get(all).json().findValuesAsText("id")).containsExactly("new");
    assertThat(admin.get(all + "/old-1").status()).isEqualTo(404);
  }

  @Test
  void aKeyThatSignsStaysOneAndItsTextIsKeptSealed() throws Exception {
    String body = "{\"id\":\"s\",\"name\":\"ci\",\"subject\":\"svc-1\",\"signing\":true}";
    Answer made = admin.post(at + "/api-keys", body);
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.json().path("signing").asBoolean()).isTrue();
    Answer rotated = admin.post(at + "/api-keys/s/rotate", "{\"overlap_seconds\":60}");
    assertThat(rotated.json().path("secrets")).hasSize(2);
    assertThat(rotated.json().path("signing").asBoolean()).isTrue();
    // It can be written back, with the word or without it, and cannot become another kind.
    Answer written = admin.put(at + "/api-keys/s", "{\"name\":\"n\",\"subject\":\"svc-1\"}");
    assertThat(written.status()).as(written.text()).isEqualTo(200);
    assertThat(written.json().path("signing").asBoolean()).isTrue();
    assertThat(written.json().path("secrets")).isEqualTo(rotated.json().path("secrets"));
    Answer changed = admin.patch(at + "/api-keys/s", "{\"signing\":false}");
    assertThat(changed.status()).isEqualTo(422);
    assertThat(changed.text()).contains("/signing");
    List<Answer> told = new ArrayList<>(List.of(written, changed, admin.get(at + "/api-keys/s")));
    for (JsonNode item : admin.get("/admin/revisions?tenant=" + tenant).json().path("items")) {
      told.add(admin.get("/admin/revisions/" + item.path("revision").asLong()));
    }
    String journal = Files.readString(data.resolve("admin").resolve("fold.jsonl"));
    for (Answer secret : List.of(made, rotated)) {
      String text = secret.json().path("secret").asText();
      assertThat(ApiKeySecret.wellFormed(text)).isTrue();
      assertThat(journal).contains(ApiKeySecret.Hash.of(text).toString()).doesNotContain(text);
      assertThat(told).noneMatch(each -> each.text().contains(text));
    }
    assertThat(told).noneMatch(each -> each.text().contains("ciphertext"));
  }

  @Test
  void aRevocationHoldsForATimeThatIsSaid() {
    Answer made = admin.post(at + "/revocations", "{\"jti\":\"t-1\"}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    Instant until = Instant.parse(made.json().path("expires_at").asText());
    assertThat(until).isAfter(Instant.now().plus(Duration.ofDays(399)));
    String bySubject =
        "{\"subject\":\"alice\",\"issued_before\":\"2030-01-01T00:00:00Z\","
            + "\"expires_at\":\"2031-01-01T00:00:00Z\"}";
    Answer other = admin.post(at + "/revocations", bySubject);
    assertThat(other.json().path("expires_at").asText()).isEqualTo("2031-01-01T00:00:00Z");
    assertThat(admin.get(at + "/revocations?jti=t-1").json().path("items")).hasSize(1);
    Answer both = admin.post(at + "/revocations", bySubject.replace("{", "{\"jti\":\"x\","));
    assertThat(both.status()).isEqualTo(422);
  }

  @Test
  void twoSecretsOfAnApiKeyAreTakenDuringARotation() {
    String body = "{\"id\":\"k\",\"name\":\"ci\",\"subject\":\"svc-1\"}";
    String first = admin.post(at + "/api-keys", body).json().at("/secrets/0/prefix").asText();
    Answer second = admin.post(at + "/api-keys/k/rotate", "{\"overlap_seconds\":60}");
    assertThat(second.status()).isEqualTo(200);
    assertThat(second.json().path("secrets")).hasSize(2);
    assertThat(second.json().at("/secrets/0/expires_at").isNull()).isTrue();
    assertThat(second.json().at("/secrets/1/prefix").asText()).isEqualTo(first);
    Instant ends = Instant.parse(second.json().at("/secrets/1/expires_at").asText());
    assertThat(ends).isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(61));

    Answer third = admin.post(at + "/api-keys/k/rotate", null);
    assertThat(third.json().path("secrets")).hasSize(2);
    assertThat(third.json().at("/secrets/1/prefix"))
        .isEqualTo(second.json().at("/secrets/0/prefix"));
    Instant usual = Instant.parse(third.json().at("/secrets/1/expires_at").asText());
    assertThat(usual).isAfter(Instant.now().plusSeconds(86_000));

    // What was read can be written back, and changes no secret.
    Answer written = admin.put(at + "/api-keys/k", admin.get(at + "/api-keys/k").text());
    assertThat(written.status()).as(written.text()).isEqualTo(200);
    assertThat(written.json().path("secrets")).isEqualTo(third.json().path("secrets"));

    Answer last = admin.post(at + "/api-keys/k/rotate", "{\"overlap_seconds\":0}");
    assertThat(last.json().path("secrets")).hasSize(1);
    for (String bad : List.of("{\"overlap_seconds\":-1}", "{\"overlap\":1}")) {
      assertThat(admin.post(at + "/api-keys/k/rotate", bad).status()).isEqualTo(422);
    }
    for (String chosen : List.of("{\"secret\":\"mine\"}", "{\"hashes\":[\"mine\"]}")) {
      Answer refused = admin.patch(at + "/api-keys/k", chosen);
      assertThat(refused.status()).isEqualTo(422);
      assertThat(refused.text()).doesNotContain("mine");
    }
    assertThat(admin.post(at + "/api-keys/none/rotate", null).status()).isEqualTo(404);
  }

  @Test
  void anUpstreamDoesNotLeadToAegisItself() {
    for (String host : List.of("127.0.0.1", "localhost", "[::1]", "0.0.0.0")) {
      Answer own =
          admin.put(
              at + "/upstreams/own",
              "{\"targets\":[{\"url\":\"http://" + host + ":" + admin.base().getPort() + "\"}]}");
      assertThat(own.status()).as(host).isEqualTo(422);
      assertThat(own.text()).contains("/targets/0/url");
    }
  }

  @Test
  void revisionsTellWhoChangedWhat() {
    admin.put(at + "/upstreams/u", "{\"service\":\"a\"}");
    Answer changed = admin.put(at + "/upstreams/u", "{\"service\":\"b\"}");
    admin.delete(at + "/upstreams/u");
    JsonNode list = admin.get("/admin/revisions?tenant=" + tenant).json();
    assertThat(list.path("items"))
        .extracting(
            item -> item.path("operation").asText(),
            item -> item.path("key").asText(),
            item -> item.path("actor").asText())
        .containsExactly(
            tuple("delete", "tenants/" + tenant + "/upstreams/u", "platform_admin"),
            tuple("update", "tenants/" + tenant + "/upstreams/u", "platform_admin"),
            tuple("create", "tenants/" + tenant + "/upstreams/u", "platform_admin"),
            tuple("create", "tenants/" + tenant, "platform_admin"));
    JsonNode one = admin.get("/admin/revisions/" + changed.header("Aegis-Revision")).json();
    assertThat(one.at("/diff/0/path").asText()).isEqualTo("/service");
    assertThat(one.at("/diff/0/from").asText()).isEqualTo("a");
    assertThat(one.at("/diff/0/value").asText()).isEqualTo("b");
    assertThat(one.at("/definition/service").asText()).isEqualTo("b");
    JsonNode page = admin.get("/admin/revisions?limit=1").json();
    assertThat(page.path("items")).hasSize(1);
    JsonNode next =
        admin.get("/admin/revisions?limit=1&cursor=" + page.path("next_cursor").asText()).json();
    assertThat(next.at("/items/0/revision").asLong())
        .isLessThan(page.at("/items/0/revision").asLong());
    assertThat(admin.get("/admin/revisions/99999999").status()).isEqualTo(404);
    assertThat(admin.get("/admin/revisions/x").status()).isEqualTo(404);
  }

  @Test
  void theDescriptionIsOpenToAll() {
    Answer description =
        admin.send(HttpRequest.newBuilder(admin.base().resolve("/admin/openapi.json")).build());
    assertThat(description.status()).isEqualTo(200);
    assertThat(description.json().path("openapi").asText()).isEqualTo("3.1.0");
  }

  @Test
  void backendsThatAreAwayAreSaidToBe() {
    Answer away = admin.get("/admin/analytics/usage?tenant=" + tenant);
    assertThat(away.status()).isEqualTo(503);
    assertThat(away.code()).isEqualTo("service_unavailable");
    assertThat(away.header("Retry-After")).isNotNull();
  }

  @Test
  void managementAnswersBesideTheApi() {
    Answer ready =
        admin.send(HttpRequest.newBuilder(admin.management().resolve("/health/ready")).build());
    assertThat(ready.status()).isEqualTo(200);
    Answer metrics =
        admin.send(HttpRequest.newBuilder(admin.management().resolve("/metrics")).build());
    assertThat(metrics.text()).contains("aegis_config_revision");
    Answer status =
        admin.send(HttpRequest.newBuilder(admin.management().resolve("/status")).build());
    assertThat(status.json().path("kafka").asText()).isEqualTo("up");
  }

  private static List<JsonNode> violations(Answer answer) {
    return StreamSupport.stream(answer.json().path("violations").spliterator(), false).toList();
  }
}
