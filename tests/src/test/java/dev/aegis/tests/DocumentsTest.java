package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.admin.tenancy.Refusal.Reason;
import dev.aegis.analytics.settings.AnalyticsSettings;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Setting;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.journal.Definition;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Maintenance;
import dev.aegis.journal.PluginDefinition;
import dev.aegis.journal.RateLimitConfig;
import dev.aegis.testkit.Repository;
import dev.aegis.webhooks.settings.WebhooksSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the pages say, compared with what the code does. */
final class DocumentsTest {
  private static final Pattern METRIC = Pattern.compile("\"(aegis_[a-z_]*[a-z])\"");
  private static final Pattern DECISION = Pattern.compile("([0-9]{4})-[a-z0-9-]+\\.md");
  private static final Pattern TYPE = Pattern.compile("`([a-z][a-z0-9.]*)\\.([A-Z]\\w*)");
  private static final Pattern CODE = Pattern.compile("`([a-z_]+)`");
  private static final Pattern PAYLOAD = Pattern.compile("-d '(\\{[^']+\\})'");

  @Test
  void linksLeadToFiles() {
    List<String> broken = new ArrayList<>();
    for (Path page : Documents.pages()) {
      for (Path target : Documents.links(page)) {
        if (!Files.exists(target)) {
          broken.add(page + " -> " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void decisionsAreNumberedWithoutGapsAndListed() throws IOException {
    Path folder = Repository.root().resolve("docs/decisions");
    String list = Documents.text("docs/decisions/README.md");
    List<Integer> numbers = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        Matcher decision = DECISION.matcher(name);
        if (decision.matches()) {
          numbers.add(Integer.parseInt(decision.group(1)));
          assertThat(list).contains("[" + decision.group(1) + "](" + name + ")");
          assertThat(Documents.text(file))
              .startsWith("# " + decision.group(1) + " ")
              .contains("## Context", "## Decision", "## Rejected", "## Consequences");
        }
      }
    }
    assertThat(numbers).startsWith(1).doesNotHaveDuplicates();
    assertThat(numbers.getLast()).isEqualTo(numbers.size());
  }

  @Test
  void vocabularyNamesTypesThatExist() throws IOException {
    Set<String> types = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Repository.root())) {
      files
          .map(Path::toString)
          .filter(file -> file.contains("src/main/java/dev/aegis/") && file.endsWith(".java"))
          .map(file -> file.substring(file.indexOf("dev/aegis/") + "dev/aegis/".length()))
          .map(file -> file.substring(0, file.length() - ".java".length()).replace('/', '.'))
          .forEach(types::add);
    }
    Matcher named = TYPE.matcher(Documents.text("docs/vocabulary.md"));
    List<String> missing = new ArrayList<>();
    while (named.find()) {
      String type = named.group(1) + "." + named.group(2);
      if (!types.contains(type)) {
        missing.add(type);
      }
    }
    assertThat(missing).isEmpty();
  }

  /** A literal that begins like a metric is one, but for headers of records and a label. */
  @Test
  void everyMetricIsDescribed() throws IOException {
    Set<String> inCode = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Repository.root())) {
      for (Path file :
          files
              .filter(each -> each.toString().contains("src/main/java/dev/aegis/"))
              .filter(each -> each.toString().endsWith(".java"))
              .toList()) {
        Matcher metric = METRIC.matcher(Documents.text(file));
        while (metric.find()) {
          inCode.add(metric.group(1));
        }
      }
    }
    inCode.removeAll(Set.of("aegis_error", "aegis_origin", "aegis_reason"));
    Set<String> described = new TreeSet<>();
    for (List<String> row : Documents.rows("docs/observability.md", "Metrics")) {
      described.add(row.getFirst().replace("`", ""));
    }
    assertThat(described).isEqualTo(inCode);
  }

  @Test
  void everyRefusalIsDescribed() throws Exception {
    ObjectNode config = Json.object().put("limit", 1).put("window_seconds", 1);
    Counted counted =
        new Counted(
            new RateLimit("limit", RateLimitConfig.read(config), ""), new Count(false, 1, 0, 1, 0));
    List<Refusal> refusals = new ArrayList<>();
    refusals.addAll(List.of(Refusal.ByCaller.values()));
    refusals.addAll(List.of(Refusal.ByUpstream.values()));
    refusals.addAll(List.of(Refusal.Overloaded.values()));
    refusals.add(new Refusal.Malformed(""));
    refusals.add(new Refusal.InvalidToken(""));
    refusals.add(new Refusal.IdentityUnavailable(""));
    refusals.add(new Refusal.RateLimited(counted));
    refusals.add(new Refusal.LimiterUnavailable("limit"));
    refusals.add(new Refusal.InMaintenance(new Maintenance(503, Duration.ZERO, "")));
    refusals.add(new Refusal.ByPlugin(403, "", 0));
    refusals.add(new Refusal.NotIdentified("", List.of()));
    refusals.add(new Refusal.PluginFailed());
    refusals.add(new Refusal.Internal(""));
    Set<String> inCode = new TreeSet<>();
    for (Refusal refusal : refusals) {
      String blame = refusal.blame().name().toLowerCase(Locale.ROOT);
      inCode.add(refusal.code() + " " + refusal.status() + " " + blame);
    }
    Set<String> onPage = new TreeSet<>();
    for (List<String> row : Documents.rows("docs/refusals.md", "The gateway's")) {
      Matcher code = CODE.matcher(row.get(0));
      assertThat(code.matches()).isTrue();
      onPage.add(code.group(1) + " " + row.get(1) + " " + row.get(2));
    }
    assertThat(onPage).isEqualTo(inCode);
  }

  @Test
  void everyRefusalOfTheAdminApiIsDescribed() {
    List<String> missing = new ArrayList<>();
    for (Reason reason : Reason.values()) {
      boolean described =
          Documents.rows("docs/refusals.md", "The admin API's").stream()
              .anyMatch(
                  row ->
                      row.get(0).contains("`" + reason.code() + "`")
                          && row.get(1).contains(Integer.toString(reason.status())));
      if (!described) {
        missing.add(reason.status() + " " + reason.code());
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void everySettingIsListedWithItsDefault() {
    assertThat(listed("All services")).isEqualTo(known(CommonSettings.ALL, List.of()));
    assertThat(listed("gateway")).isEqualTo(known(GatewaySettings.ALL, CommonSettings.ALL));
    assertThat(listed("admin")).isEqualTo(known(AdminSettings.ALL, CommonSettings.ALL));
    assertThat(listed("analytics")).isEqualTo(known(AnalyticsSettings.ALL, CommonSettings.ALL));
    assertThat(listed("webhook-dispatcher"))
        .isEqualTo(known(WebhooksSettings.ALL, CommonSettings.ALL));
  }

  /** Name and variable to default; {@code ""} where the page says it in words. */
  private static Map<String, String> listed(String section) {
    Map<String, String> settings = new TreeMap<>();
    for (List<String> row : Documents.rows("docs/settings.md", section)) {
      String dflt = row.get(2);
      boolean literal = dflt.startsWith("`") && dflt.endsWith("`") && !dflt.contains(" ");
      settings.put(
          row.get(0) + " " + row.get(1), literal ? dflt.substring(1, dflt.length() - 1) : "");
    }
    return settings;
  }

  private static Map<String, String> known(
      Collection<Setting<?>> settings, Collection<Setting<?>> described) {
    Map<String, String> known = new TreeMap<>();
    for (Setting<?> setting : settings) {
      if (!described.contains(setting)) {
        String dflt = setting.defaultText();
        boolean ofThisMachine = setting.equals(CommonSettings.NODE);
        known.put(
            "`" + setting.name() + "` `" + setting.env() + "`",
            dflt == null || ofThisMachine ? "" : dflt);
      }
    }
    return known;
  }

  @Test
  void everyFieldOfARouteIsListed() throws Exception {
    Set<String> onPage = new TreeSet<>();
    for (List<String> row : Documents.rows("docs/routes.md", "Fields")) {
      onPage.add(row.getFirst().replace("`", ""));
    }
    Path api =
        Repository.root()
            .resolve("services/admin/src/main/resources/dev/aegis/admin/api/openapi.json");
    Set<String> inApi = new TreeSet<>();
    for (Map.Entry<String, JsonNode> field :
        Json.readObject(Files.readAllBytes(api))
            .at("/components/schemas/Route/properties")
            .properties()) {
      if (!field.getValue().path("readOnly").asBoolean()) {
        inApi.add(field.getKey());
      }
    }
    assertThat(onPage).isEqualTo(inApi);
    ObjectNode document = Json.object();
    onPage.forEach(document::putNull);
    InvalidDefinition thrown =
        catchThrowableOfType(
            InvalidDefinition.class, () -> Definition.read(Kind.ROUTE, document.put("id", "r")));
    assertThat(thrown.violations()).noneMatch(each -> each.message().startsWith("is unknown"));
  }

  @Test
  void theIssuerOfThePageIsOneAndEveryFieldIsListed() throws Exception {
    Set<String> onPage = new TreeSet<>();
    for (List<String> row : Documents.rows("docs/identity.md", "Fields")) {
      onPage.add(row.getFirst().replace("`", ""));
    }
    Path root = Repository.root();
    Path api = root.resolve("services/admin/src/main/resources/dev/aegis/admin/api/openapi.json");
    Set<String> inApi = new TreeSet<>();
    for (Map.Entry<String, JsonNode> field :
        Json.readObject(Files.readAllBytes(api))
            .at("/components/schemas/Issuer/properties")
            .properties()) {
      if (!field.getValue().path("readOnly").asBoolean()) {
        inApi.add(field.getKey());
      }
    }
    assertThat(onPage).isEqualTo(inApi);
    List<String> algorithms = new ArrayList<>();
    for (List<String> row : Documents.rows("docs/identity.md", "Algorithms")) {
      algorithms.addAll(List.of(row.getFirst().replace("`", "").split(", ")));
    }
    assertThat(algorithms).isEqualTo(IssuerDefinition.ALGORITHMS);
    String block = Documents.blocks(root.resolve("docs/identity.md"), "json").getFirst();
    assertThat(
            Definition.read(Kind.ISSUER, Json.readObject(block.getBytes(StandardCharsets.UTF_8))))
        .isInstanceOf(IssuerDefinition.class);
  }

  @Test
  void shellCommandsAreWellFormed() throws Exception {
    for (Path page : Documents.pages()) {
      for (String block : Documents.blocks(page, "sh")) {
        Process shell = new ProcessBuilder("sh", "-n").redirectErrorStream(true).start();
        try (var in = shell.getOutputStream()) {
          in.write(block.getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).as("%s: %s", page, said).isZero();
      }
    }
  }

  @Test
  void documentsSentByCommandsAreJson() throws IOException {
    int found = 0;
    for (Path page : Documents.pages()) {
      for (String block : Documents.blocks(page, "sh")) {
        Matcher payload = PAYLOAD.matcher(block);
        while (payload.find()) {
          assertThat(Json.readObject(payload.group(1).getBytes(StandardCharsets.UTF_8)))
              .isNotEmpty();
          found++;
        }
      }
    }
    assertThat(found).isPositive();
  }

  @Test
  void theExampleOfLimitsIsOne() throws Exception {
    String block =
        Documents.blocks(Repository.root().resolve("docs/rate-limit.md"), "json").getFirst();
    ObjectNode document = Json.readObject(block.getBytes(StandardCharsets.UTF_8));
    assertThat(Definition.read(Kind.PLUGIN, document))
        .isInstanceOfSatisfying(
            PluginDefinition.class,
            plugin -> {
              assertThat(plugin.plugin()).isEqualTo(RateLimitConfig.PLUGIN);
              assertThat(plugin.config()).isNotEmpty();
            });
    assertThat(document.path("config")).isInstanceOf(ObjectNode.class);
    RateLimitConfig config = RateLimitConfig.read((ObjectNode) document.path("config"));
    assertThat(config.by()).containsExactly(RateLimitConfig.By.SUBJECT);
  }

  @Test
  void readmeHasTheTwoCommandsAndEachRefusal() {
    String readme = Documents.text("README.md");
    assertThat(readme)
        .contains("./aegis up", "./aegis test", "docs/picture.svg")
        .contains(
            "missing_credentials",
            "wrong_tenant",
            "forbidden",
            "unknown_tenant",
            "rate_limited",
            "wait=applied");
  }
}
