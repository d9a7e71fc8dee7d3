package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.JournalHistory;
import dev.aegis.chassis.Logs;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.SealedMember;
import dev.aegis.plugin.Plugin;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.PluginSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What plugins are told in secret, looked for wherever it might be shown. */
final class PluginSecretsTest {
  private static final MasterKey MASTER_KEY = MasterKey.parse(AdminInstance.MASTER_KEY);
  private static final String TOKEN = "tok-3f9c1d7e5b";
  private static final String NORTH = "key-north-88172";
  private static final String SOUTH = "key-south-55031";

  private static final String VAULT =
      """
      import dev.aegis.plugin.*;
      import java.util.*;

      public class Vault implements Plugin<Vault.Config> {
        public record Place(
            @Member("Where.") String name,
            @Member(value = "Its keys.", secret = true) List<String> keys) {}

        public record Config(
            @Member(value = "What opens it.", secret = true) String token,
            @Member(value = "How many.", otherwise = "1") int count,
            @Member("Where else.") List<Place> places) {
          public Config {
            if (token.length() < 8) {
              throw new IllegalArgumentException("the token " + token + " is too short");
            }
          }
        }

        public String name() { return "vault"; }

        public String description() { return "Keeps secrets."; }

        public Class<Config> config() { return Config.class; }

        public Filter configure(Config config) { return new Filter() {}; }
      }
      """;

  private static KafkaPeer kafka;
  private static Path data;
  private static Path log;
  private static Logs logs;
  private static AdminInstance admin;
  private static JournalHistory history;
  private static int tenants;

  private String tenant;
  private String at;

  @BeforeAll
  static void start(@TempDir Path folder, @TempDir Path work) throws Exception {
    data = folder;
    Path jars = Files.createDirectories(folder.resolve("plugins"));
    new PluginSource(work, Plugin.class, "Vault", VAULT).pack(jars.resolve("vault.jar"), "1");
    log = folder.resolve("logs").resolve("aegis.log");
    logs = Logs.configure(log, "admin", false, "debug", Logs.Bounds.USUAL);
    kafka = KafkaPeer.start();
    admin = new AdminInstance(kafka.bootstrap(), data, "secrets");
    history = new JournalHistory(new BusSettings(kafka.bootstrap(), "secrets-test"));
  }

  @AfterAll
  static void stop() {
    history.close();
    admin.close();
    kafka.close();
    logs.close();
  }

  @BeforeEach
  void used() {
    tenant = "t" + ++tenants;
    at = "/admin/tenants/" + tenant + "/plugins/v";
    ok(admin.put("/admin/tenants/" + tenant, "{\"name\":\"T\"}"));
    ok(admin.put(at, told(TOKEN, NORTH)));
  }

  @Test
  void nothingSecretIsLoggedAtTheLevelDebug() throws Exception {
    String secret = "s3cr3t-";
    admin.put(at, told("short", NORTH));
    admin.put(at, "{\"plugin\":\"vault\",\"config\":{\"token\":\"" + secret + "1");
    ok(
        admin.put(
            "/admin/tenants/" + tenant + "/issuers/main",
            "{\"issuer\":\"https://idp.test\",\"algorithms\":[\"HS256\"],\"secret\":\""
                + secret
                + "of-an-issuer-32-characters-long\"}"));
    ok(
        admin.put(
            "/admin/tenants/" + tenant + "/webhooks/hook",
            "{\"events\":[\"request.failed\"],\"url\":\"https://hooks.test/"
                + secret
                + "2?token="
                + secret
                + "3\"}"));
    admin.put(
        "/admin/tenants/" + tenant + "/webhooks/hook",
        "{\"url\":\"https://u:" + secret + "4@hooks.test/\",\"events\":[\"request.failed\"]}");
    String key =
        admin
            .post("/admin/tenants/" + tenant + "/api-keys", "{\"name\":\"n\",\"subject\":\"s\"}")
            .json()
            .path("secret")
            .asText();
    assertThat(key).isNotEmpty();
    admin.get("/admin/tenants?token=" + secret + "5", "Cookie", "session=" + secret + "6");
    admin.callAs(secret + "7", "GET", "/admin/tenants", null);
    admin.callAs(secret + "8", "GET", "/admin/analytics/series?tenant=" + tenant, null);
    // The analytics do not run here, and their client is told so.
    admin.get("/admin/analytics/series?tenant=" + tenant + "&from=" + secret + "9");
    logged("marker after all of it");
    await().until(() -> Files.readString(log).contains("marker after all of it"));
    assertThat(Files.readString(log))
        .doesNotContain(
            secret, key, TOKEN, NORTH, SOUTH, AdminInstance.TOKEN, AdminInstance.MASTER_KEY);
    for (String line : Files.readAllLines(log)) {
      assertThat(Json.readObject(line.getBytes(StandardCharsets.UTF_8)).path("service").asText())
          .isEqualTo("admin");
    }
  }

