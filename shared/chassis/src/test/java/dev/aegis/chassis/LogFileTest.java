package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The log's file when the disk, or somebody else, does what they like. */
class LogFileTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Logger LOG = LoggerFactory.getLogger("dev.aegis.chassis.Test");
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("logs/aegis.log");
  }

  private static List<String> messages(Path file) throws IOException {
    List<String> messages = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode json = JSON.readTree(line);
      messages.add(json.path("message").asText());
    }
    return messages;
  }

  private static byte[] mebibyte(int number) {
    return ("{\"message\":\"" + number + "\",\"x\":\"" + "x".repeat(1 << 20) + "\"}\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Puts a file in the log's place that has no room, as the device for that purpose has none. */
  private void fillDisk(LogQueue queue) throws IOException {
    Files.delete(file());
    Files.createSymbolicLink(file(), Path.of("/dev/full"));
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              LOG.info("on a full disk");
              return queue.reason() != null;
            });
  }

  @Test
  void onAFullDiskNobodyWaitsAndEveryLineIsWrittenLaterOrCounted() throws Exception {
    try (Logs logs = Logs.configure(file(), "gateway", false)) {
      LogQueue queue = Logs.ofProcess();
      fillDisk(queue);
      long began = System.nanoTime();
      for (int i = 0; i < 24; i++) {
        logs.appendLines(mebibyte(i));
      }
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
      assertThat(queue.lost()).isBetween(9L, 12L);
      assertThat(queue.waiting()).isLessThanOrEqualTo(LogQueue.BYTES);
      assertThat(queue.reason()).contains("No space left");
      Files.delete(file());
      await()
          .atMost(SOON)
          .ignoreExceptions() // the last line may be there in part
          .until(() -> Files.exists(file()) && messages(file()).getLast().contains("lost"));
      List<String> messages = messages(file());
      long lost = queue.lost();
      assertThat(messages).contains("on a full disk");
      assertThat(messages.stream().filter(message -> message.matches("\\d+")).count() + lost)
          .isEqualTo(24);
      assertThat(messages.getLast())
          .startsWith("The log was behind since ")
          .endsWith("(No space left on device): " + lost + " lines are lost");
      assertThat(queue.reason()).isNull();
    }
  }

  @Test
  void aLogThatCannotBeWrittenDoesNotHoldUpTheEnd() throws Exception {
    Logs logs = Logs.configure(file(), "gateway", false);
    LogQueue queue = Logs.ofProcess();
    fillDisk(queue);
    LOG.info("one");
    long began = System.nanoTime();
    logs.close();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
    assertThat(queue.lost()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void aWriteThatHalfSucceedsLeavesNoHalfLine() throws Exception {
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "ulimit -S -f 64; exec \"$@\"",
                "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                LogsUnderLimit.class.getName(),
                file().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = process.inputReader()) {
      assertThat(out.readLine()).isEqualTo("logged");
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                byte[] bytes = Files.readAllBytes(file());
                assertThat(bytes.length).isBetween(60_000, 64 << 10);
                assertThat(bytes[bytes.length - 1]).isEqualTo((byte) '\n');
              });
      assertThat(
              new ProcessBuilder(
                      "prlimit", "--pid", Long.toString(process.pid()), "--fsize=unlimited")
                  .inheritIO()
                  .start()
                  .waitFor())
          .isZero();
      await()
          .atMost(SOON)
          .ignoreExceptions()
          .until(() -> messages(file()).getLast().endsWith("0 lines are lost"));
      process.outputWriter().close();
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    List<String> lines =
        messages(file()).stream().filter(message -> message.startsWith("line ")).toList();
    assertThat(lines).hasSize(LogsUnderLimit.LINES).doesNotHaveDuplicates();
    assertThat(lines.getLast()).startsWith("line " + (LogsUnderLimit.LINES - 1));
  }

  @Test
  void aHalfLineOfARunBeforeIsEnded() throws Exception {
    Files.createDirectories(file().getParent());
    Files.writeString(file(), "{\"message\":\"kil");
    try (Logs _ = Logs.configure(file(), "gateway", false)) {
      LOG.info("after");
    }
    List<String> lines = Files.readAllLines(file());
    assertThat(lines).hasSize(2);
    assertThat(JSON.readTree(lines.get(1)).path("message").asText()).isEqualTo("after");
  }

  @Test
  void goesOnInANewFileWhenOthersRenameCutOrRemoveIt() throws Exception {
    try (Logs _ = Logs.configure(file(), "gateway", false)) {
      logUntilIn(file(), "begun");
      Files.writeString(file(), ""); // as copytruncate of logrotate does
      logUntilIn(file(), "cut");
      assertThat(Files.readString(file())).doesNotContain("\0");
      Files.move(file(), directory.resolve("renamed.log"));
      logUntilIn(file(), "renamed");
      Files.delete(file());
      Files.delete(file().getParent());
      logUntilIn(file(), "removed");
      assertThat(messages(directory.resolve("renamed.log"))).contains("cut");
      assertThat(Logs.ofProcess().lost()).isZero();
    }
  }

  private static void logUntilIn(Path file, String message) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions() // the last line may be there in part
        .until(
            () -> {
              LOG.info(message);
              return Files.exists(file) && messages(file).contains(message);
            });
  }

  @Test
  void beginsAFileEachDayAndDeletesTheOldestBeyondTheTotal() throws Exception {
    Path logs = Files.createDirectories(file().getParent());
    Path old = logs.resolve("aegis." + LocalDate.now().minusDays(3) + ".0.log");
    Files.writeString(old, "x".repeat(50_000));
    try (Logs log =
        Logs.configure(file(), "gateway", false, "info", new Logs.Bounds(1 << 20, 40_000, 7))) {
      logUntilIn(file(), "today");
      log.clock(Instant.now().plus(Duration.ofDays(1)));
      logUntilIn(file(), "tomorrow");
      Path today = logs.resolve("aegis." + LocalDate.now() + ".0.log");
      assertThat(messages(today)).contains("today").doesNotContain("tomorrow");
      assertThat(messages(file())).doesNotContain("today");
      await().atMost(SOON).until(() -> Files.notExists(old));
    }
    try (Stream<Path> files = Files.list(logs)) {
      assertThat(files.count()).isEqualTo(2);
    }
  }
}
