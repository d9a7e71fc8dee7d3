package dev.aegis.chassis.datadog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.DatadogSettings;
import dev.aegis.chassis.InvalidSettings;
import dev.aegis.chassis.Logs;
import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Against a receiver that checks each payload. */
final class DatadogTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration FAST = Duration.ofMillis(20);
  private static final Delivery.Pace PACE = new Delivery.Pace(FAST, FAST, FAST);

  @TempDir Path directory;

  private Metrics metrics;
  private Receiver receiver;
  private Path log;
  private Logs logs;

  @BeforeEach
  void begin() throws Exception {
    metrics = Metrics.create("gateway");
    receiver = new Receiver();
    log = directory.resolve("aegis.log");
    logs = Logs.configure(log, "gateway", false);
  }

  @AfterEach
  void end() {
    logs.close();
    receiver.close();
    metrics.close();
  }

  private Datadog datadog(
      @Nullable String agent, int port, boolean sendLogs, long mostPoints, long mostLines) {
    return new Datadog(
        new Datadog.Terms(
            agent == null ? Receiver.KEY : null,
            receiver.uri("/api/v2/series"),
            receiver.uri("/api/v2/logs"),
            agent,
            port,
            sendLogs,
            FAST,
            FAST,
            mostPoints,
            mostLines,
            PACE,
            "gateway",
            "n1",
            List.of("node:n1", "env:test")),
        metrics);
  }

  private Datadog datadog() {
    return datadog(null, 0, true, 1 << 20, 1 << 20);
  }

  private static void soon(Runnable holds) {
    await().pollInterval(Duration.ofMillis(10)).untilAsserted(holds::run);
  }

  private long lost(String what) {
    return metrics.counter("aegis_datadog_lost_total", "", "what", what).count();
  }

  private long logged(String text) throws Exception {
    return Files.readAllLines(log).stream().filter(line -> line.contains(text)).count();
  }

  @Test
  void countsAreWhatCameSinceAndAddUp() {
    Metrics.Counter acme =
        metrics.counter("aegis_requests_total", "", "tenant", "acme", "code", "a,b|c#d e");
    metrics.gauge("aegis_active_requests", "", () -> 7);
    Metrics.Histogram durations =
        metrics.histogram("aegis_request_duration_seconds", "", new double[] {0.1, 1});
    try (Datadog _ = datadog()) {
      acme.add(3);
      for (int i = 0; i < 100; i++) {
        durations.record(50_000_000);
      }
      soon(() -> assertThat(receiver.sum("aegis.requests.count", "tenant:acme")).isEqualTo(3));
      soon(() -> assertThat(receiver.of("aegis.active_requests")).hasSizeGreaterThan(3));
      acme.add(4);
      soon(() -> assertThat(receiver.sum("aegis.requests.count")).isEqualTo(7));
      acme.add(5);
    }
    receiver.checkFaults();
    assertThat(
            receiver.sum(
                "aegis.requests.count",
                "tenant:acme",
                "code:a_b_c_d_e",
                "service:gateway",
                "node:n1",
                "env:test"))
        .isEqualTo(12);
    assertThat(receiver.of("aegis.requests.count")).hasSizeBetween(2, 3);
    JsonNode gauge = receiver.of("aegis.active_requests").getFirst();
    assertThat(gauge.at("/points/0/value").asDouble()).isEqualTo(7);
    assertThat(gauge.path("type").asInt()).isEqualTo(3);
    assertThat(gauge.at("/resources/0/name").asText()).isEqualTo("n1");
    assertThat(receiver.sum("aegis.request_duration_seconds.count")).isEqualTo(100);
    assertThat(receiver.sum("aegis.request_duration_seconds.sum")).isCloseTo(5, within(1e-9));
    JsonNode p95 = receiver.of("aegis.request_duration_seconds.p95").getFirst();
    assertThat(p95.at("/points/0/value").asDouble()).isCloseTo(0.095, within(0.006));
    assertThat(receiver.of("aegis.jvm_memory_used_bytes", "area:heap")).isNotEmpty();
    assertThat(lost("points")).isZero();
  }

  @Test
  void splitsWhatIsTooLongForOnePayload() {
    Random random = new Random(5);
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < 8_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int c = 0; c < 150; c++) {
        text.append((char) ('a' + random.nextInt(26)));
      }
      points.add(new Point("aegis.x", Point.Type.GAUGE, i, List.of("tag:" + text)));
    }
    List<Payload> payloads =
        new SeriesJson("n1", List.of()).payloads(points, Instant.now(), Duration.ofSeconds(10));
    assertThat(payloads).hasSizeGreaterThan(1);
    assertThat(payloads.stream().mapToInt(Payload::items).sum()).isEqualTo(8_000);
    assertThat(payloads)
        .allSatisfy(payload -> assertThat(payload.body().length).isLessThan(512_000));
  }

  @Test
  void aWrongKeyIsSaidOnceAndShownNowhere() throws Exception {
    receiver.answers(403);
    Metrics.Counter counter = metrics.counter("aegis_requests_total", "");
    try (Datadog datadog = datadog()) {
      counter.add(2);
      datadog.beside(logs::appendLines).accept("{\"a\":1}\n".getBytes(UTF_8));
      soon(() -> assertThat(receiver.requests()).isGreaterThan(8));
      soon(() -> assertThat(metrics.exposition()).contains("aegis_datadog_up 0"));
      assertThat(logged("does not take metrics with this key")).isEqualTo(1);
      receiver.answers(202);
      soon(() -> assertThat(receiver.sum("aegis.requests.count")).isEqualTo(2));
      soon(() -> assertThat(metrics.exposition()).contains("aegis_datadog_up 1"));
      assertThat(lost("points")).isZero();
    }
    receiver.checkFaults();
    assertThat(Files.readString(log)).doesNotContain(Receiver.KEY, "s3cr3t");
    assertThat(receiver.logs()).isNotEmpty();
    assertThat(receiver.logs().toString()).doesNotContain("s3cr3t");
    assertThat(metrics.exposition()).doesNotContain("s3cr3t");
  }

  @Test
  void anOutageIsSurvivedInBoundedMemoryAndItsLossCounted() throws Exception {
    Metrics.Counter counter = metrics.counter("aegis_requests_total", "");
    receiver.answers(503);
    try (Datadog datadog = datadog(null, 0, true, 20_000, 10_000)) {
      Consumer<byte[]> lines = datadog.beside(_ -> {});
      counter.add(11);
      for (int i = 0; i < 500; i++) {
        lines.accept(("{\"n\":" + i + "}\n{\"n\":" + i + ".5}\n").getBytes(UTF_8));
      }
      soon(() -> assertThat(lost("points")).isPositive());
      assertThat(lost("log_lines")).isBetween(500L, 998L);
      receiver.answers(202);
      soon(() -> assertThat(receiver.logs()).isNotEmpty());
      counter.add(13);
      soon(() -> assertThat(receiver.sum("aegis.requests.count")).isGreaterThanOrEqualTo(13));
    }
    receiver.checkFaults();
    assertThat(logged("not take metrics now (status 503)")).isEqualTo(1);
    assertThat(logged("takes metrics again")).isEqualTo(1);
    // What the service itself logged meanwhile is among them.
    long logged = Files.readAllLines(log).size();
    assertThat(receiver.logs().size() + lost("log_lines")).isEqualTo(1000 + logged);
  }

  @Test
  void whatDatadogNeverTakesIsDroppedAndCounted() throws Exception {
    receiver.answers(400);
    metrics.counter("aegis_requests_total", "").add(1);
    try (Datadog _ = datadog(null, 0, false, 1 << 20, 1 << 20)) {
      soon(() -> assertThat(receiver.requests()).isGreaterThan(3));
      assertThat(lost("points")).isPositive();
      receiver.answers(202);
      metrics.counter("aegis_requests_total", "").add(1);
      soon(() -> assertThat(receiver.sum("aegis.requests.count")).isEqualTo(1));
    }
    assertThat(logged("of this form (status 400)")).isEqualTo(1);
  }

  @Test
  void linesHaveTheirTenantAndRoute() throws Exception {
    String line =
        "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"level\":\"WARN\",\"service\":\"gateway\","
            + "\"request_id\":\"r1\",\"tenant_id\":\"acme\",\"route_id\":\"a\",\"method\":\"GET\","
            + "\"uri\":\"/a\",\"status\":404,\"latency_ms\":1.5,\"client_ip\":\"192.0.2.1\"}\n";
    List<byte[]> file = new ArrayList<>();
    try (Datadog datadog = datadog()) {
      Consumer<byte[]> to = datadog.beside(file::add);
      for (int i = 0; i < 30; i++) {
        to.accept(line.repeat(50).getBytes(UTF_8));
      }
      to.accept("no JSON\n".getBytes(UTF_8));
      LoggerFactory.getLogger("dev.aegis.bus.Test").warn("of the application");
      LoggerFactory.getLogger("dev.aegis.admin.Test").warn("of another service");
    }
    receiver.checkFaults();
    assertThat(file).hasSize(31);
    assertThat(receiver.logs()).hasSize(1502);
    JsonNode item =
        receiver.logs().stream()
            .filter(each -> each.path("message").asText().contains("r1"))
            .findFirst()
            .orElseThrow();
    assertThat(item.path("ddsource").asText()).isEqualTo("aegis");
    assertThat(item.path("ddtags").asText()).isEqualTo("node:n1,env:test,tenant:acme,route:a");
    assertThat(item.path("hostname").asText()).isEqualTo("n1");
    assertThat(item.path("service").asText()).isEqualTo("gateway");
    JsonNode message = JSON.readTree(item.path("message").asText());
    assertThat(message.at("/http/status_code").asInt()).isEqualTo(404);
    assertThat(message.at("/http/method").asText()).isEqualTo("GET");
    assertThat(message.at("/network/client/ip").asText()).isEqualTo("192.0.2.1");
    assertThat(message.path("duration").asLong()).isEqualTo(1_500_000);
    assertThat(message.has("status")).isFalse();
    assertThat(receiver.logs().toString())
        .contains("no JSON", "of the application")
        .doesNotContain("of another service");
  }

  @Test
  void anAgentGetsDatagramsThatItCanRead() throws Exception {
    Metrics.Counter acme = metrics.counter("aegis_requests_total", "", "tenant", "acme");
    for (int i = 0; i < 100; i++) {
      metrics.counter("aegis_requests_total", "", "tenant", "t" + i).add(1);
    }
    try (DatagramSocket agent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      agent.setSoTimeout(5_000);
      agent.setReceiveBufferSize(1 << 20);
      try (Datadog _ = datadog("127.0.0.1", agent.getLocalPort(), true, 1 << 20, 1 << 20)) {
        acme.add(3);
        double all = 0;
        byte[] bytes = new byte[1 << 16];
        while (all < 103) {
          DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
          agent.receive(packet);
          assertThat(packet.getLength()).isBetween(10, Statsd.MOST_BYTES);
          for (String line : new String(bytes, 0, packet.getLength(), UTF_8).split("\n")) {
            assertThat(line)
                .matches(
                    "aegis\\.[a-z0-9_.]+:-?[0-9]+(\\.[0-9]+)?\\|[cg]\\|#service:gateway,node:n1,"
                        + "env:test(,[a-z][^,|#\\s]*)*");
            if (line.startsWith("aegis.requests.count:")) {
              all += Double.parseDouble(line.substring(line.indexOf(':') + 1, line.indexOf('|')));
            }
          }
        }
        assertThat(all).isEqualTo(103);
      }
    }
    assertThat(receiver.requests()).isZero();
  }

  @Test
  void anIntakeThatDoesNotAnswerDelaysTheEndBySecondsAtMost() throws Exception {
    try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Datadog datadog =
          Datadog.start(
              settings()
                  .with(DatadogSettings.API_KEY, Optional.of(Receiver.KEY))
                  .with(
                      DatadogSettings.URL,
                      Optional.of(URI.create("http://127.0.0.1:" + mute.getLocalPort()))),
              "gateway",
              metrics);
      metrics.counter("aegis_requests_total", "").add(1);
      long began = System.nanoTime();
      datadog.close();
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
      assertThat(lost("points")).isPositive();
    }
  }

  @Test
  void isOffUnlessTold() throws Exception {
    try (Datadog datadog = Datadog.start(settings(), "gateway", metrics)) {
      Consumer<byte[]> to = _ -> {};
      assertThat(datadog.beside(to)).isSameAs(to);
      assertThat(metrics.exposition()).doesNotContain("datadog");
    }
    assertThatThrownBy(
            () ->
                Settings.read(
                    CommonSettings.ALL,
                    List.of("--datadog.interval=10ms"),
                    Map.of("DD_SITE", "datadoghq.com/x", "AEGIS_DATADOG_URL", "http://u:p@h/")))
        .isInstanceOfSatisfying(
            InvalidSettings.class, invalid -> assertThat(invalid.problems()).hasSize(3));
    for (String site : List.of("10.0.0.1", "eu-.datadoghq.com", "datadoghq")) {
      assertThatThrownBy(
              () -> Settings.read(CommonSettings.ALL, List.of(), Map.of("DD_SITE", site)))
          .isInstanceOf(InvalidSettings.class);
    }
    // Clusters set it for all that they run.
    assertThat(
            Settings.read(CommonSettings.ALL, List.of(), Map.of("DD_TAGS", "owner:a@b c|d,,e"))
                .of(DatadogSettings.TAGS))
        .containsExactly("owner:a_b", "c_d", "e");
    assertThatThrownBy(
            () ->
                Datadog.start(
                    settings().with(DatadogSettings.API_KEY, Optional.of("s3cr3t key\n")),
                    "gateway",
                    metrics))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("DD_API_KEY")
        .hasMessageNotContaining("s3cr3t");
  }

  private static Settings settings() {
    return Settings.defaults(CommonSettings.ALL);
  }
}
