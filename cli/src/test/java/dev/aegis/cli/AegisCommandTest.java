package dev.aegis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.chassis.Version;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AegisCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ROUTE =
      "{\"id\":\"orders\",\"methods\":[\"GET\"],\"paths\":[\"/api/**\",\"/b\"],"
          + "\"upstream\":\"u\",\"auth\":\"jwt\",\"priority\":0,\"headers\":{},\"revision\":7}";

  @TempDir Path data;
  private SmallAdmin admin;

  @BeforeEach
  void start() throws IOException {
    admin = new SmallAdmin();
  }

  @AfterEach
  void stop() {
    admin.close();
  }

  private Run run(String... args) {
    return runWith("", args);
  }

  private Run runWith(String in, String... args) {
    return Run.of(
        Map.of("AEGIS_ADMIN_URL", admin.uri().toString(), "AEGIS_ADMIN_TOKEN", "secret-token"),
        data,
        in,
        args);
  }

  @Test
  void listsAsATableAcrossPages() {
    admin.on(
        "GET /admin/tenants/t1/routes?limit=500",
        200,
        "{\"items\":[" + ROUTE + "],\"next_cursor\":\"a b\"}");
    admin.on(
        "GET /admin/tenants/t1/routes?limit=500&cursor=a%20b",
        200,
        "{\"items\":[{\"id\":\"x\\ny\",\"methods\":[],\"paths\":[\"/\"]}],\"next_cursor\":null}");
    Run run = run("route", "list", "--tenant", "t1");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .isEqualTo(
            """
            ID      METHODS  PATHS        UPSTREAM  AUTH  PRIORITY
            orders  GET      /api/**, /b  u         jwt   0
            x·y     -        /            -         -     -
            """);
    assertThat(admin.asked())
        .allSatisfy(asked -> assertThat(asked.authorization()).isEqualTo("Bearer secret-token"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"hunter2\nhunter2", "hunter2\u00e9"})
  void saysThatATokenCannotBeOneWithoutRepeatingIt(String token) {
    Run run =
        Run.of(
            Map.of("AEGIS_ADMIN_URL", admin.uri().toString(), "AEGIS_ADMIN_TOKEN", token),
            data,
            "",
            "tenant",
            "list");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).startsWith("aegis: AEGIS_ADMIN_TOKEN: no token has");
    assertThat(run.err()).doesNotContain("hunter2");
    assertThat(admin.asked()).isEmpty();
  }

  @Test
  void listsAsJsonForScripts() throws Exception {
    admin.on("GET /admin/tenants?limit=500", 200, "{\"items\":[{\"id\":\"a\"}]}");
    Run run = run("tenant", "list", "--json");
    assertThat(JSON.readTree(run.out())).isEqualTo(JSON.readTree("[{\"id\":\"a\"}]"));
  }

  @Test
  void showsTargetsAndPermissionsInBrief() {
    admin.on(
        "GET /admin/tenants/t1/upstreams?limit=500",
        200,
        "{\"items\":[{\"id\":\"u\",\"targets\":[{\"url\":\"http://a:1\",\"weight\":1},"
            + "{\"url\":\"http://b:2\",\"weight\":5}]}]}");
    admin.on(
        "GET /admin/tenants/t1/roles?limit=500",
        200,
        "{\"items\":[{\"id\":\"r\",\"permissions\":[{\"methods\":[\"GET\",\"HEAD\"],"
            + "\"paths\":[\"/a\"]},{\"methods\":[],\"paths\":[\"/b\"],\"effect\":\"deny\"}]}]}");
    assertThat(run("upstream", "list", "-t", "t1").out()).contains("http://a:1, http://b:2 ×5");
    assertThat(run("role", "list", "-t", "t1").out()).contains("GET, HEAD /a, not * /b");
  }

  @Test
  void listsWhomBindingsAreFor() {
    admin.on(
        "GET /admin/tenants/t1/bindings?limit=500",
        200,
        "{\"items\":[{\"id\":\"b\",\"subject\":null,\"group\":\"ops\",\"roles\":[\"r\",\"s\"]}]}");
    assertThat(run("binding", "list", "-t", "t1").out())
        .isEqualTo(
            """
            ID  SUBJECT  GROUP  ROLES
            b   -        ops    r, s
            """);
    assertThat(run("binding", "list").code()).isEqualTo(2);
  }

  @Test
  void writesOutWhatIsOfAWholeTenant() throws Exception {
    admin.on("GET /admin/tenants/a/effective", 200, "{\"ancestors\":[]}");
    admin.on("GET /admin/tenants/a/export", 200, "{\"tenant\":{\"id\":\"a\"}}");
    assertThat(JSON.readTree(run("tenant", "effective", "a").out()))
        .isEqualTo(JSON.readTree("{\"ancestors\":[]}"));
    assertThat(JSON.readTree(run("tenant", "export", "a", "--json").out()))
        .isEqualTo(JSON.readTree("{\"tenant\":{\"id\":\"a\"}}"));
    Run nobody = run("tenant", "export", "b");
    assertThat(nobody.code()).isEqualTo(1);
    assertThat(nobody.out()).isEmpty();
  }

  @Test
  void showsOneFieldByField() {
    admin.on("GET /admin/tenants/t1/routes/orders", 200, ROUTE);
    assertThat(run("route", "show", "orders", "-t", "t1").out())
        .contains("paths     /api/**, /b\n", "headers   -\n", "revision  7\n");
  }

  @Test
  void createsFromAFileFromStandardInputAndWithAnIdOfItsOwn() throws Exception {
    for (int i = 0; i < 3; i++) {
      admin.on("POST /admin/tenants/t1/routes", 201, ROUTE, "Aegis-Revision", "7");
    }
    Path file = Files.writeString(data.resolve("route.json"), ROUTE);
    Run fromFile = run("route", "create", "--tenant", "t1", "-f", file.toString());
    assertThat(fromFile.err()).isEmpty();
    assertThat(fromFile.out()).isEqualTo("route orders created, revision 7\n");
    assertThat(runWith(ROUTE, "route", "create", "--tenant", "t1").code()).isZero();
    assertThat(runWith("{}", "route", "create", "mine", "-t", "t1", "-f", "-").code()).isZero();
    assertThat(JSON.readTree(admin.asked().get(0).body())).isEqualTo(JSON.readTree(ROUTE));
    assertThat(JSON.readTree(admin.asked().get(1).body())).isEqualTo(JSON.readTree(ROUTE));
    assertThat(admin.asked().get(2).body()).isEqualTo("{\"id\":\"mine\"}");
    assertThat(admin.asked().get(2).type()).isEqualTo("application/json");
  }

  @Test
  void showsASecretThatIsToldOnlyOnce() {
    admin.on(
        "POST /admin/tenants/t1/webhooks",
        201,
        "{\"id\":\"w\",\"secret\":\"whsec_abc\"}",
        "Aegis-Revision",
        "9");
    assertThat(runWith("{\"url\":\"http://x\"}", "webhook", "create", "w", "-t", "t1").out())
        .isEqualTo("webhook w created, revision 9\nsecret: whsec_abc (shown only now)\n");
  }

  @Test
  void createsATenantFromOptions() throws Exception {
    admin.on("POST /admin/tenants", 201, "{\"id\":\"acme\"}", "Aegis-Revision", "3");
    Run run =
        run(
            "tenant",
            "create",
            "acme",
            "--host",
            "a.test",
            "--host",
            "b.test",
            "--parent",
            "top",
            "--tier=gold");
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).isEqualTo("tenant acme created, revision 3\n");
    assertThat(JSON.readTree(admin.asked().getFirst().body()))
        .isEqualTo(
            JSON.readTree(
                "{\"id\":\"acme\",\"name\":\"acme\",\"hosts\":[\"a.test\",\"b.test\"],"
                    + "\"parent\":\"top\",\"tier\":\"gold\"}"));
  }

  @Test
  void suspendsAndResumesByMergePatch() {
    admin.on("PATCH /admin/tenants/acme", 200, "{\"id\":\"acme\"}", "Aegis-Revision", "4");
    admin.on("PATCH /admin/tenants/acme", 200, "{\"id\":\"acme\"}", "Aegis-Revision", "5");
    assertThat(run("tenant", "suspend", "acme").out())
        .isEqualTo("tenant acme suspended, revision 4\n");
    assertThat(run("tenant", "resume", "acme").out())
        .isEqualTo("tenant acme resumed, revision 5\n");
    assertThat(admin.asked().getFirst().type()).isEqualTo("application/merge-patch+json");
    assertThat(admin.asked())
        .extracting(SmallAdmin.Asked::body)
        .containsExactly("{\"status\":\"suspended\"}", "{\"status\":\"active\"}");
  }

  @Test
  void replacesMergesAndDeletesOnlyAtTheRevisionGiven() {
    admin.on("PUT /admin/tenants/t1/roles/r", 200, "{\"id\":\"r\"}", "Aegis-Revision", "2");
    admin.on("PATCH /admin/tenants/t1/roles/r", 200, "{\"id\":\"r\"}", "Aegis-Revision", "3");
    admin.on("DELETE /admin/tenants/t1/roles/r", 204, "", "Aegis-Revision", "4");
    assertThat(runWith("{}", "role", "update", "r", "-t", "t1", "--revision", "1").out())
        .isEqualTo("role r updated, revision 2\n");
    assertThat(runWith("{}", "role", "update", "r", "-t", "t1", "--merge").code()).isZero();
    assertThat(run("role", "delete", "r", "-t", "t1", "--revision=3").out())
        .isEqualTo("role r deleted, revision 4\n");
    assertThat(admin.asked())
        .extracting(SmallAdmin.Asked::ifMatch)
        .containsExactly("\"1\"", null, "\"3\"");
    assertThat(admin.asked().get(1).type()).isEqualTo("application/merge-patch+json");
  }

  @Test
  void waitsAndSaysWhereAChangeIsLive() {
    admin.on(
        "DELETE /admin/tenants/t1/roles/r?wait=applied",
        200,
        "{\"applied\":{\"complete\":true,\"revision\":4,\"gateways\":[\"g1\",\"g2\"],"
            + "\"waiting_for\":[]}}",
        "Aegis-Revision",
        "4");
    admin.on(
        "DELETE /admin/tenants/t1/roles/r?wait=applied",
        200,
        "{\"applied\":{\"complete\":false,\"revision\":5,\"gateways\":[\"g1\",\"g2\"],"
            + "\"waiting_for\":[\"g2\"]}}",
        "Aegis-Revision",
        "5");
    assertThat(run("role", "delete", "r", "-t", "t1", "--wait").out())
        .isEqualTo("role r deleted, revision 4\nlive on: g1, g2\n");
    Run late = run("role", "delete", "r", "-t", "t1", "--wait");
    assertThat(late.code()).isEqualTo(1);
    assertThat(late.err()).isEqualTo("aegis: not yet live on: g2\n");
  }

  @Test
  void rehearses() {
    admin.on(
        "POST /admin/tenants/t1/routes?dry_run=true",
        200,
        "{\"dry_run\":true,\"operation\":\"create\",\"object\":{},\"diff\":["
            + "{\"op\":\"add\",\"path\":\"/id\"}],\"findings\":[{\"severity\":\"warning\","
            + "\"subject\":\"s\",\"message\":\"m\"}]}");
    Run run = runWith(ROUTE, "route", "create", "-t", "t1", "--dry-run");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .isEqualTo("would create:\n  {\"op\":\"add\",\"path\":\"/id\"}\nwarning: s: m\n");
  }

  @Test
  void showsAProblemWithAllItsViolations() {
    admin.on(
        "POST /admin/tenants/t1/routes",
        422,
        "{\"status\":422,\"code\":\"invalid\",\"detail\":\"2 things are wrong\",\"violations\":["
            + "{\"field\":\"/paths\",\"message\":\"must not be empty\"},"
            + "{\"field\":\"\",\"message\":\"bad\"}]}");
    Run run = runWith("{}", "route", "create", "-t", "t1");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .isEqualTo(
            """
            aegis: 2 things are wrong (422 invalid)
              /paths: must not be empty
              document: bad
            """);
  }

  @Test
  void saysWhereTheTokenComesFromWhenItIsRefused() {
    admin.on(
        "GET /admin/tenants?limit=500", 401, "{\"code\":\"invalid_token\",\"detail\":\"No.\"}");
    Run run = run("tenant", "list");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("invalid_token", "AEGIS_ADMIN_TOKEN").doesNotContain("secret-");
  }

  @Test
  void somethingElseAtTheAddressIsOneLine() {
    admin.on("GET /admin/tenants/a", 200, "<html>", "Content-Type", "text/html");
    admin.on("GET /admin/tenants/a", 502, "<html>", "Content-Type", "text/html");
    assertThat(run("tenant", "show", "a").err()).contains("is it the admin API?");
    assertThat(run("tenant", "show", "a").err()).contains("status 502");
  }

  @Test
  void pluginsStandInATenantOrOutside() {
    admin.on("PATCH /admin/plugins/p", 200, "{\"id\":\"p\"}", "Aegis-Revision", "1");
    admin.on("PATCH /admin/tenants/t1/plugins/p", 200, "{\"id\":\"p\"}", "Aegis-Revision", "2");
    assertThat(run("plugin", "enable", "p").out()).isEqualTo("plugin p enabled, revision 1\n");
    assertThat(run("plugin", "disable", "p", "--tenant", "t1").out())
        .isEqualTo("plugin p disabled, revision 2\n");
    assertThat(admin.asked())
        .extracting(SmallAdmin.Asked::body)
        .containsExactly("{\"enabled\":true}", "{\"enabled\":false}");
  }

  @Test
  void namesAreOneSegmentOfThePath() {
    run("route", "show", "a/../b?c", "--tenant", "t 1");
    assertThat(admin.asked().getFirst().line())
        .isEqualTo("GET /admin/tenants/t%201/routes/a%2F..%2Fb%3Fc");
  }

  @Test
  void exportsAnalyticsAsTheyCome() {
    String query =
        "tenant=t1&from=2026-01-31T00%3A00%3A00Z&to=2026-02-01T12%3A00%3A00Z&granularity=hour"
            + "&group_by=route&metric=requests%2Cp95";
    admin.on(
        "GET /admin/analytics/series?" + query,
        200,
        "time,route,requests\r\n",
        "Content-Type",
        "text/csv");
    Run csv =
        run(
            "analytics",
            "export",
            "--tenant",
            "t1",
            "--from",
            "2026-01-31",
            "--granularity",
            "hour",
            "--group-by",
            "route",
            "--metric",
            "requests,p95");
    assertThat(csv.err()).isEmpty();
    assertThat(csv.out()).isEqualTo("time,route,requests\r\n");
    assertThat(admin.asked().getFirst().accept()).isEqualTo("text/csv");

    admin.on(
        "GET /admin/analytics/usage?tenant=t1&from=2026-01-31T12%3A00%3A00Z"
            + "&to=2026-02-01T12%3A00%3A00Z",
        200, "{\"usage\":[]}");
    assertThat(
            run("analytics", "export", "--tenant", "t1", "--report", "usage", "--format", "json")
                .out())
        .isEqualTo("{\"usage\":[]}\n");
    assertThat(admin.asked().getLast().accept()).isEqualTo("application/json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--from=yesterday", "--to=2026-13-01", "--from=2027-01-01", "--format=xml"})
  void aBadRangeIsAMistakeInTheCommandLine(String option) {
    assertThat(run("analytics", "export", "--tenant", "t", option).code()).isEqualTo(2);
    assertThat(admin.asked()).isEmpty();
  }

  @Test
  void findsTheSuiteByItsDataDirectory() throws Exception {
    admin.on("GET /admin/tenants?limit=500", 200, "{\"items\":[]}");
    Files.writeString(data.resolve("run.json"), "{\"admin_url\":\"" + admin.uri() + "\"}");
    Path token = Files.writeString(data.resolve("admin-token"), "from-file\n");
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
    Run run = Run.of(Map.of(), data, "", "tenant", "list", "--data", data.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(admin.asked().getFirst().authorization()).isEqualTo("Bearer from-file");
  }

  @Test
  void withoutARunningSuiteItSaysHowToStartOne() throws Exception {
    Run none = Run.of(Map.of("AEGIS_DATA", data.toString()), data, "", "tenant", "list");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err()).contains("no suite is running in " + data, "./aegis up");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Run gone =
        Run.of(
            Map.of("AEGIS_ADMIN_URL", "http://127.0.0.1:" + port, "AEGIS_ADMIN_TOKEN", "x"),
            data,
            "",
            "status");
    assertThat(gone.code()).isEqualTo(1);
    assertThat(gone.err())
        .isEqualTo(
            "aegis: nothing answers at http://127.0.0.1:"
                + port
                + ": is the suite running? Start it with ./aegis up\n");
    Run bad =
        Run.of(
            Map.of("AEGIS_ADMIN_URL", "localhost", "AEGIS_ADMIN_TOKEN", "x"), data, "", "status");
    assertThat(bad.err()).contains("AEGIS_ADMIN_URL: must be a URL");
  }

  @Test
  void statusShowsWhatIsWrongSinceWhenAndDoesNotSayItTwice() throws Exception {
    Files.writeString(
        data.resolve("run.json"),
        "{\"admin_url\":\"%s\",\"services\":{\"gateway\":\"%s\"}}"
            .formatted(admin.uri(), admin.uri()));
    Map<String, String> environment =
        Map.of("AEGIS_DATA", data.toString(), "AEGIS_ADMIN_TOKEN", "x");
    String found = "{\"severity\":\"warning\",\"subject\":\"redis\",\"message\":\"silent\"}";
    String since = "2026-02-01T11:56:40Z";
    String status =
        "{\"node\":\"g1\",\"troubles\":[{\"what\":\"redis\",\"since\":\"%s\",\"severity\":\"warning\",\"detail\":\"silent\"},"
                .formatted(since)
            + "{\"what\":\"kafka\",\"since\":\"2026-01-01T00:00:00Z\",\"severity\":\"error\","
            + "\"detail\":\"it does not answer\"}]}";
    for (int i = 0; i < 2; i++) {
      admin
          .on(
              "GET /admin/nodes?limit=500",
              200,
              "{\"items\":[" + node("g1", "gateway", true, 0, found) + "]}")
          .on("GET /health/ready", 200, "{}")
          .on("GET /status", 200, status);
    }
    Run run = Run.of(environment, data, "", "status");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .containsPattern(
            "TROUBLE +SINCE +AGO +SERVICE +SEVERITY +DETAIL\n"
                + "kafka +2026-01-01T00:00:00Z +31d +gateway +error +it does not answer\n"
                + "redis +"
                + since
                + " +3m +gateway +warning +silent\n")
        .doesNotContain("warning on g1");
    JsonNode json = JSON.readTree(Run.of(environment, data, "", "status", "--json").out());
    assertThat(json.path("troubles").findValuesAsText("what")).containsExactly("kafka", "redis");
    assertThat(json.path("troubles").get(0).path("service").asText()).isEqualTo("gateway");
  }

  private static String node(String id, String service, boolean live, long lag, String findings) {
    return "{\"id\":\""
        + id
        + "\",\"service\":\""
        + service
        + "\",\"live\":"
        + live
        + ",\"revision\":12,\"lag\":"
        + lag
        + ",\"since\":\"2026-01-01T00:00:00Z\",\"findings\":["
        + findings
        + "]}";
  }

  private Run status(String... nodes) {
    admin.on("GET /admin/nodes?limit=500", 200, "{\"items\":[" + String.join(",", nodes) + "]}");
    return run("status");
  }

  @Test
  void statusShowsEachNodeAndIsZeroWhenAllIsWell() {
    Run run = status(node("g1", "gateway", true, 0, ""), node("old", "gateway", false, 9, ""));
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .isEqualTo(
            "admin at "
                + admin.uri()
                + " answers\n"
                + """
                NODE  SERVICE  LIVE  REVISION  LAG  SINCE
                g1    gateway  yes   12        0    2026-01-01T00:00:00Z
                old   gateway  no    12        9    2026-01-01T00:00:00Z
                """);
  }

  @Test
  void statusIsNotZeroWhenAGatewayIsMissingLagsOrComplains() {
    assertThat(status(node("a", "admin", true, 0, "")).out()).contains("no gateway is live");
    assertThat(status(node("a", "admin", true, 0, "")).code()).isEqualTo(1);
    assertThat(status(node("g1", "gateway", true, 3, "")).code()).isEqualTo(1);
    String error =
        "{\"severity\":\"error\",\"subject\":\"tenants/t/routes/r\",\"message\":\"bad\"}";
    Run complains = status(node("g1", "gateway", true, 0, error));
    assertThat(complains.code()).isEqualTo(1);
    assertThat(complains.out()).contains("error on g1: tenants/t/routes/r: bad");
    String warning = error.replace("\"error\"", "\"warning\"");
    assertThat(status(node("g1", "gateway", true, 0, warning)).code()).isZero();
  }

  @Test
  void statusAsksEachServiceThatTheSuiteAnnounced() throws Exception {
    Files.writeString(
        data.resolve("run.json"),
        "{\"admin_url\":\"%s\",\"services\":{\"gateway\":\"%s\",\"analytics\":\"%s\"}}"
            .formatted(admin.uri(), admin.uri(), admin.uri()));
    Map<String, String> environment =
        Map.of("AEGIS_DATA", data.toString(), "AEGIS_ADMIN_TOKEN", "x");
    for (int i = 0; i < 2; i++) {
      admin.on(
          "GET /admin/nodes?limit=500",
          200,
          "{\"items\":[" + node("g1", "gateway", true, 0, "") + "]}");
    }
    admin.on("GET /health/ready", 200, "{}").on("GET /health/ready", 200, "{}");
    Run well = Run.of(environment, data, "", "status");
    assertThat(well.code()).isZero();
    assertThat(well.out()).contains("gateway    yes    http", "analytics  yes    http");
    admin.on("GET /health/ready", 200, "{}").on("GET /health/ready", 503, "{}");
    Run bad = Run.of(environment, data, "", "status");
    assertThat(bad.code()).isEqualTo(1);
    assertThat(bad.out()).contains("gateway    yes    http", "analytics  no     http");
  }

  @Test
  void statusForScripts() throws Exception {
    admin.on(
        "GET /admin/nodes?limit=500",
        200,
        "{\"items\":[" + node("g1", "gateway", true, 0, "") + "]}");
    assertThat(JSON.readTree(run("status", "--json").out()).at("/nodes/0/id").asText())
        .isEqualTo("g1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "route",
        "tenent list",
        "tenant lst",
        "route list",
        "tenant show",
        "route show -t t",
        "tenant list --jsn"
      })
  void mistakesInTheCommandLineAreCode2WithTheUsageOrTheNearName(String line) {
    Run run = run(line.isEmpty() ? new String[0] : line.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).containsAnyOf("Usage: aegis", "Did you mean", "Possible solutions");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void suggestsTheNearCommand() {
    assertThat(run("tenent", "list").err()).contains("tenant");
  }

  @Test
  void badDocumentsAreOneLineWithoutTheirText() {
    assertThat(run("route", "create", "-t", "t", "-f", "/nowhere/x.json").err())
        .isEqualTo("aegis: there is no file /nowhere/x.json\n");
    assertThat(runWith("hunter2", "route", "create", "-t", "t").err())
        .isEqualTo("aegis: standard input holds no JSON\n");
    assertThat(runWith("[1]", "route", "create", "-t", "t").err())
        .isEqualTo("aegis: the document must be a JSON object\n");
    assertThat(admin.asked()).isEmpty();
  }

  @Test
  void helpAndVersionAreOnStandardOutput() {
    assertThat(run("--help").out()).contains("Usage: aegis", "tenant", "token", "Exit codes");
    assertThat(run("route", "create", "--help").out()).contains("--tenant=T", "--file=FILE");
    assertThat(run("--version").out()).isEqualTo("aegis " + Version.text() + "\n");
    assertThat(run("--help").code()).isZero();
  }
}
