package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./aegis up} as a new user meets it: the line it prints, and the README's tour, pasted. */
final class UpTest {
  private static final Duration BOUND = Duration.ofMinutes(2);
  private static final Path ROOT = Repository.root();

  /** A refusal that a block of the tour announces, such as {@code # 403 forbidden: why}. */
  private static final Pattern ANNOUNCED = Pattern.compile("(?m)^# ([45]\\d\\d) ([a-z_]+):");

  private static final List<String> PORTS =
      List.of(
          "AEGIS_GATEWAY_PORT",
          "AEGIS_GATEWAY_TLS_PORT",
          "AEGIS_GATEWAY_MANAGEMENT_PORT",
          "AEGIS_ADMIN_PORT",
          "AEGIS_ADMIN_MANAGEMENT_PORT",
          "AEGIS_ANALYTICS_PORT",
          "AEGIS_WEBHOOKS_PORT",
          "AEGIS_KAFKA_PORT",
          "AEGIS_REDIS_PORT");

  @TempDir Path folder;

  @Test
  void theTourOfTheReadmeIsAsItSays() throws Exception {
    try (ChildProcess up = up(Map.of())) {
      String first = shell(up, firstRequest(up));
      assertThat(first).contains("api-service-tenant123", "alice", "reader");

      List<String> blocks = Documents.blocks(ROOT.resolve("README.md"), "sh");
      String answers = shell(up, String.join("\n", blocks));
      List<String> codes = new ArrayList<>();
      int from = 0;
      for (String block : blocks) {
        for (Matcher each = ANNOUNCED.matcher(block); each.find(); ) {
          codes.add(each.group(2));
          int status = answers.indexOf("HTTP/1.1 " + each.group(1), from);
          int code = answers.indexOf("\"code\":\"" + each.group(2) + '"', from);
          assertThat(status).as("status of %s in %s", each.group(), answers).isNotNegative();
          assertThat(code).as("code of %s in %s", each.group(), answers).isGreaterThan(status);
          from = code;
        }
      }
      assertThat(codes)
          .containsExactly(
              "missing_credentials", "wrong_tenant", "forbidden", "unknown_tenant", "rate_limited");
      assertThat(answers)
          .containsIgnoringCase("retry-after:")
          .contains("\"complete\":true", "/open/hello", "stale_revision");

      for (String code : codes) {
        await(code + " in the log")
            .atMost(BOUND)
            .until(() -> Files.readString(log()).contains("\"code\":\"" + code + '"'));
        await(code + " in the metrics")
            .atMost(BOUND)
            .until(() -> counted(up).contains("code=\"" + code + '"'));
      }
      String looked = "curl -s 'http://127.0.0.1:4567/admin/logs?code=wrong_tenant' -H \"$ADMIN\"";
      assertThat(shell(up, admin() + looked))
          .contains("\"code\":\"wrong_tenant\"", "\"unanswered\":[]")
          .doesNotContain("missing_credentials");
      up.awaitLine(
          Pattern.compile("webhook received: id=\\S+ timestamp=\\d+ signature=v1,"), BOUND);
      up.awaitLine(Pattern.compile("rate_limit\\.exceeded"), BOUND);
      String series = blocks.getLast().lines().findFirst().orElseThrow();
      await("the requests in the analytics")
          .atMost(BOUND)
          .until(() -> shell(up, admin() + series).contains("\"route\":\"limited\""));
    }
  }

  @Test
  void endsWithoutATraceAndFindsItsStateAgain() throws Exception {
    long started;
    try (ChildProcess up = up(Map.of())) {
      started = up.pid();
      firstRequest(up);
      List<ProcessHandle> peers = ProcessHandle.of(started).orElseThrow().descendants().toList();
      assertThat(peers).as("Kafka and Redis").hasSizeGreaterThanOrEqualTo(2);
      shell(
          up,
          admin()
              + "curl -s -X POST 'http://127.0.0.1:4567/admin/tenants/tenant123/routes?wait=applied'"
              + " -H \"$ADMIN\" -H 'Content-Type: application/json' -d"
              + " '{\"id\":\"kept\",\"paths\":[\"/kept\"],\"upstream\":\"api-service-tenant123\",\"auth\":\"none\"}'");
      up.interrupt();
      assertThat(up.awaitExit(BOUND)).isZero();
      assertThat(peers).noneMatch(ProcessHandle::isAlive);
    }
    try (ChildProcess up = up(Map.of())) {
      firstRequest(up);
      assertThat(shell(up, "curl -s -H 'Host: tenant123.example.com' http://127.0.0.1:8000/kept"))
          .contains("api-service-tenant123");
    }
  }

  @Test
  void takesATokenAndADomainThatAreGiven() throws Exception {
    Map<String, String> given =
        Map.of("AEGIS_ADMIN_TOKEN", "a-token-of-my-own", "AEGIS_BASE_DOMAIN", "shops.test");
    try (ChildProcess up = up(given)) {
      assertThat(firstRequest(up)).contains("Host: tenant123.shops.test");
      assertThat(shell(up, firstRequest(up))).contains("api-service-tenant123");
      assertThat(
              shell(
                  up,
                  "curl -s http://127.0.0.1:4567/admin/tenants"
                      + " -H 'Authorization: Bearer a-token-of-my-own'"))
          .contains("\"tenant456\"");
      assertThat(data().resolve("admin-token")).doesNotExist();
    }
  }