  private static void logged(String message) {
    LoggerFactory.getLogger("dev.aegis.admin.Test").debug(message);
  }

  private static String told(String token, String north) {
    ObjectNode document = Json.object().put("plugin", "vault");
    ObjectNode config = document.putObject("config").put("token", token);
    ObjectNode first = config.putArray("places").addObject().put("name", "north");
    first.putArray("keys").add(north).add("x");
    ObjectNode second = config.withArray("places").addObject().put("name", "south");
    second.putArray("keys").add(SOUTH);
    return document.toString();
  }

  private static Answer ok(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isBetween(200, 201);
    return answer;
  }

  private long revision() {
    return ok(admin.get(at)).json().path("revision").asLong();
  }

  /** The configuration as it is kept, its secrets opened. */
  private JsonNode kept() throws Exception {
    ObjectNode config =
        (ObjectNode) history.read(revision(), 1).getFirst().change().definition().get("config");
    assertThat(config.toString()).doesNotContain(TOKEN, NORTH, SOUTH);
    ObjectKey key = new ObjectKey(Kind.PLUGIN, tenant, "v");
    config.set("token", SealedMember.open(MASTER_KEY, key, config.get("token")));
    for (JsonNode place : config.path("places")) {
      ((ObjectNode) place).set("keys", SealedMember.open(MASTER_KEY, key, place.get("keys")));
    }
    return config;
  }

  private void isShownNowhere(String... secrets) throws Exception {
    List<String> shown = new ArrayList<>();
    String tenants = "/admin/tenants/" + tenant;
    for (String path :
        List.of(
            at,
            tenants + "/plugins",
            tenants + "/effective",
            "/admin/plugins/catalog",
            "/admin/revisions?limit=500",
            "/admin/audit?limit=500",
            "/admin/config?secrets=false",
            "/admin/nodes")) {
      shown.add(ok(admin.get(path)).text());
    }
    for (JsonNode each : admin.get("/admin/revisions?limit=500").json().path("items")) {
      shown.add(ok(admin.get("/admin/revisions/" + each.path("revision").asLong())).text());
    }
    assertThat(shown).allSatisfy(text -> assertThat(text).doesNotContain("ciphertext"));
    shown.add(ok(admin.get("/admin/config")).text());
    shown.add(ok(admin.get(tenants + "/export")).text());
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        shown.add(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    }
    assertThat(shown).allSatisfy(text -> assertThat(text).doesNotContain(secrets));
  }

