package dev.aegis.admin.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A linter that others wrote has nothing to say about the description, however small. */
final class DescriptionLintTest {
  private static final String LINTER = ".peers/npm/node_modules/@redocly/cli/bin/cli.js";

  @TempDir private Path folder;

  @Test
  void theDescriptionIsCleanByTheStrictRules() throws Exception {
    try (ChildProcess lint = lint(OpenApi.document())) {
      assertThat(lint.awaitExit(Duration.ofMinutes(2))).as(lint.output()).isZero();
    }
  }

  @Test
  void whatTheRulesForbidIsFound() throws Exception {
    JsonNode document = new ObjectMapper().readTree(OpenApi.document());
    ((ObjectNode) document.at("/paths/~1admin~1tenants/get")).remove("summary");
    try (ChildProcess lint = lint(document.toString().getBytes(UTF_8))) {
      assertThat(lint.awaitExit(Duration.ofMinutes(2))).as(lint.output()).isEqualTo(1);
      assertThat(lint.output()).contains("operation-summary");
    }
  }

  private ChildProcess lint(byte[] document) throws IOException {
    Path linter = Repository.root().resolve(LINTER);
    assertThat(linter)
        .as("the npm package @redocly/cli is needed: scripts/peers fetches it")
        .exists();
    Path file = folder.resolve("openapi.json");
    Files.write(file, document);
    return ChildProcess.start(
        List.of(
            "node", linter.toString(), "lint", "--extends", "recommended-strict", file.toString()),
        Map.of("REDOCLY_TELEMETRY", "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"));
  }
}