  @Test
  void saysInOneLineWhatIsWrongAndLeavesNothing() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());
      for (String name : PORTS) {
        if (!name.contains("REDIS")) {
          assertThat(failure(1, Map.of(name, port), List.of())).contains(port, name);
        }
      }
      assertThat(failure(1, Map.of("AEGIS_REDIS_PORT", port), List.of())).contains(port);
    }
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    assertThat(failure(1, Map.of("AEGIS_DATA", file.toString()), List.of()))
        .contains(file.toString());
    assertThat(failure(2, Map.of("AEGIS_GATEWAY_PORTS", "1"), List.of()))
        .contains("AEGIS_GATEWAY_PORTS", "AEGIS_GATEWAY_PORT");
    assertThat(failure(2, Map.of("AEGIS_GATEWAY_PORT", "70000"), List.of()))
        .contains("AEGIS_GATEWAY_PORT", "70000");
    assertThat(failure(2, Map.of(), List.of("--nodemo"))).contains("--nodemo");
  }

  private String failure(int exit, Map<String, String> environment, List<String> arguments)
      throws Exception {
    Path data = Files.createTempDirectory(folder, "failing");
    Map<String, String> own = new HashMap<>(Map.of("AEGIS_DATA", data.toString()));
    own.putAll(environment);
    try (ChildProcess up = start(own, arguments)) {
      int code = up.awaitExit(BOUND);
      List<String> said =
          up.output().lines().filter(line -> line.startsWith("aegis up: ")).toList();
      assertThat(code).as(up.output()).isEqualTo(exit);
      assertThat(said).as(up.output()).hasSize(1);
      assertThat(up.output()).doesNotContain("\tat ");
      assertThat(
              ProcessHandle.allProcesses()
                  .flatMap(process -> process.info().commandLine().stream())
                  .filter(line -> line.contains(data.toString())))
          .isEmpty();
      return said.getFirst();
    }
  }

  private ChildProcess up(Map<String, String> environment) throws InterruptedException {
    Map<String, String> own = new HashMap<>(Map.of("AEGIS_DATA", data().toString()));
    own.putAll(environment);
    ChildProcess up = start(own, List.of());
    try {
      up.awaitLine(Pattern.compile("^Aegis is ready$"), BOUND);
      return up;
    } catch (InterruptedException | AssertionError e) {
      up.close();
      throw e;
    }
  }

  /** Starts {@code ./aegis up} on free ports. */
  static ChildProcess start(Map<String, String> environment, List<String> arguments) {
    Map<String, String> all = new HashMap<>();
    PORTS.forEach(name -> all.put(name, "0"));
    all.put("AEGIS_JAVA_HOME", System.getProperty("java.home"));
    all.put("AEGIS_TEST_BUILT", "yes");
    all.putAll(environment);
    List<String> command = new ArrayList<>(List.of(ROOT.resolve("aegis").toString(), "up"));
    command.addAll(arguments);
    return ChildProcess.start(command, all);
  }

  /** The command that it prints. */
  private static String firstRequest(ChildProcess up) throws InterruptedException {
    return up.awaitLine(Pattern.compile("^curl -H .*$"), BOUND).group();
  }

  /** Pastes commands of the README, made to fit this suite's ports and folder. */
  private String shell(ChildProcess up, String commands) throws Exception {
    String fitting =
        commands
            .replace("127.0.0.1:8000", authority(up, "gateway"))
            .replace("127.0.0.1:8100", authority(up, "gateway management"))
            .replace("127.0.0.1:4567", authority(up, "admin"))
            .replace(".aegis/", data() + "/");
    Map<String, String> environment =
        Map.of(
            "AEGIS_DATA", data().toString(),
            "AEGIS_JAVA_HOME", System.getProperty("java.home"),
            "AEGIS_TEST_BUILT", "yes");
    try (ChildProcess shell =
        ChildProcess.start(
            List.of("sh", "-c", "cd '" + ROOT + "' || exit\n" + fitting), environment)) {
      assertThat(shell.awaitExit(BOUND)).as(shell.output()).isZero();
      return shell.output();
    }
  }

  private static String admin() {
    return "ADMIN=\"Authorization: Bearer $(cat .aegis/admin-token)\"\n";
  }

  /** Where a row of the printed table says that something listens. */
  static String authority(ChildProcess up, String row) throws InterruptedException {
    return up.awaitLine(Pattern.compile("^  " + row + "  +http://(\\S+?)/?$"), BOUND).group(1);
  }

  private static String counted(ChildProcess up) throws IOException, InterruptedException {
    URI metrics = URI.create("http://" + authority(up, "gateway management") + "/metrics");
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private Path data() {
    return folder.resolve("data");
  }

  private Path log() {
    return data().resolve("logs").resolve("aegis.log");
  }
}