  @Test
  void areShownNowhereAndKeptWhenWhatIsShownComesBack() throws Exception {
    assertThat(kept().path("token").asText()).isEqualTo(TOKEN);
    String shown = ok(admin.get(at)).text();
    assertThat(ok(admin.get(at)).json().path("config"))
        .hasToString("{\"places\":[{\"name\":\"north\"},{\"name\":\"south\"}]}");
    long before = revision();
    ok(admin.put(at, shown));
    ok(admin.patch(at, "{\"order\":7,\"config\":{\"count\":2}}"));
    assertThat(revision()).isGreaterThan(before);
    assertThat(kept())
        .hasToString(
            "{\"places\":[{\"name\":\"north\",\"keys\":[\""
                + NORTH
                + "\",\"x\"]},{\"name\":\"south\",\"keys\":[\""
                + SOUTH
                + "\"]}],\"count\":2,\"token\":\""
                + TOKEN
                + "\"}");
    // An item keeps its own wherever it stands, and one that is another has none.
    ok(admin.patch(at, "{\"config\":{\"places\":[{\"name\":\"south\"},{\"name\":\"north\"}]}}"));
    assertThat(kept().at("/places/0/keys/0").asText()).isEqualTo(SOUTH);
    ok(admin.patch(at, "{\"config\":{\"places\":[{\"name\":\"elsewhere\",\"keys\":[]}]}}"));
    assertThat(kept().at("/places/0/keys")).isEmpty();
    isShownNowhere(TOKEN, NORTH, SOUTH);
  }

