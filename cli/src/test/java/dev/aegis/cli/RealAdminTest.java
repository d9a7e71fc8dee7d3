package dev.aegis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.admin.AdminService;
import dev.aegis.admin.access.Grant;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.admin.settings.IssuerSettings;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.egress.Network;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands against the real admin service on a real Kafka. */
class RealAdminTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Jwts.Key KEY = Jwts.key("k", "ES256");

  @TempDir private static Path data;
  private static StubUpstream issuer;
  private static KafkaPeer kafka;
  private static AdminService admin;

  @BeforeAll
  static void start() throws StartFailure, IOException {
    kafka = KafkaPeer.start();
    issuer = StubUpstream.answering(Jwts.keySet(KEY));
    admin =
        new AdminService(
            Settings.defaults(AdminSettings.ALL)
                .with(CommonSettings.KAFKA_BOOTSTRAP, Optional.of(kafka.bootstrap()))
                .with(CommonSettings.DATA, data)
                .with(CommonSettings.NODE, "admin-1")
                .with(IssuerSettings.ISSUER, Optional.of("https://idp.test"))
                .with(IssuerSettings.AUDIENCE, Optional.of("aegis"))
                .with(IssuerSettings.JWKS_URL, Optional.of(URI.create(issuer.url())))
                .with(IssuerSettings.ALGORITHMS, List.of(SigningAlgorithm.ES256))
                .with(IssuerSettings.ALLOWED_NETWORKS, Network.parseList("127.0.0.1"))
                .with(
                    IssuerSettings.OPERATORS,
                    Grant.parseList("[{\"claim\":\"a\",\"value\":\"b\",\"role\":\"auditor\"}]"))
                .with(AdminSettings.PORT, 0)
                .with(AdminSettings.MANAGEMENT_PORT, 0));
    admin.start();
    Files.writeString(
        data.resolve("run.json"), "{\"admin_url\":\"" + admin.listeners().getFirst().uri() + "\"}");
  }

  @AfterAll
  static void stop() {
    if (admin != null) {
      admin.close();
    }
    if (kafka != null) {
      kafka.close();
    }
    if (issuer != null) {
      issuer.close();
    }
  }

  private static Run run(String in, String... args) {
    return Run.of(Map.of("AEGIS_DATA", data.toString()), data, in, args);
  }

  private static String ok(String in, String... args) {
    Run run = run(in, args);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return run.out();
  }

  private static JsonNode json(String... args) throws IOException {
    String[] all = Arrays.copyOf(args, args.length + 1);
    all[args.length] = "--json";
    return JSON.readTree(ok("", all));
  }

  private static void create(Noun noun, String id, String document) {
    assertThat(ok(document, noun.word(), "create", id, "-t", "acme"))
        .startsWith(noun.word() + " " + id + " created, revision ");
  }

  private static String issued(Instant ends) {
    return KEY.token(
        Map.of(
            "iss",
            "https://idp.test",
            "aud",
            "aegis",
            "sub",
            "ann",
            "a",
            "b",
            "exp",
            ends.getEpochSecond()));
  }

  @Test
  void loginTakesATokenOfAnIssuer(@TempDir Path home) {
    Map<String, String> mine = Map.of("XDG_CONFIG_HOME", home.toString());
    String url = admin.listeners().getFirst().uri().toString();
    Run over = Run.of(mine, home, issued(Instant.now().minusSeconds(60)), "login", url);
    assertThat(over.code()).isEqualTo(1);
    assertThat(over.err()).contains("The token is over; get another from its issuer");
    Run run = Run.of(mine, home, issued(Instant.now().plusSeconds(600)) + "\n", "login", url);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(Run.of(mine, home, "", "operator", "list").code()).isZero();
    assertThat(Run.of(mine, home, "", "tenant", "create", "anns").err())
        .contains("An auditor changes nothing");
  }

  @Test
  void appliesTheConfigurationAsOneDocument() throws Exception {
    String yaml =
        """
        version: 1
        tenants:
          - id: declared
            name: Declared
            upstreams:
              - id: u
                targets: [{url: "http://127.0.0.1:9"}]
            routes:
              - id: r
                paths: [/r]
                upstream: u
        """;
    String where = "--tenant=declared";
    Run differs = run(yaml, "config", "diff", "-", where);
    assertThat(differs.code()).isEqualTo(2);
    assertThat(differs.out()).contains("create", "tenants/declared/routes/r");
    assertThat(ok(yaml, "config", "apply", "-", where, "--dry-run"))
        .contains("would be: 3 created, 0 updated, 0 deleted, 0 unchanged");
    assertThat(ok(yaml, "config", "apply", "-", where, "--wait")).contains("3 created");
    assertThat(ok(yaml, "config", "diff", "-", where)).contains("0 created", "3 unchanged");
    Path file = data.resolve("declared.yaml");
    ok("", "config", "export", file.toString(), where);
    assertThat(Files.readString(file)).startsWith("version: 1").contains("id: declared");
    assertThat(ok("", "config", "apply", file.toString(), where, "--prune"))
        .contains("0 created, 0 updated, 0 deleted, 3 unchanged");
    String exported = ok("", "config", "export", where);
    assertThat(JSON.readTree(exported).at("/tenants/0/routes/0/id").asText()).isEqualTo("r");
    String moved = exported.replace("\"/r\"", "\"/moved\"");
    assertThat(ok(moved, "config", "apply", "-", where)).contains("update", "/paths");
    Run wrong = run("version: 1\ntenant: []\n", "config", "apply", "-");
    assertThat(wrong.code()).isEqualTo(1);
    assertThat(wrong.err()).contains("did you mean \"tenants\"?");
    assertThat(run("", "config", "apply", "nowhere.yaml").err()).contains("there is no file");
    ok("{\"version\":1,\"tenants\":[]}", "config", "apply", "-", where, "--prune");
  }

  @Test
  void managesEveryKindOfObject() throws Exception {
    assertThat(ok("", "tenant", "create", "acme", "--host", "shop.acme.test"))
        .matches("tenant acme created, revision \\d+\n");
    create(Noun.UPSTREAM, "u", "{\"targets\":[{\"url\":\"http://127.0.0.1:9\"}]}");
    assertThat(
            ok(
                "{\"paths\":[\"/api/**\"],\"upstream\":\"u\"}",
                "route",
                "create",
                "orders",
                "-t",
                "acme",
                "--wait"))
        .startsWith("route orders created")
        .contains("live on: no gateway");
    create(
        Noun.ISSUER,
        "main",
        "{\"issuer\":\"https://idp.acme.test\",\"algorithms\":[\"HS256\"],"
            + "\"secret\":\"0123456789abcdef0123456789abcdef\"}");
    create(Noun.ROLE, "reader", "{\"permissions\":[{\"methods\":[\"GET\"],\"paths\":[\"/**\"]}]}");
    create(
        Noun.PLUGIN,
        "limit",
        "{\"plugin\":\"rate_limit\",\"config\":{\"algorithm\":\"fixed_window\","
            + "\"limit\":5,\"window_seconds\":60}}");
    assertThat(
            ok(
                "{\"url\":\"https://hooks.acme.test/x\",\"events\":[\"rate_limit.exceeded\"]}",
                "webhook",
                "create",
                "hook",
                "-t",
                "acme"))
        .startsWith("webhook hook created")
        .contains("secret: whsec_");

    String made =
        ok("", "key", "create", "ci", "-t", "acme", "--subject", "svc-1", "--role", "reader");
    assertThat(made).startsWith("key ci created, revision ").contains("secret: aegis_");

    assertThat(json("key", "show", "ci", "-t", "acme").get("signing").asBoolean()).isFalse();
    assertThat(ok("", "key", "create", "signs", "-t", "acme", "--subject", "svc-2", "--signing"))
        .startsWith("key signs created, revision ")
        .contains("secret: aegis_");
    JsonNode signs = json("key", "show", "signs", "-t", "acme");
    assertThat(signs.get("signing").asBoolean()).isTrue();
    assertThat(signs.get("subject").asText()).isEqualTo("svc-2");
    assertThat(ok("", "key", "revoke", "signs", "-t", "acme")).startsWith("key signs revoked");

    create(Noun.BINDING, "ops", "{\"subject\":\"user-1\",\"roles\":[\"reader\"]}");
    assertThat(ok("", "binding", "list", "-t", "acme")).contains("user-1", "reader");
    assertThat(json("tenant", "effective", "acme").at("/roles").toString()).contains("reader");
    String exported = ok("", "tenant", "export", "acme");
    assertThat(JSON.readTree(exported).toString())
        .contains("shop.acme.test", "user-1", "hooks.acme.test")
        .doesNotContain("0123456789abcdef0123456789abcdef");

    assertThat(ok("", "operator", "create", "acme.ann", "--role", "tenant_admin", "-t", "acme"))
        .startsWith("operator acme.ann created, revision ")
        .contains("secret: aegis_");
    assertThat(ok("", "operator", "rotate", "acme.ann")).contains("secret: aegis_");
    ok("", "operator", "disable", "acme.ann");
    JsonNode ann = json("operator", "show", "acme.ann");
    assertThat(ann.get("tenant").asText()).isEqualTo("acme");
    assertThat(ann.get("enabled").asBoolean()).isFalse();
    assertThat(ann.get("secrets")).hasSize(1);

    for (Noun noun : Noun.values()) {
      String[] args =
          !noun.takesTenant()
              ? new String[] {noun.word(), "list"}
              : new String[] {noun.word(), "list", "-t", "acme"};
      assertThat(ok("", args).lines()).hasSize(2);
    }
    assertThat(ok("", "role", "list", "-t", "acme")).contains("GET /**");
    assertThat(ok("", "issuer", "show", "main", "-t", "acme")).doesNotContain("0123456789abcdef");

    String revision = json("route", "show", "orders", "-t", "acme").get("revision").asText();
    String[] update = {
      "route", "update", "orders", "-t", "acme", "--merge", "--revision", revision
    };
    assertThat(ok("{\"priority\":7}", update)).startsWith("route orders updated");
    Run stale = run("{\"priority\":8}", update);
    assertThat(stale.code()).isEqualTo(1);
    assertThat(stale.err()).contains("(412 stale_revision)");
    JsonNode changed = json("route", "show", "orders", "-t", "acme");
    assertThat(changed.get("priority").asInt()).isEqualTo(7);
    // A document as it was shown can be sent back.
    assertThat(ok(changed.toString(), "route", "update", "orders", "-t", "acme"))
        .startsWith("route orders updated");

    String secret = made.substring(made.indexOf("aegis_"), made.indexOf(" (shown only now)"));
    assertThat(ok("", "key", "list", "-t", "acme"))
        .contains("svc-1", secret.substring(0, 16) + "…" + secret.substring(secret.length() - 4))
        .doesNotContain(secret);
    assertThat(ok("", "key", "rotate", "ci", "-t", "acme", "--overlap", "60"))
        .startsWith("key ci rotated")
        .contains("secret: aegis_")
        .doesNotContain(secret);
    assertThat(json("key", "show", "ci", "-t", "acme").get("secrets")).hasSize(2);
    assertThat(ok("", "key", "revoke", "ci", "-t", "acme")).startsWith("key ci revoked");

    ok("", "plugin", "disable", "limit", "-t", "acme");
    assertThat(json("plugin", "show", "limit", "-t", "acme").get("enabled").asBoolean()).isFalse();
    ok("", "tenant", "suspend", "acme");
    assertThat(json("tenant", "show", "acme").get("status").asText()).isEqualTo("suspended");
    ok("", "tenant", "resume", "acme");

    assertThat(ok("", "operator", "delete", "acme.ann")).contains("operator acme.ann deleted");
    Run used = run("", "upstream", "delete", "u", "-t", "acme");
    assertThat(used.code()).isEqualTo(1);
    assertThat(used.err()).contains("(409 in_use)");
    assertThat(ok("", "route", "delete", "orders", "-t", "acme")).contains("route orders deleted");
    assertThat(ok("", "upstream", "delete", "u", "-t", "acme")).contains("upstream u deleted");
  }

  @Test
  void showsEveryViolationOfARealRefusal() {
    Run run = run("{\"id\":\"No!\",\"knd\":\"team\"}", "tenant", "create", "-f", "-");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains(" invalid)\n", "\n  /id: ", "\n  /knd: ");
  }

  @Test
  void rehearsesWithoutAChange() {
    assertThat(ok("", "tenant", "create", "ghost", "--dry-run")).startsWith("would create:");
    assertThat(run("", "tenant", "show", "ghost").err()).contains("(404 not_found)");
  }

  @Test
  void saysThatNoGatewayIsLive() {
    Run run = run("", "status");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).contains("answers", "no gateway is live");
  }

  @Test
  void aDeadAnalyticsServiceIsOneLine() {
    Run run = run("", "analytics", "export", "--tenant", "acme");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).startsWith("aegis: ").contains("(50");
  }
}
