package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The dashboards as files: what Grafana would not say, or say too late. */
final class DashboardFilesTest {
  private static final int COLUMNS = 24;
  private static final Pattern DATADOG =
      Pattern.compile("aegis\\.([a-z_]+)(?:(\\.count)|(\\.p\\d\\d))?\\{");
  private static final Pattern VARIABLE = Pattern.compile("\\$(\\w+)");

  @Test
  void everyQueryNamesTheDataSourceThatIsProvisioned() {
    Object provisioned =
        Compose.yaml(
            Documents.text(Dashboards.GRAFANA.resolve("provisioning/datasources/prometheus.yml")));
    Map<?, ?> source =
        (Map<?, ?>) ((List<?>) ((Map<?, ?>) provisioned).get("datasources")).getFirst();
    for (Path file : Dashboards.files()) {
      List<JsonNode> named = Dashboards.read(file).findValues("datasource");
      assertThat(named).as(file.toString()).isNotEmpty();
      for (JsonNode each : named) {
        assertThat(each.path("uid").asText()).isEqualTo(source.get("uid"));
        assertThat(each.path("type").asText()).isEqualTo(source.get("type"));
      }
    }
  }

  @Test
  void dashboardsAreTheirOwn() {
    Set<String> names = new HashSet<>();
    for (Path file : Dashboards.files()) {
      JsonNode dashboard = Dashboards.read(file);
      assertThat("aegis-" + file.getFileName()).isEqualTo(dashboard.path("uid").asText() + ".json");
      assertThat(names.add(dashboard.path("title").asText())).as(file.toString()).isTrue();
      assertThat(dashboard.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(41);
    }
    assertThat(names).hasSize(8);
  }

  @Test
  void everyPanelSaysWhatItShowsAndInWhatUnit() {
    for (Path file : Dashboards.files()) {
      Set<Integer> ids = new HashSet<>();
      for (JsonNode panel : Dashboards.read(file).path("panels")) {
        String where = file.getFileName() + " " + panel.path("title").asText();
        assertThat(ids.add(panel.path("id").asInt())).as(where).isTrue();
        assertThat(panel.path("description").asText()).as(where).endsWith(".");
        assertThat(panel.at("/fieldConfig/defaults/unit").asText()).as(where).isNotEmpty();
        assertThat(panel.path("targets")).as(where).isNotEmpty();
      }
    }
  }

  @Test
  void panelsDoNotLieOnEachOther() {
    for (Path file : Dashboards.files()) {
      Set<List<Integer>> taken = new HashSet<>();
      for (JsonNode panel : Dashboards.read(file).path("panels")) {
        JsonNode at = panel.path("gridPos");
        for (int x = at.path("x").asInt(); x < at.path("x").asInt() + at.path("w").asInt(); x++) {
          assertThat(x).isBetween(0, COLUMNS - 1);
          for (int y = at.path("y").asInt(); y < at.path("y").asInt() + at.path("h").asInt(); y++) {
            assertThat(taken.add(List.of(x, y))).as("%s %s", file, panel.path("title")).isTrue();
          }
        }
      }
    }
  }

  @Test
  void variablesThatAreUsedAreThere() {
    for (Path file : Dashboards.files()) {
      JsonNode dashboard = Dashboards.read(file);
      Set<String> known = new HashSet<>(Set.of("__rate_interval"));
      List<String> texts = new ArrayList<>(dashboard.findValuesAsText("expr"));
      for (JsonNode variable : dashboard.at("/templating/list")) {
        known.add(variable.path("name").asText());
        texts.add(variable.at("/query/query").asText());
      }
      for (String text : texts) {
        Matcher used = VARIABLE.matcher(text);
        while (used.find()) {
          assertThat(known).as("%s %s", file, text).contains(used.group(1));
        }
      }
    }
  }

  /**
   * The agent and the services leave out the prefix, and say of counters that they count; the
   * services send percentiles of histograms.
   */
  @Test
  void datadogIsAskedForWhatPrometheusIs() {
    Set<String> known = new HashSet<>();
    Dashboards.ofPanels().forEach(query -> known.addAll(query.metrics()));
    JsonNode dashboard = Dashboards.read(Dashboards.GRAFANA.resolve("datadog/fleet.json"));
    List<String> queries = dashboard.findValuesAsText("query");
    int found = 0;
    for (String query : queries) {
      Matcher named = DATADOG.matcher(query);
      while (named.find()) {
        String name = named.group(1);
        String told = (name.startsWith("jvm_") ? "" : "aegis_") + name;
        assertThat(known).contains(named.group(2) == null ? told : told + "_total");
        found++;
      }
    }
    assertThat(found).isGreaterThan(10);
  }
}