  @Test
  void changesAreToldWithoutThem() throws Exception {
    String another = "tok-another-5512";
    Answer rehearsed =
        ok(admin.patch(at + "?dry_run=true", "{\"config\":{\"token\":\"" + another + "\"}}"));
    assertThat(rehearsed.text()).contains("[redacted]", "/config/token");
    Answer items = ok(admin.put(at + "?dry_run=true", told(TOKEN, another)));
    assertThat(items.text()).contains("[redacted]");
    Answer same = ok(admin.put(at + "?dry_run=true", told(TOKEN, NORTH)));
    assertThat(same.json().path("diff")).as(same.text()).isEmpty();
    Answer refused = admin.put(at, told("tok-x", another));
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.text()).contains("the token [redacted] is too short");
    for (Answer each : List.of(rehearsed, items, same, refused)) {
      assertThat(each.text()).doesNotContain(another, TOKEN, NORTH, SOUTH, "ciphertext", "tok-x");
    }
    isShownNowhere(TOKEN, NORTH, SOUTH, another);
  }

  @Test
  void anotherPluginIsNotToldThem() throws Exception {
    ok(admin.put(at, "{\"plugin\":\"request_headers\",\"config\":{\"set\":{\"X-A\":\"1\"}}}"));
    Answer back = admin.put(at, "{\"plugin\":\"vault\",\"config\":{}}");
    assertThat(back.status()).isEqualTo(422);
    assertThat(back.text()).contains("/config/token", "is required");
    isShownNowhere(TOKEN);
  }

  @Test
  void anExportCarriesThemSealedForTheirOwnObjectAlone() throws Exception {
    JsonNode sealed = ok(admin.get("/admin/tenants/" + tenant + "/export")).json();
    JsonNode plugin = sealed.at("/plugins/0");
    assertThat(plugin.at("/config/token/$sealed/ciphertext").asText()).isNotBlank();
    for (String path : List.of("/admin/config", "/admin/config?secrets=false")) {
      Answer applied = ok(admin.put("/admin/config", ok(admin.get(path)).text()));
      assertThat(applied.text()).contains("\"changes\":[]");
    }
    assertThat(kept().path("token").asText()).isEqualTo(TOKEN);
    // Nobody who writes a single object was shown it so.
    Answer sent = admin.put(at, plugin.toString());
    assertThat(sent.status()).isEqualTo(422);
    assertThat(sent.text()).contains("/config", "sealed").doesNotContain("ciphertext");
    ObjectNode document = (ObjectNode) ok(admin.get("/admin/config?tenant=" + tenant)).json();
    document
        .withArray("tenants")
        .forEach(
            each -> {
              ObjectNode moved = (ObjectNode) each.at("/plugins/0");
              moved.put("id", "w");
            });
    Answer moved = admin.put("/admin/config?tenant=" + tenant, document.toString());
    assertThat(moved.status()).isEqualTo(422);
    assertThat(moved.text()).contains("/config/token", "cannot be opened");
  }

  @Test
  void aDocumentTellsThemInClearAndABoundOperatorBringsNoneSealed() throws Exception {
    ObjectNode document = (ObjectNode) ok(admin.get("/admin/config?tenant=" + tenant)).json();
    ObjectNode plugin = (ObjectNode) document.at("/tenants/0/plugins/0");
    plugin.withObject("/config").put("token", "tok-in-a-document-1");
    Answer rehearsed =
        ok(admin.put("/admin/config?dry_run=true&tenant=" + tenant, document.toString()));
    assertThat(rehearsed.text()).contains("[redacted]").doesNotContain("ciphertext");
    ok(admin.put("/admin/config?tenant=" + tenant, document.toString()));
    assertThat(kept().path("token").asText()).isEqualTo("tok-in-a-document-1");
    assertThat(kept().at("/places/1/keys/0").asText()).isEqualTo(SOUTH);

    ObjectNode wanted = Json.object().put("id", tenant + ".op").put("name", "O");
    wanted.put("role", "tenant_admin").put("tenant", tenant);
    String bound =
        ok(admin.post("/admin/operators", wanted.toString())).json().path("secret").asText();
    Answer seen = ok(admin.callAs(bound, "GET", "/admin/config?tenant=" + tenant, null));
    assertThat(seen.text()).contains("vault").doesNotContain("ciphertext");
    Answer export = ok(admin.callAs(bound, "GET", "/admin/tenants/" + tenant + "/export", null));
    assertThat(export.text()).contains("vault").doesNotContain("ciphertext");
    Answer brought =
        admin.callAs(bound, "PUT", "/admin/config?tenant=" + tenant, document.toString());
    assertThat(brought.status()).isEqualTo(422);
    assertThat(brought.text()).contains("has a sealed secret").doesNotContain("ciphertext");
    Answer back = ok(admin.callAs(bound, "PUT", "/admin/config?tenant=" + tenant, seen.text()));
    assertThat(back.text()).contains("\"changes\":[]");
    isShownNowhere(TOKEN, "tok-in-a-document-1", NORTH, SOUTH);
  }

  @Test
  void goBackWithTheRest() throws Exception {
    long before = revision();
    ok(admin.put(at, told("tok-since-then-77", NORTH)));
    assertThat(kept().path("token").asText()).isEqualTo("tok-since-then-77");
    Answer restored = ok(admin.post("/admin/revisions/" + before + "/restore", "{}"));
    assertThat(restored.text()).doesNotContain("ciphertext");
    assertThat(kept().path("token").asText()).isEqualTo(TOKEN);
    isShownNowhere(TOKEN, "tok-since-then-77");
  }

  @Test
  void theFileOfPluginsTakesThemAndForgetsThem() throws Exception {
    Path file = data.resolve("config").resolve("plugins.json");
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Files.exists(file) && Files.readString(file).contains(tenant));
    assertThat(Files.readString(file)).contains("\"vault\"").doesNotContain("sealed", TOKEN);
    ObjectNode document = Json.readObject(Files.readAllBytes(file));
    for (JsonNode each : document.path("plugins")) {
      if (each.at("/scope/tenant").asText().equals(tenant)) {
        ((ObjectNode) each.path("config")).put("token", "tok-by-hand-9012").put("count", 3);
      }
    }
    long before = revision();
    Files.write(file, Json.pretty(document));
    await().atMost(Duration.ofSeconds(20)).until(() -> revision() > before);
    assertThat(kept().path("token").asText()).isEqualTo("tok-by-hand-9012");
    assertThat(kept().at("/places/0/keys/0").asText()).isEqualTo(NORTH);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> !Files.readString(file).contains("tok-by-hand-9012"));
    isShownNowhere(TOKEN, "tok-by-hand-9012", NORTH, SOUTH);
  }
}
