package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs a service as a real process and looks at its streams, exit code and files. */
class ServiceMainTest {
  @TempDir Path directory;

  private Process process;

  @AfterEach
  void kill() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  private void run(Map<String, String> environment, String... args) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                SampleService.class.getName()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("AEGIS_"));
    builder.environment().put("AEGIS_DATA", directory.resolve("data").toString());
    builder.environment().putAll(environment);
    builder.redirectError(directory.resolve("stderr").toFile());
    process = builder.start();
  }

  private int exit() throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private List<String> errors() throws IOException {
    return Files.readAllLines(directory.resolve("stderr"));
  }

  private void signal(String name) throws Exception {
    assertThat(
            new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor())
        .isZero();
  }

  private static List<String> until(BufferedReader out, String last) throws IOException {
    List<String> lines = new ArrayList<>();
    String line = out.readLine();
    while (line != null) {
      lines.add(line);
      if (line.equals(last)) {
        return lines;
      }
      line = out.readLine();
    }
    throw new AssertionError("ended without \"" + last + "\": " + lines);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void startsSaysWhereItListensAndStopsWithCode0(String signal) throws Exception {
    run(Map.of("AEGIS_GATEWAY_PORT", "0"));
    List<String> lines = until(process.inputReader(), "gateway is ready");
    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst()).startsWith("gateway listens on http://127.0.0.1:");
    URI ready = URI.create(lines.getFirst().substring(19) + "/health/ready");
    try (HttpClient client = HttpClient.newHttpClient()) {
      assertThat(
              client
                  .send(HttpRequest.newBuilder(ready).build(), BodyHandlers.discarding())
                  .statusCode())
          .isEqualTo(200);
    }
    signal(signal);
    assertThat(exit()).isZero();
    assertThat(Files.readAllLines(directory.resolve("data/logs/aegis.log")))
        .anyMatch(line -> line.contains("\"message\":\"started\""))
        .anyMatch(line -> line.contains("\"message\":\"stopped\""))
        .allMatch(line -> line.contains("\"service\":\"gateway\""));
    assertThat(directory.resolve("data/master-key")).exists();
    assertThat(errors()).anyMatch(line -> line.matches("[0-9:.]+ INFO  Sample: started"));
  }

  @Test
  void aPortInUseIsOneLineAndCode1() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      run(Map.of("AEGIS_GATEWAY_PORT", String.valueOf(taken.getLocalPort())));
      assertThat(exit()).isEqualTo(1);
      assertThat(errors())
          .containsExactly(
              "aegis gateway: port "
                  + taken.getLocalPort()
                  + " (gateway) is in use; choose another with AEGIS_GATEWAY_PORT or"
                  + " --gateway.port, 0 picks a free one");
    }
  }

  @Test
  void badSettingsAreAllLinesAndCode2() throws Exception {
    run(Map.of("AEGIS_GATEWAY_PRT", "1"), "--gateway.port=x", "--trick", "bang");
    assertThat(exit()).isEqualTo(2);
    assertThat(errors())
        .containsExactlyInAnyOrder(
            "aegis gateway: environment: there is no AEGIS_GATEWAY_PRT; did you mean"
                + " AEGIS_GATEWAY_PORT?",
            "aegis gateway: --gateway.port: must be a whole number from 0 to 65535, not \"x\"",
            "aegis gateway: --trick: must be one of none, bug, bug-on-close, hang-in-start, not"
                + " \"bang\"");
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void aDataDirectoryThatCannotBeWrittenIsOneLineAndCode1() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    run(Map.of("AEGIS_DATA", file.resolve("data").toString()));
    assertThat(exit()).isEqualTo(1);
    assertThat(errors())
        .singleElement()
        .asString()
        .startsWith("aegis gateway: cannot write to the data directory " + file);
  }

  @Test
  void aBugInTheStartIsOneLineCode1AndAStackTraceInTheLog() throws Exception {
    run(Map.of("AEGIS_GATEWAY_PORT", "0", "AEGIS_TRICK", "bug"));
    assertThat(exit()).isEqualTo(1);
    assertThat(errors().getLast())
        .isEqualTo(
            "aegis gateway: unexpected failure, see the log:"
                + " java.lang.IllegalStateException: a bug in the start");
    assertThat(Files.readString(directory.resolve("data/logs/aegis.log")))
        .contains("SampleService.start");
  }

  @Test
  void aBugInTheStopIsCode1() throws Exception {
    run(Map.of("AEGIS_GATEWAY_PORT", "0", "AEGIS_TRICK", "bug-on-close"));
    until(process.inputReader(), "gateway is ready");
    signal("TERM");
    assertThat(exit()).isEqualTo(1);
  }

  @Test
  void aSignalWhileStartingStopsTheStart() throws Exception {
    run(Map.of("AEGIS_GATEWAY_PORT", "0", "AEGIS_TRICK", "hang-in-start"));
    until(process.inputReader(), "hanging");
    signal("TERM");
    assertThat(exit()).isZero();
  }

  @Test
  void helpAndVersionGoToStandardOutput() throws Exception {
    run(Map.of(), "--help");
    assertThat(exit()).isZero();
    assertThat(process.inputReader().lines())
        .contains(
            "Usage: aegis gateway [--config FILE] [--NAME VALUE]...",
            "  --gateway.port  AEGIS_GATEWAY_PORT  [8000]");
    run(Map.of(), "--version");
    assertThat(exit()).isZero();
    assertThat(process.inputReader().lines()).containsExactly("aegis gateway " + Version.text());
  }
}
