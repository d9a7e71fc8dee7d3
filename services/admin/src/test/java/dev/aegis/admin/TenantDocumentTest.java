package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.journal.Json;
import dev.aegis.testkit.KafkaPeer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration of a tenant as one document, in the hands of those who administer it. */
final class TenantDocumentTest {
  private static final String CONFIG = "/admin/config";
  private static final String PUBLIC = "http://93.184.216.34";

  private static KafkaPeer kafka;
  private static AdminInstance admin;
  private static int made;

  private String corp;
  private String own;
  private String below;
  private String foreign;
  private String token;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    kafka = KafkaPeer.start();
    admin = new AdminInstance(kafka.bootstrap(), data, "tenant-document");
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
    String tree =
        """
        {"version": 1, "tenants": [
          {"id": "CORP", "name": "C", "kind": "enterprise"},
          {"id": "OWN", "name": "O", "kind": "organization", "parent": "CORP",
           "hosts": ["OWN.test"],
           "upstreams": [{"id": "u", "targets": [{"url": "http://93.184.216.34"}]}],
           "routes": [{"id": "r", "paths": ["/r"], "upstream": "u"}],
           "issuers": [{"id": "i", "issuer": "https://idp.test", "algorithms": ["HS256"],
                        "secret": "0123456789abcdef0123456789abcdef"}],
           "api-keys": [{"id": "k", "name": "n", "subject": "s"}],
           "webhooks": [{"id": "w", "url": "https://example.org/h", "events": ["*"]}]},
          {"id": "BELOW", "name": "B", "kind": "team", "parent": "OWN"},
          {"id": "FOREIGN", "name": "F", "hosts": ["FOREIGN.test"],
           "routes": [{"id": "secret-route", "paths": ["/x"], "upstream": "api-service-FOREIGN"}]}]}
        """;
    Answer answer = admin.put(CONFIG, named(tree));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    token = operator(own + ".admin", "tenant_admin");
  }

  /** Puts this test's tenants in the place of their names. */
  private String named(String text) {
    return text.replace("CORP", corp)
        .replace("OWN", own)
        .replace("BELOW", below)
        .replace("FOREIGN", foreign);
  }

  private String operator(String id, String role) {
    Answer answer =
        admin.post(
            "/admin/operators",
            "{\"id\":\"%s\",\"name\":\"N\",\"role\":\"%s\",\"tenant\":\"%s\"}"
                .formatted(id, role, own));
    assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    return answer.json().path("secret").asText();
  }

  private Answer export(String query) {
    return admin.callAs(token, "GET", named(CONFIG + query), null);
  }

  private Answer apply(String query, String document) {
    return admin.callAs(token, "PUT", named(CONFIG + query), named(document));
  }

  private List<String> applied(String query, String document) {
    Answer answer = apply(query, document);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    List<String> keys = new ArrayList<>();
    for (JsonNode change : answer.json().path("changes")) {
      keys.add(change.path("operation").asText() + " " + change.path("key").asText());
    }
    return keys;
  }

  /** What is wrong, by its place; and that nothing was changed for it. */
  private Map<String, String> wrong(String query, String document) {
    String before = admin.get(CONFIG).text();
    Map<String, String> wrong = new TreeMap<>();
    for (String each : List.of(query, query + "&dry_run=true")) {
      Answer answer = apply(each, document);
      assertThat(answer.status()).as(answer.text()).isEqualTo(422);
      for (JsonNode violation : answer.json().path("violations")) {
        wrong.put(violation.path("field").asText(), violation.path("message").asText());
      }
    }
    assertThat(admin.get(CONFIG).text()).isEqualTo(before);
    return wrong;
  }

  private String own(String members) {
    return "{\"version\":1,\"tenants\":[{\"id\":\"OWN\",\"name\":\"O\",\"kind\":\"organization\","
        + "\"parent\":\"CORP\",\"hosts\":[\"OWN.test\"]"
        + members
        + "}]}";
  }

  @Test
  void anExportHasTheTenantAndThoseBelowWithoutSecrets() {
    Answer exported = export("?tenant=OWN");
    assertThat(exported.status()).isEqualTo(200);
    assertThat(exported.json().at("/tenants/0/id").asText()).isEqualTo(below);
    assertThat(exported.json().at("/tenants/1/id").asText()).isEqualTo(own);
    assertThat(exported.json().path("tenants")).hasSize(2);
    assertThat(exported.json().has("plugins")).isFalse();
    assertThat(exported.json().has("operators")).isFalse();
    assertThat(exported.text())
        .doesNotContain("ciphertext")
        .doesNotContain("hashes")
        .doesNotContain(foreign);
    assertThat(export("?tenant=OWN&secrets=true").text()).isEqualTo(exported.text());
    assertThat(export("?tenant=BELOW").json().path("tenants")).hasSize(1);
    assertThat(applied("?tenant=OWN&prune=true", exported.text())).isEmpty();
    assertThat(export("").status()).isEqualTo(403);
    for (String beyond : List.of(corp, foreign, "missing")) {
      Answer refused = export("?tenant=" + beyond);
      assertThat(refused.status()).isEqualTo(404);
      assertThat(refused.json().path("detail").asText())
          .isEqualTo("There is no tenant \"" + beyond + "\"");
      assertThat(apply("?tenant=" + beyond, own("")).status()).isEqualTo(404);
    }
  }

  @Test
  void theTenantAndThoseBelowBecomeWhatTheDocumentSays() {
    String document =
        """
        {"version": 1, "tenants": [
          {"id": "OWN-leaf", "name": "L", "kind": "user", "parent": "OWN-team",
           "routes": [{"id": "r", "paths": ["/r"], "upstream": "u"}],
           "upstreams": [{"id": "u", "targets": [{"url": "http://93.184.216.34"}]}]},
          {"id": "OWN-team", "name": "T", "kind": "team", "parent": "OWN",
           "hosts": ["shop.OWN.test"]},
          {"id": "BELOW", "name": "Renamed", "kind": "team", "parent": "OWN"}]}
        """;
    List<String> changes =
        List.of(
            "update tenants/" + below,
            "create tenants/" + own + "-team",
            "create tenants/" + own + "-leaf",
            "create tenants/" + own + "-leaf/upstreams/u",
            "create tenants/" + own + "-leaf/routes/r");
    assertThat(applied("?tenant=OWN&dry_run=true", document))
        .containsExactlyInAnyOrderElementsOf(changes);
    assertThat(applied("?tenant=OWN", document)).containsExactlyInAnyOrderElementsOf(changes);
    assertThat(applied("?tenant=OWN", document)).isEmpty();
    JsonNode leaf = admin.get("/admin/tenants/" + own + "-leaf/routes/r").json();
    JsonNode revision = admin.get("/admin/revisions/" + leaf.path("revision").asText()).json();
    assertThat(revision.path("actor").asText()).isEqualTo(own + ".admin");
  }

  @Test
  void anAuditorReadsAndChangesNothing() {
    String auditor = operator(own + ".auditor", "auditor");
    String path = CONFIG + "?tenant=" + own;
    Answer exported = admin.callAs(auditor, "GET", path, null);
    assertThat(exported.text()).isEqualTo(export("?tenant=OWN").text());
    assertThat(admin.callAs(auditor, "PUT", path, exported.text()).status()).isEqualTo(403);
    assertThat(admin.callAs(auditor, "PUT", path + "&dry_run=true", exported.text()).status())
        .isEqualTo(403);
  }

  @Test
  void aTenantBeyondReachIsAsOneThatIsNotThere() {
    String document =
        """
        {"version": 1, "tenants": [{"id": "%s", "name": "X",
          "routes": [{"id": "secret-route", "paths": ["/x"], "upstream": "api-service-FOREIGN"}]}]}
        """;
    String missing = wrong("?tenant=OWN", document.formatted("missing")).toString();
    assertThat(missing).contains("tenants/missing#=");
    for (String beyond : List.of(corp, foreign)) {
      assertThat(wrong("?tenant=OWN", document.formatted(beyond)).toString())
          .isEqualTo(missing.replace("missing", beyond));
    }
    assertThat(
            wrong(
                "?tenant=OWN",
                "{\"version\":1,\"plugins\":[{\"id\":\"p\",\"plugin\":\"rate_limit\"}],"
                    + "\"operators\":[{\"id\":\"o\",\"name\":\"n\",\"role\":\"platform_admin\"}]}"))
        .containsOnlyKeys("plugins/p#", "operators/o#");
  }

  @Test
  void whatIsSettledAboveStaysSo() {
    assertThat(wrong("?tenant=OWN", own("").replace("\"CORP\"", "\"FOREIGN\"")))
        .containsEntry(
            "tenants/" + own + "#/parent", "is settled by whoever administers the tenants above")
        .hasSize(1);
    assertThat(wrong("?tenant=OWN", own(",\"tier\":\"gold\",\"max_active\":7")))
        .containsOnlyKeys("tenants/" + own + "#/tier", "tenants/" + own + "#/max_active");
    Answer gone = apply("?tenant=OWN&prune=true", "{\"version\":1,\"tenants\":[]}");
    assertThat(gone.status()).isEqualTo(422);
    assertThat(gone.text()).contains("An operator does not delete the tenant that it is held to");
    assertThat(admin.get("/admin/tenants/" + own).status()).isEqualTo(200);
  }

  @Test
  void oneThingBeyondTheGuardrailsStopsAll() {
    Map<String, String> wrong =
        wrong(
            "?tenant=OWN",
            """
            {"version": 1, "tenants": [
              {"id": "OWN-a", "name": "A", "kind": "team", "parent": "OWN",
               "upstreams": [{"id": "good", "targets": [{"url": "http://93.184.216.34"}]}]},
              {"id": "OWN-b", "name": "B", "kind": "team", "parent": "OWN",
               "hosts": ["bank.test", "ok.OWN.test"],
               "upstreams": [{"id": "bad", "targets": [{"url": "http://93.184.216.34"},
                                                       {"url": "http://127.0.0.1"}]}]},
              {"id": "OWN-c", "name": "C", "kind": "team", "parent": "OWN",
               "routes": [{"id": "r", "paths": ["/r"], "upstream": "nowhere"}]}]}
            """);
    assertThat(wrong)
        .containsOnlyKeys(
            named("tenants/OWN-b#/hosts/0"), // and so what is in it is not judged
            named("tenants/OWN-c/routes/r#/upstream"));
    assertThat(
            wrong(
                "?tenant=OWN",
                own(
                    ",\"upstreams\":[{\"id\":\"good\",\"targets\":[{\"url\":\"http://93.184.216.34\"}]},"
                        + "{\"id\":\"bad\",\"service\":\"billing\"},"
                        + "{\"id\":\"worse\",\"targets\":[{\"url\":\"http://localhost\"}]}]")))
        .containsOnlyKeys(
            named("tenants/OWN/upstreams/bad#/service"),
            named("tenants/OWN/upstreams/worse#/targets/0/url"));
  }

  @Test
  void aDocumentDoesNotWidenTheGuardrailsThatItIsJudgedBy() {
    String wide = ",\"guardrails\":{\"upstream_addresses\":[\"*\",\"0.0.0.0/0\"]}";
    String inside = ",\"upstreams\":[{\"id\":\"in\",\"targets\":[{\"url\":\"http://10.0.0.1\"}]}]";
    assertThat(wrong("?tenant=OWN", own(wide + inside)))
        .containsOnlyKeys(
            named("tenants/OWN#/guardrails"), named("tenants/OWN/upstreams/in#/targets/0/url"));
    assertThat(
            wrong(
                "?tenant=OWN",
                "{\"version\":1,\"tenants\":[{\"id\":\"OWN-n\",\"name\":\"N\",\"kind\":\"team\","
                    + "\"parent\":\"OWN\""
                    + (wide + inside + "}]}")))
        .containsOnlyKeys(named("tenants/OWN-n#/guardrails"));
    // Those that a tenant takes off itself hold on, too.
    admin.callAs(
        AdminInstance.TOKEN,
        "PATCH",
        "/admin/tenants/" + below,
        "{\"guardrails\":{\"plugins\":[],\"upstream_addresses\":[]}}");
    String bare =
        "{\"version\":1,\"tenants\":[{\"id\":\"BELOW\",\"name\":\"B\",\"kind\":\"team\","
            + "\"parent\":\"OWN\",\"upstreams\":[{\"id\":\"out\",\"targets\":[{\"url\":\""
            + PUBLIC
            + "\"}]}]}]}";
    assertThat(wrong("?tenant=OWN", bare))
        .containsOnlyKeys(
            named("tenants/BELOW#/guardrails"),
            named("tenants/BELOW/upstreams/out#/targets/0/url"));
    assertThat(wrong("?tenant=OWN&prune=true", own("")))
        .containsEntry(
            named("tenants/BELOW#"),
            "The tenant has guardrails, which would go with it: ask the platform");
  }

  @Test
  void thereAreNoMoreTenantsThanThereMayBe() {
    admin.callAs(
        AdminInstance.TOKEN,
        "PATCH",
        "/admin/tenants/" + own,
        "{\"guardrails\":{\"max_limits\":{\"tenants\":2}}}");
    ObjectNode document = Json.object().put("version", 1);
    ArrayNode tenants = document.putArray("tenants");
    for (int i = 0; i < 3; i++) {
      tenants
          .addObject()
          .put("id", own + "-" + i)
          .put("name", "N")
          .put("kind", "team")
          .put("parent", own);
    }
    assertThat(wrong("?tenant=OWN", document.toString()))
        .containsOnlyKeys(named("tenants/OWN-1#/parent"), named("tenants/OWN-2#/parent"));
    tenants.remove(2);
    tenants.remove(1);
    assertThat(applied("?tenant=OWN", document.toString())).hasSize(1);
  }

  @Test
  void aHostIsNotSaidToBeAnothersUnlessItMayBeGiven() {
    String document =
        "{\"version\":1,\"tenants\":[{\"id\":\"BELOW\",\"name\":\"B\",\"kind\":\"team\","
            + "\"parent\":\"OWN\",\"hosts\":[\"%s\"]}]}";
    for (String host : List.of(foreign + ".test", "nobodys.test")) {
      assertThat(wrong("?tenant=OWN", document.formatted(host)))
          .containsOnlyKeys(named("tenants/BELOW#/hosts/0"));
    }
    admin.callAs(
        AdminInstance.TOKEN,
        "PATCH",
        "/admin/tenants/" + own,
        "{\"guardrails\":{\"hosts\":[\"*\"]}}");
    assertThat(wrong("?tenant=OWN", document.formatted(foreign + ".test")))
        .containsEntry(
            named("tenants/BELOW#/hosts"), named("\"FOREIGN.test\" is a host of another tenant"));
    assertThat(wrong("?tenant=OWN", document.formatted(own + ".test")))
        .containsEntry(
            named("tenants/BELOW#/hosts"), named("\"OWN.test\" is a host of tenant \"OWN\""));
  }

  @Test
  void pruningTakesNothingFromOthers() {
    JsonNode before = admin.get(CONFIG).json();
    assertThat(applied("?tenant=OWN&prune=true", own(",\"routes\":[],\"plugins\":[]")))
        .containsExactlyInAnyOrder(
            named("delete tenants/OWN/routes/r"), named("delete tenants/BELOW"));
    JsonNode after = admin.get(CONFIG).json();
    List<JsonNode> left = new ArrayList<>();
    after.path("tenants").forEach(left::add);
    for (JsonNode tenant : before.path("tenants")) {
      String id = tenant.path("id").asText();
      assertThat(left.contains(tenant)).as(id).isEqualTo(!id.equals(own) && !id.equals(below));
    }
    assertThat(after.path("operators")).isEqualTo(before.path("operators"));
  }

  @Test
  void secretsAreNotCarriedIn() {
    JsonNode sealed = admin.get(CONFIG + "?tenant=" + own).json();
    assertThat(sealed.toString()).contains("ciphertext").contains("hashes");
    assertThat(wrong("?tenant=OWN", sealed.toString()))
        .containsOnlyKeys(
            named("tenants/OWN/issuers/i#/secret"),
            named("tenants/OWN/api-keys/k#/hashes"),
            named("tenants/OWN/webhooks/w#/secret"));
  }

  @Test
  void aDocumentIsAsLongAsOthersCanWaitForIt() {
    ObjectNode document = Json.object().put("version", 1);
    ObjectNode tenant = document.putArray("tenants").addObject().put("id", own).put("name", "O");
    ArrayNode roles = tenant.putArray("roles");
    for (int i = 0; i < 10_000; i++) {
      roles.addObject().put("id", "r" + i);
    }
    Answer many = apply("?tenant=OWN", document.toString());
    assertThat(many.status()).isEqualTo(413);
    assertThat(many.json().path("detail").asText()).startsWith("10001 objects");
    roles.removeAll();
    for (int i = 0; i < 9_999; i++) {
      roles
          .addObject()
          .put("id", "r" + i)
          .putArray("permissions")
          .addObject()
          .putArray("paths")
          .add("/**");
    }
    tenant.put("kind", "organization").put("parent", corp).putArray("hosts").add(own + ".test");
    Answer most = apply("?tenant=OWN", document.toString());
    assertThat(most.status()).as(most.text()).isEqualTo(200);
    assertThat(most.json().path("created").asInt()).isEqualTo(9_999);
    Answer wide = apply("?tenant=OWN", own(",\"labels\":{\"a\":\"" + "x".repeat(1 << 20) + "\"}"));
    assertThat(wide.status()).isEqualTo(413);
  }
}
