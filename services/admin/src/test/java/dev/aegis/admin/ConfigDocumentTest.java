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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole configuration as one document, out of one journal and into another. */
final class ConfigDocumentTest {
  private static final String CONFIG = "/admin/config";

  private static final String ESTATE =
      """
      {"version": 1, "tenants": [
        {"id": "doc-below", "name": "Below", "parent": "doc",
         "routes": [{"id": "r", "paths": ["/a/**"], "upstream": "u"}],
         "upstreams": [{"id": "u", "targets": [{"url": "http://10.0.0.1:8080"}]}],
         "issuers": [{"id": "i", "issuer": "https://idp.test", "algorithms": ["HS256"],
                      "secret": "0123456789abcdef0123456789abcdef"}],
         "bindings": [{"id": "b", "subject": "s", "roles": ["reader"]}],
         "api-keys": [{"id": "k", "name": "n", "subject": "s"},
                      {"id": "signs", "name": "n", "subject": "s", "signing": true}],
         "webhooks": [{"id": "w", "url": "https://example.org/h", "events": ["*"]}],
         "revocations": [{"id": "gone", "jti": "t-1"}]},
        {"id": "doc", "name": "Doc", "kind": "enterprise",
         "roles": [{"id": "reader", "permissions": [{"paths": ["/**"]}]}]}],
       "plugins": [{"id": "all", "plugin": "rate_limit",
                    "config": {"limit": 5, "window_seconds": 60}}]}
      """;

  private static KafkaPeer kafka;
  private static AdminInstance admin;

  @TempDir private static Path data;

  @BeforeAll
  static void start() throws Exception {
    kafka = KafkaPeer.start();
    admin = new AdminInstance(kafka.bootstrap(), data.resolve("first"), "config");
  }

  @AfterAll
  static void stop() {
    admin.close();
    kafka.close();
  }

  private static Answer apply(String query, String document) {
    return admin.put(CONFIG + query, document);
  }

  private static JsonNode applied(String query, String document) {
    Answer answer = apply(query, document);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private static List<String> keys(JsonNode changes) {
    List<String> keys = new ArrayList<>();
    for (JsonNode change : changes.path("changes")) {
      keys.add(change.path("operation").asText() + " " + change.path("key").asText());
    }
    return keys;
  }

  private static List<String> fields(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(422);
    return answer.json().path("violations").findValuesAsText("field");
  }

  @Test
  void whatWasExportedIsTheSameInAnotherJournalByteForByte() throws Exception {
    JsonNode first = applied("", ESTATE);
    assertThat(first.path("secrets").findValuesAsText("key"))
        .containsExactly(
            "tenants/doc-below/api-keys/k",
            "tenants/doc-below/api-keys/signs",
            "tenants/doc-below/webhooks/w");
    JsonNode again = applied("", ESTATE);
    assertThat(again.path("changes")).isEmpty();
    assertThat(again.path("unchanged").asInt()).isEqualTo(12);
    assertThat(again.path("revision")).isEqualTo(first.path("revision"));
    String exported = admin.get(CONFIG).text();
    assertThat(exported).doesNotContain("0123456789abcdef0123456789abcdef");
    try (KafkaPeer empty = KafkaPeer.start();
        AdminInstance other =
            new AdminInstance(empty.bootstrap(), data.resolve("other"), "other")) {
      Answer answer = other.put(CONFIG, exported);
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.json().path("secrets")).isEmpty();
      assertThat(other.get(CONFIG).text()).isEqualTo(exported);
      Answer yaml = admin.get(CONFIG, "Accept", "application/yaml");
      assertThat(yaml.header("Content-Type")).isEqualTo("application/yaml");
      Answer same =
          other.call(
              "PUT", CONFIG + "?prune=true", yaml.text(), "Content-Type", "application/yaml");
      assertThat(same.json().path("changes")).as(same.text()).isEmpty();
      assertThat(other.get(CONFIG).text()).isEqualTo(exported);
    }
    Answer bare = admin.get(CONFIG + "?secrets=false");
    assertThat(bare.text()).doesNotContain("ciphertext").doesNotContain("hashes");
    assertThat(applied("?prune=true", bare.text()).path("changes")).isEmpty();
  }

  @Test
  void whatIsNotNamedGoesOnlyWhereTheDocumentSpeaksOfItAndIsAskedTo() {
    applied(
        "",
        """
        {"version": 1, "tenants": [{"id": "cut", "name": "Cut",
          "upstreams": [{"id": "u", "targets": [{"url": "http://10.0.0.1"}]}],
          "routes": [{"id": "a", "paths": ["/a"], "upstream": "u"},
                     {"id": "b", "paths": ["/b"], "upstream": "u"}]},
          {"id": "cut-below", "name": "B", "kind": "team", "parent": "cut"}]}
        """);
    String less =
        """
        {"version": 1, "tenants": [{"id": "cut", "name": "Cut",
          "routes": [{"id": "a", "paths": ["/a"], "upstream": "u"}]}]}
        """;
    assertThat(applied("", less).path("changes")).isEmpty();
    String scope = "?tenant=cut&prune=true";
    List<String> gone = List.of("delete tenants/cut/routes/b", "delete tenants/cut-below");
    JsonNode would = applied(scope + "&dry_run=true", less);
    assertThat(keys(would)).containsExactlyInAnyOrderElementsOf(gone);
    assertThat(would.path("deleted").asInt()).isEqualTo(2);
    assertThat(admin.get("/admin/tenants/cut/routes/b").status()).isEqualTo(200);
    assertThat(keys(applied(scope, less))).containsExactlyInAnyOrderElementsOf(gone);
    assertThat(admin.get("/admin/tenants/cut/upstreams/u").status()).isEqualTo(200);
    assertThat(admin.get(CONFIG + "?tenant=cut").json().path("tenants")).hasSize(1);
    assertThat(
            fields(apply(scope, "{\"version\":1,\"tenants\":[{\"id\":\"else\",\"name\":\"E\"}]}")))
        .containsExactly("tenants/else#");
    assertThat(fields(apply(scope, ESTATE))).contains("plugins/all#");
    assertThat(admin.get("/admin/tenants/cut").status()).isEqualTo(200);
    assertThat(keys(applied(scope, "{\"version\":1,\"tenants\":[]}")))
        .containsExactly("delete tenants/cut");
  }

