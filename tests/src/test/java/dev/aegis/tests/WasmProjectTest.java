package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.Repository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A WebAssembly module as a new user makes one: the command of docs/wasm.md, then what the new
 * project's README says, pasted. Its packages are those that scripts/peers has fetched from npm.
 */
final class WasmProjectTest {
  private static final Duration BOUND = Duration.ofMinutes(3);
  private static final Path ROOT = Repository.root();
  private static final Path PACKAGES = ROOT.resolve(".peers/npm/node_modules");
  private static final String INSTALL = "npm install --no-audit --no-fund";

  @TempDir Path folder;

  @Test
  void aNewModuleIsBuiltAndLoadedAsItsReadmeSays() throws Exception {
    for (String needed : List.of("assemblyscript", "@solo-io/proxy-runtime")) {
      assertThat(PACKAGES.resolve(needed))
          .as("the npm package " + needed + " is needed: scripts/peers fetches it")
          .isDirectory();
    }
    String command =
        Documents.blocks(ROOT.resolve("docs/wasm.md"), "sh").stream()
            .filter(block -> block.contains(" plugin create "))
            .findFirst()
            .orElseThrow();
    Path data = folder.resolve("data");
    try (ChildProcess up = UpTest.start(Map.of("AEGIS_DATA", data.toString()), List.of())) {
      up.awaitLine(Pattern.compile("^Aegis is ready$"), BOUND);
      paste(data, folder, command.replace("./aegis", ROOT.resolve("aegis").toString()));
      Path project = folder.resolve("greeting");
      List<String> blocks = Documents.blocks(project.resolve("README.md"), "sh");
      assertThat(blocks).hasSize(4);
      assertThat(blocks.getFirst()).contains(INSTALL);

      Files.createSymbolicLink(project.resolve("node_modules"), PACKAGES);
      assertThat(paste(data, project, blocks.getFirst().replace(INSTALL, "")))
          .contains("ok: {\"x-plugin\":\"greeting: good morning\"}");
      assertThat(paste(data, project, blocks.get(1)))
          .contains("greeting.wasm installed: greeting", "plugin greeting created", "live on: ");
      String call = blocks.get(2).replace("127.0.0.1:8000", UpTest.authority(up, "gateway"));
      assertThat(paste(data, project, call))
          .startsWith("HTTP/1.1 200 ")
          .containsIgnoringCase("\nX-Plugin: greeting: good morning");
      paste(data, project, blocks.get(3));
      assertThat(paste(data, project, call))
          .startsWith("HTTP/1.1 200 ")
          .doesNotContainIgnoringCase("X-Plugin");
    }
  }

  private static String paste(Path data, Path where, String commands) throws Exception {
    String home = System.getProperty("java.home");
    Map<String, String> environment =
        Map.of(
            "AEGIS_DATA",
            data.toString(),
            "AEGIS_JAVA_HOME",
            home,
            "JAVA_HOME",
            home,
            "AEGIS_TEST_BUILT",
            "yes");
    String all = "set -e\ncd '" + where + "'\n" + commands;
    try (ChildProcess shell = ChildProcess.start(List.of("sh", "-c", all), environment)) {
      assertThat(shell.awaitExit(BOUND)).as(shell.output()).isZero();
      return shell.output();
    }
  }
}
