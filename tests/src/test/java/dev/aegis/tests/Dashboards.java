package dev.aegis.tests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the dashboards of Grafana and the rules of Prometheus ask. */
final class Dashboards {
  static final Path GRAFANA = Repository.root().resolve("observability/grafana");
  static final Path PROMETHEUS = Repository.root().resolve("observability/prometheus");
  private static final Pattern METRIC =
      Pattern.compile("\\b(?:aegis|jvm|process|tenant)(?:_|:)[a-z][\\w:]*|\\bup\\b");
  private static final ObjectMapper JSON = new ObjectMapper();

  private Dashboards() {}

  /**
   * A question to Prometheus.
   *
   * @param where it is asked, for the reader of a failure
   * @param text as it is written there
   */
  record Query(String where, String text) {
    /** The metrics that are named in it, histograms without the endings of their series. */
    Set<String> metrics() {
      Set<String> metrics = new TreeSet<>();
      Matcher named = METRIC.matcher(text);
      while (named.find()) {
        metrics.add(named.group().replaceFirst("_(bucket|sum|count)$", ""));
      }
      return metrics;
    }

    /** Of a panel: as Grafana asks it when all of each variable is chosen. */
    Query ofAll() {
      return new Query(
          where,
          text.replace("$__rate_interval", "30s")
              .replaceAll("\\$(tenant|route|upstream|job|instance)\\b", ".*"));
    }

    /**
     * Of an alert: whether its conditions hold, instead of nothing where they do not. There is an
     * answer exactly where there is something that is compared.
     */
    Query asked() {
      return new Query(where, text.replaceAll(" (>|<|>=|<=|==) (?!bool)", " $1 bool "));
    }
  }

  /** The files of the dashboards. */
  static List<Path> files() {
    try (Stream<Path> files = Files.list(GRAFANA.resolve("dashboards"))) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A dashboard. */
  static JsonNode read(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the panels of all dashboards ask. */
  static List<Query> ofPanels() {
    List<Query> queries = new ArrayList<>();
    for (Path file : files()) {
      for (JsonNode panel : read(file).path("panels")) {
        for (JsonNode target : panel.path("targets")) {
          String where = file.getFileName() + " " + panel.path("title").asText();
          queries.add(new Query(where, target.path("expr").asText()));
        }
      }
    }
    return queries;
  }

  /**
   * What the rules ask.
   *
   * @param kind {@code record} or {@code alert}
   */
  static List<Query> ofRules(String kind) {
    List<Query> queries = new ArrayList<>();
    for (String file : List.of("recording.yml", "alerts.yml")) {
      Object rules = Compose.yaml(Documents.text(PROMETHEUS.resolve("rules").resolve(file)));
      for (Object group : (List<?>) ((Map<?, ?>) rules).get("groups")) {
        for (Object rule : (List<?>) ((Map<?, ?>) group).get("rules")) {
          Map<?, ?> said = (Map<?, ?>) rule;
          if (said.containsKey(kind)) {
            queries.add(
                new Query(String.valueOf(said.get(kind)), String.valueOf(said.get("expr"))));
          }
        }
      }
    }
    return queries;
  }
}
