package dev.aegis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What all commands have in common: examples, exit codes, near names, completion. */
final class MannersTest {
  @TempDir private Path home;

  private Run run(String... args) {
    return Run.of(Map.of("HOME", home.toString()), home, "", args);
  }

  /** Every command, each with the words that call it. */
  private static void walk(CommandLine command, List<String> words, List<List<String>> all) {
    for (Map.Entry<String, CommandLine> below : command.getSubcommands().entrySet()) {
      List<String> longer = new ArrayList<>(words);
      longer.add(below.getKey());
      all.add(longer);
      walk(below.getValue(), longer, all);
    }
  }

  private CommandLine root() {
    return AegisCommand.commands(
        new Session(
            new java.io.PrintWriter(System.out),
            new java.io.PrintWriter(System.err),
            false,
            System.in,
            _ -> null,
            Map.of(),
            () -> Run.NOW,
            home));
  }

  @Test
  void helpOfEveryCommandHasExamplesThatParse() {
    List<List<String>> all = new ArrayList<>();
    walk(root(), List.of(), all);
    assertThat(all).hasSizeGreaterThan(60);
    for (List<String> words : all) {
      List<String> args = new ArrayList<>(words);
      args.add("--help");
      Run run = run(args.toArray(String[]::new));
      assertThat(run.code()).as("%s", words).isZero();
      assertThat(run.err()).isEmpty();
      List<String> examples =
          run.out().lines().filter(line -> line.startsWith("  ./aegis ")).toList();
      assertThat(examples).as("%s", words).isNotEmpty();
      for (String example : examples) {
        String line = example.strip().substring("./aegis ".length());
        assertThat(line).startsWith(String.join(" ", words));
        int end = Math.max(line.indexOf(" <"), line.indexOf(" >"));
        root().parseArgs((end < 0 ? line : line.substring(0, end)).split(" "));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tenat list, tenant",
    "pluginn list, plugin",
    "stauts, status",
    "bech, bench",
    "tenant lst, list",
    "route list --tenat t, --tenant",
    "tenant list --jsn, --json",
    "completion basch, bash",
  })
  void aMistakeNamesWhatWasMeantAndIsExitCodeTwo(String line, String meant) {
    Run run = run(line.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines().limit(3).toList().toString()).contains(meant);
  }

  @Test
  void exitCodesAreTheSameEverywhere() {
    assertThat(run("--version").code()).isZero();
    assertThat(run("tenant", "list").code()).isEqualTo(1);
    assertThat(run("status").code()).isEqualTo(1);
    assertThat(run("context", "use", "none").code()).isEqualTo(1);
    assertThat(run().code()).isEqualTo(2);
    assertThat(run("tenant").code()).isEqualTo(2);
    assertThat(run("route", "list").code()).isEqualTo(2);
    assertThat(run("--help").out()).contains("Exit codes: 0 success, 1 ", "2 mistake");
  }

  @ParameterizedTest
  @CsvSource({
    "tena, tenant",
    "compl, completion",
    "tenant sus, suspend",
    "route list --ten, --tenant",
    "context u, use",
    "be, bench",
  })
  void bashCompletes(String line, String expected) throws Exception {
    Path script = home.resolve("completion.bash");
    Run made = run("completion", "bash");
    assertThat(made.code()).isZero();
    Files.writeString(script, made.out());
    Process bash =
        new ProcessBuilder(
                "bash",
                "--norc",
                "-c",
                """
                set -e
                . "$1"
                words=$2
                COMP_WORDS=(./aegis $words)
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                COMP_LINE="./aegis $words"
                COMP_POINT=${#COMP_LINE}
                complete -p aegis >/dev/null
                set +e
                _complete_aegis ./aegis "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                """,
                "bash",
                script.toString(),
                line)
            .redirectErrorStream(true)
            .start();
    bash.getOutputStream().close();
    String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(out.lines().map(String::strip).toList()).contains(expected);
  }

  @Test
  void zshGetsTheSameWithItsOwnBeginning() {
    String script = run("completion", "zsh").out();
    assertThat(script).startsWith("autoload -U +X compinit && compinit\n");
    assertThat(script).endsWith(run("completion", "bash").out()).contains("bashcompinit");
  }
}
