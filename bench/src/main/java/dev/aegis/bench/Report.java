package dev.aegis.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run came to. The figure that survives a busy machine is the ratio of two systems that were
 * measured right after each other; so ratios are taken round by round, and their median counts.
 */
final class Report {
  static final String YARDSTICK = "nginx, bare proxy_pass";
  static final String OWN = "Aegis, everything on";
  private static final String BEGIN = "<!-- bench -->";
  private static final String END = "<!-- end of bench -->";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, List<Load.Figure>> figures;

  /**
   * @param figures of each system, round by round
   */
  Report(Map<String, List<Load.Figure>> figures) {
    this.figures = figures;
  }

  /** The table as Markdown, and what the committed baseline says. */
  String table() throws IOException {
    StringBuilder table = new StringBuilder();
    table.append(
        "| system | CPU per request, µs: median (from – to) | × nginx: median (from – to) |"
            + " requests/s |\n|---|---|---|---|\n");
    figures.forEach(
        (system, rounds) -> {
          List<Double> costs = rounds.stream().map(Load.Figure::microseconds).toList();
          table.append(
              String.format(
                  Locale.ROOT,
                  "| %s | %s | %s | %.0f |%n",
                  system,
                  spread(costs, "%.1f"),
                  spread(ratios(system), "%.2f"),
                  median(rounds.stream().map(Load.Figure::perSecond).toList())));
        });
    Path baseline = Repository.root().resolve("bench/baseline.json");
    if (Files.exists(baseline)) {
      double ratio = JSON.readTree(Files.readAllBytes(baseline)).path("ratio").asDouble();
      table.append(
          String.format(Locale.ROOT, "%nThe committed baseline is %.2f × nginx.%n", ratio));
    }
    return table.toString();
  }

  /** Writes the medians to {@code bench/target/bench.json}. */
  void write() throws IOException {
    ObjectNode result = JSON.createObjectNode();
    result.put("ratio", rounded(median(ratios(OWN))));
    ObjectNode costs = result.putObject("microseconds");
    figures.forEach(
        (system, rounds) ->
            costs.put(
                system, rounded(median(rounds.stream().map(Load.Figure::microseconds).toList()))));
    result.put("rounds", figures.values().iterator().next().size());
    Path target = Repository.root().resolve("bench/target/bench.json");
    Files.createDirectories(target.getParent());
    Files.writeString(
        target, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n");
  }

  /** Puts the table, the day and the machine between the marks of a page. */
  void writeInto(Path page) throws IOException {
    String text = Files.readString(page);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IOException(page + " has no " + BEGIN + " followed by " + END);
    }
    Files.writeString(
        page,
        text.substring(0, begin + BEGIN.length())
            + "\n"
            + LocalDate.now(ZoneOffset.UTC)
            + ", "
            + machine()
            + ", "
            + figures.values().iterator().next().size()
            + " rounds:\n\n"
            + table()
            + text.substring(end));
  }

  private static String machine() throws IOException {
    String processor =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse("a processor without a name");
    return Runtime.getRuntime().availableProcessors()
        + " processors ("
        + processor
        + "), Linux "
        + System.getProperty("os.version")
        + ", Java "
        + Runtime.version();
  }

  private List<Double> ratios(String system) {
    List<Load.Figure> own = figures.getOrDefault(system, List.of());
    List<Load.Figure> yardstick = figures.getOrDefault(YARDSTICK, List.of());
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < own.size(); round++) {
      ratios.add(own.get(round).microseconds() / yardstick.get(round).microseconds());
    }
    return ratios;
  }

  private static String spread(List<Double> figures, String format) {
    double least = figures.stream().mapToDouble(Double::doubleValue).min().orElse(0);
    double most = figures.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    return String.format(
        Locale.ROOT, format + " (" + format + " – " + format + ")", median(figures), least, most);
  }

  private static double median(List<Double> figures) {
    List<Double> sorted = figures.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private static double rounded(double figure) {
    return Math.round(figure * 100) / 100.0;
  }
}