  @Test
  void pruningATenantLeavesTheInstallationAlone() {
    applied(
        "",
        """
        {"version": 1, "tenants": [{"id": "pruned", "name": "P"}],
         "plugins": [{"id": "stays", "plugin": "rate_limit",
                      "config": {"limit": 5, "window_seconds": 60}}]}
        """);
    JsonNode pruned =
        applied(
            "?tenant=pruned&prune=true",
            """
            {"version": 1, "tenants": [{"id": "pruned", "name": "P"}],
             "plugins": [], "operators": []}
            """);
    assertThat(pruned.path("changes")).isEmpty();
    assertThat(admin.get("/admin/plugins/stays").status()).isEqualTo(200);
    assertThat(admin.delete("/admin/plugins/stays").status()).isEqualTo(204);
  }

  @Test
  void mistakesAreAllSaidWithTheNearName() {
    assertThat(
            fields(
                apply(
                    "",
                    """
                    {"tenant": [], "tenants": [
                      {"id": "x", "rotes": [{"id": "r"}]}, {"id": "x"}, 5, {},
                      {"id": "y", "roles": {}, "routes": [{"id": "a"}, {"id": "a"}]}]}
                    """)))
        .containsExactlyInAnyOrder(
            "/tenant",
            "/version",
            "/tenants/0/rotes",
            "/tenants/1",
            "/tenants/2",
            "/tenants/3/id",
            "/tenants/4/roles",
            "/tenants/4/routes/1");
    Answer wrong =
        apply(
            "",
            """
            {"version": 1, "tenants": [{"id": "x", "name": "X",
              "routes": [{"id": "r", "paths": ["/"], "upstream": "u", "metods": ["GET"]}]}]}
            """);
    assertThat(fields(wrong))
        .containsExactlyInAnyOrder("tenants/x/routes/r#/metods", "tenants/x/routes/r#/upstream");
    assertThat(wrong.text()).contains("did you mean \\\"methods\\\"?");
    assertThat(admin.get("/admin/tenants/x").status()).isEqualTo(404);
  }

  @Test
  void aSecretThatIsNotTakenIsNotPassedOver() {
    String document =
        """
        {"version": 1, "tenants": [{"id": "told", "name": "T", "webhooks": [
          {"id": "w", "url": "https://example.org/h", "events": ["*"]%s}]}]}
        """;
    applied("", document.formatted(""));
    assertThat(fields(apply("", document.formatted(", \"secret\": \"mine\""))))
        .as("the webhook is the same otherwise")
        .containsExactly("tenants/told/webhooks/w#/secret");
    assertThat(applied("", document.formatted(", \"secret\": null")).path("changes")).isEmpty();
  }

  @Test
  void yamlThatJsonCannotSayIsRefused() {
    for (String bad :
        List.of(
            "version: 1\nversion: 1\n",
            "version: 1\n---\nversion: 1\n",
            "version: 1\nplugins: &p []\ntenants: *p\n",
            "- 1\n",
            "version: [1\n")) {
      Answer answer = admin.call("PUT", CONFIG, bad, "Content-Type", "application/yaml");
      assertThat(answer.status()).as(bad).isEqualTo(400);
    }
    Answer text = admin.call("PUT", CONFIG, "version: 1", "Content-Type", "text/plain");
    assertThat(text.status()).isEqualTo(415);
  }

  /** Larger than what any other operation takes. */
  @Test
  void thousandsOfObjectsGoInOneDocument() {
    int tenants = 300;
    int routes = 10;
    ObjectNode document = Json.object().put("version", 1);
    ArrayNode all = document.putArray("tenants");
    for (int t = 0; t < tenants; t++) {
      ObjectNode tenant = all.addObject().put("id", "big-" + t).put("name", "n".repeat(2_000));
      tenant.putArray("hosts").add("big-" + t + ".test");
      ObjectNode upstream = tenant.putArray("upstreams").addObject().put("id", "u");
      upstream.putArray("targets").addObject().put("url", "http://10.0.0.1");
      ArrayNode its = tenant.putArray("routes");
      for (int r = 0; r < routes; r++) {
        ObjectNode route = its.addObject().put("id", "r" + r).put("upstream", "u");
        route.putArray("paths").add("/" + "p".repeat(200) + r);
      }
    }
    String text = document.toString();
    assertThat(text).hasSizeGreaterThan(1 << 20);
    assertThat(applied("", text).path("created").asInt()).isEqualTo(tenants * (2 + routes));
    assertThat(applied("", text).path("unchanged").asInt()).isEqualTo(tenants * (2 + routes));
  }
}
