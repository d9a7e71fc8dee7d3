package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

class LogsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Logs.Bounds SMALL = new Logs.Bounds(10_000, 50_000, 7);

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("logs/aegis.log");
  }

  private List<JsonNode> lines() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file())) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private long files() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("logs"))) {
      return files.count();
    }
  }

  @Test
  void writesOneJsonObjectALineWithWhatIsKnown() throws Exception {
    try (Logs _ = Logs.configure(file(), "gateway", false)) {
      try (var _ = MDC.putCloseable("tenant_id", "t1")) {
        LoggerFactory.getLogger("dev.aegis.chassis.Test")
            .atWarn()
            .addKeyValue("code", "no_route")
            .log("first {} \"quoted\"\nsecond", 1);
      }
      LoggerFactory.getLogger("dev.aegis.chassis.Test").error("failed", new IOException("disk"));
    }
    List<JsonNode> lines = lines();
    assertThat(lines).hasSize(2);
    JsonNode first = lines.getFirst();
    assertThat(Instant.parse(first.get("timestamp").asText())).isBefore(Instant.now());
    assertThat(first.get("level").asText()).isEqualTo("WARN");
    assertThat(first.get("service").asText()).isEqualTo("gateway");
    assertThat(first.get("tenant_id").asText()).isEqualTo("t1");
    assertThat(first.get("code").asText()).isEqualTo("no_route");
    assertThat(first.get("message").asText()).isEqualTo("first 1 \"quoted\"\nsecond");
    assertThat(lines.get(1).get("exception").asText())
        .contains("java.io.IOException: disk", "LogsTest");
  }

  @Test
  void aLineOfAServicesPackageNamesThatService() throws Exception {
    try (Logs _ = Logs.configure(file(), "standalone", false)) {
      LoggerFactory.getLogger("dev.aegis.webhooks.delivery.Lane").info("a");
      LoggerFactory.getLogger("dev.aegis.gateway.GatewayService").info("b");
      LoggerFactory.getLogger("dev.aegis.bus.JournalReader").info("c");
      LoggerFactory.getLogger("dev.aegis").info("d");
    }
    assertThat(lines())
        .extracting(line -> line.get("service").asText())
        .containsExactly("webhook-dispatcher", "gateway", "standalone", "standalone");
  }

  @Test
  void keepsTheLevelForTheSuiteAndWarningsForLibraries() throws Exception {
    try (Logs _ = Logs.configure(file(), "gateway", false, "debug", SMALL)) {
      LoggerFactory.getLogger("dev.aegis.chassis.Test").trace("no");
      LoggerFactory.getLogger("dev.aegis.chassis.Test").debug("yes");
      LoggerFactory.getLogger("redis.clients.jedis.X").info("no");
      LoggerFactory.getLogger("redis.clients.jedis.X").warn("yes");
      java.util.logging.Logger.getLogger("io.helidon.X").log(Level.INFO, "no");
      java.util.logging.Logger.getLogger("io.helidon.X").log(Level.WARNING, "yes");
    }
    assertThat(lines())
        .hasSize(3)
        .allSatisfy(line -> assertThat(line.get("message").asText()).isEqualTo("yes"));
  }

  @Test
  void readyLinesPassAsTheyAreBetweenTheOthers() throws Exception {
    try (Logs logs = Logs.configure(file(), "gateway", false)) {
      LoggerFactory.getLogger("dev.aegis.chassis.Test").info("before");
      logs.appendLines(
          "{\"message\":\"one\"}\n{\"message\":\"ü\"}\n".getBytes(StandardCharsets.UTF_8));
      logs.appendLines(new byte[0]);
      LoggerFactory.getLogger("dev.aegis.chassis.Test").info("after");
    }
    assertThat(lines())
        .extracting(line -> line.get("message").asText())
        .containsExactly("before", "one", "ü", "after");
  }

  @Test
  void aLineIsALineOfValidTextWhateverItSays() throws Exception {
    String nasty = "\r\n{\"message\":\"forged\"}\n\u0000\u001b[2J\u2028 \ud800 half \udc00";
    try (Logs _ = Logs.configure(file(), "gateway", false)) {
      try (var _ = MDC.putCloseable("tenant_id", nasty)) {
        LoggerFactory.getLogger("dev.aegis.chassis.Test")
            .atWarn()
            .addKeyValue("uri", nasty)
            .setCause(new IOException(nasty))
            .log(nasty + "x".repeat(1 << 20));
      }
    }
    byte[] bytes = Files.readAllBytes(file());
    assertThat(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString())
        .doesNotContain("\r", "\u0000", "\u001b");
    assertThat(bytes).hasSizeLessThan(200_000);
    assertThat(lines()).hasSize(1);
    JsonNode line = lines().getFirst();
    assertThat(line.path("uri").asText())
        .isEqualTo(nasty.replace('\ud800', '?').replace('\udc00', '?'));
    assertThat(line.path("message").asText()).startsWith("\r\n{").endsWith("x…");
  }

  @Test
  void rollsBySizeWithinABoundAndTearsNothingApart() throws Exception {
    byte[] batch =
        ("{\"message\":\"" + "x".repeat(486) + "\"}\n").repeat(8).getBytes(StandardCharsets.UTF_8);
    long written = 0;
    try (Logs logs = Logs.configure(file(), "gateway", false, "info", SMALL)) {
      // Sizes are looked at only every so often, which is what the wait is for.
      while (files() < 4) {
        logs.appendLines(batch);
        written += batch.length;
        assertThat(written).isLessThan(4L << 30);
      }
    }
    try (Stream<Path> files = Files.list(directory.resolve("logs"))) {
      for (Path rolled : files.toList()) {
        assertThat(rolled.getFileName().toString())
            .matches("aegis(\\.\\d{4}-\\d\\d-\\d\\d\\.\\d+)?\\.log");
        byte[] bytes = Files.readAllBytes(rolled);
        assertThat(bytes.length % batch.length).isZero();
      }
    }
  }

  @Test
  void continuesTheFileOfARunBefore() throws Exception {
    for (String run : List.of("first", "second")) {
      try (Logs _ = Logs.configure(file(), "gateway", false)) {
        LoggerFactory.getLogger("dev.aegis.chassis.Test").info(run);
      }
    }
    assertThat(lines())
        .extracting(line -> line.get("message").asText())
        .containsExactly("first", "second");
  }

  @Test
  void aLogThatCannotBeWrittenIsOneLine() throws Exception {
    Path inTheWay = Files.writeString(directory.resolve("logs"), "");
    assertThatThrownBy(() -> Logs.configure(inTheWay.resolve("aegis.log"), "gateway", false))
        .isInstanceOf(StartFailure.class)
        .hasMessageStartingWith("cannot write the log ")
        .hasMessageNotContaining("\n");
  }
}
