package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.Peers;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of Prometheus and what becomes of alerts, judged by the projects' own tools. */
final class RulesTest {
  private static final Path FOLDER = Repository.root().resolve("observability/prometheus");
  private static final Path ALERTS =
      Repository.root().resolve("observability/alertmanager/alertmanager.yml");
  private static final Duration BOUND = Duration.ofMinutes(1);

  @Test
  void theConfigurationIsValid() throws Exception {
    assertThat(promtool("check", "config", FOLDER.resolve("prometheus.yml").toString()))
        .contains("2 rule files found");
  }

  @Test
  void theRulesAreValid() throws Exception {
    List<String> arguments = new ArrayList<>(List.of("check", "rules", "--lint-fatal"));
    arguments.addAll(files(FOLDER.resolve("rules")));
    promtool(arguments.toArray(String[]::new));
  }

  @Test
  void alertsFireWhenTheyShould() throws Exception {
    List<String> arguments = new ArrayList<>(List.of("test", "rules"));
    arguments.addAll(files(FOLDER.resolve("rules/tests")));
    promtool(arguments.toArray(String[]::new));
  }

  @Test
  void whatCallsSomebodyIsNotWhatMayWait() throws Exception {
    String file = ALERTS.toString();
    assertThat(amtool("check-config", file)).contains("SUCCESS");
    for (String severity : List.of("page", "ticket")) {
      // It exits with another code than 0 when other receivers hear of it.
      amtool(
          "config",
          "routes",
          "test",
          "--config.file=" + file,
          "--verify.receivers=" + severity + "s",
          "severity=" + severity);
    }
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<String> names =
          files.map(Path::toString).filter(name -> name.endsWith(".yml")).sorted().toList();
      assertThat(names).isNotEmpty();
      return names;
    }
  }

  private static String promtool(String... arguments) throws InterruptedException {
    return run(Peers.program("promtool", "AEGIS_TEST_PROMTOOL"), arguments);
  }

  private static String amtool(String... arguments) throws InterruptedException {
    return run(Peers.program("amtool", "AEGIS_TEST_AMTOOL"), arguments);
  }

  private static String run(Path tool, String... arguments) throws InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(tool.toString());
    command.addAll(List.of(arguments));
    try (ChildProcess process = ChildProcess.start(command, Map.of())) {
      int code = process.awaitExit(BOUND);
      assertThat(code).as(process.output()).isZero();
      return process.output();
    }
  }
}
