package dev.aegis.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.JournalWriter;
import dev.aegis.bus.Topics;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Logs;
import dev.aegis.chassis.Settings;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.journal.Change;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.OtlpReceiver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All that a gateway tells of requests has nowhere to go, at once, and then it has again. */
final class SinksGoneTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Set<String> SINKS = Set.of("log", "traces", "datadog", "spool");
  private static final Pattern SPANS_LOST = Pattern.compile("(?m)^aegis_spans_dropped_total [1-9]");
  private static final Pattern POINTS_LOST =
      Pattern.compile("(?m)^aegis_datadog_lost_total\\{what=\"points\"} [1-9]");

  @TempDir Path data;

  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicInteger datadog = new AtomicInteger(202);
  private final AtomicInteger series = new AtomicInteger();
  private int sent;

  @Test
  void requestsAreServedLossesCountedAndAllComesBack() throws Exception {
    HttpServer there =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    there.createContext("/", exchange -> answer(exchange, 200));
    there.createContext(
        "/api/v2/",
        exchange -> {
          int status = datadog.get();
          if (status == 202 && exchange.getRequestURI().getPath().endsWith("/series")) {
            series.incrementAndGet();
          }
          answer(exchange, status);
        });
    there.start();
    String url = "http://127.0.0.1:" + there.getAddress().getPort();
    Path file = data.resolve("logs").resolve("aegis.log");
    try (KafkaPeer kafka = KafkaPeer.start();
        OtlpReceiver collector = OtlpReceiver.start();
        Logs logs = Logs.configure(file, "gateway", false)) {
      publish(kafka.bootstrap(), url);
      GatewayService gateway =
          new GatewayService(settings(kafka.bootstrap(), url, collector.url()), logs);
      gateway.start();
      try {
        await().atMost(BOUND).until(gateway::ready);
        await().atMost(BOUND).until(() -> told(gateway, collector, file));

        kafka.kill();
        collector.answer(503);
        datadog.set(400);
        Files.delete(file);
        Files.createSymbolicLink(file, Path.of("/dev/full"));
        await()
            .atMost(BOUND)
            .untilAsserted(
                () -> {
                  serves(gateway);
                  assertThat(troubles(gateway)).containsAll(SINKS);
                  String metrics = get(management(gateway, "/metrics"));
                  assertThat(metrics).containsPattern(SPANS_LOST).containsPattern(POINTS_LOST);
                });

        kafka.restart();
        collector.answer(200);
        datadog.set(202);
        Files.delete(file);
        await().atMost(BOUND).until(() -> told(gateway, collector, file));
        await()
            .atMost(BOUND)
            .untilAsserted(() -> assertThat(troubles(gateway)).doesNotContainAnyElementsOf(SINKS));
        await()
            .atMost(BOUND)
            .untilAsserted(() -> assertThat(published(kafka.bootstrap())).hasSize(sent));
      } finally {
        gateway.close();
      }
    } finally {
      there.stop(0);
    }
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(status, -1);
    }
  }

  /** Whether one more request is in the log, in a span, and Datadog has heard since. */
  private boolean told(GatewayService gateway, OtlpReceiver collector, Path file) throws Exception {
    int before = series.get();
    String path = serves(gateway);
    await().atMost(BOUND).until(() -> series.get() > before);
    await()
        .atMost(BOUND)
        .until(
            () ->
                collector.spans().stream()
                    .anyMatch(span -> path.equals(span.about().get("url.path"))));
    await()
        .atMost(BOUND)
        .until(() -> Files.exists(file) && Files.readString(file).contains('"' + path + '"'));
    return true;
  }

  /** Sends a request, which is served whatever else is wrong; its path is its own. */
  private String serves(GatewayService gateway) throws Exception {
    String path = "/request/" + ++sent;
    HttpRequest request =
        HttpRequest.newBuilder(gateway.listeners().getFirst().uri().resolve(path))
            .version(HttpClient.Version.HTTP_1_1)
            .header("Host", "acme.example.com")
            .timeout(Duration.ofSeconds(10))
            .build();
    assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
    return path;
  }

  private Set<String> troubles(GatewayService gateway) throws Exception {
    Set<String> what = new TreeSet<>();
    for (JsonNode each : JSON.readTree(get(management(gateway, "/status"))).path("troubles")) {
      assertThat(Instant.parse(each.path("since").asText())).isBefore(Instant.now());
      what.add(each.path("what").asText());
    }
    return what;
  }

  private static URI management(GatewayService gateway, String path) {
    return gateway.listeners().getLast().uri().resolve(path);
  }

  private String get(URI uri) throws Exception {
    return client
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** Paths of requests whose events Kafka has. */
  private static Set<String> published(String bootstrap) throws Exception {
    Set<String> paths = new HashSet<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap),
            new StringDeserializer(),
            new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.REQUESTS).stream()
              .map(each -> new TopicPartition(each.topic(), each.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(200))) {
          paths.add(JSON.readTree(each.value()).path("path").asText());
        }
      }
    }
    return paths;
  }

  private Settings settings(String bootstrap, String datadogUrl, String collector)
      throws Exception {
    return Settings.read(
            GatewaySettings.ALL,
            List.of("--data", data.toString()),
            Map.of(
                "AEGIS_KAFKA_BOOTSTRAP",
                bootstrap,
                "AEGIS_MASTER_KEY",
                MasterKey.newText(),
                "DD_API_KEY",
                "datadog-s3cr3t",
                "AEGIS_DATADOG_URL",
                datadogUrl,
                "AEGIS_DATADOG_INTERVAL",
                "1s"))
        .with(CommonSettings.OTLP_ENDPOINT, Optional.of(URI.create(collector)))
        .with(CommonSettings.SAMPLE_RATE, 1.0)
        .with(GatewaySettings.PORT, 0)
        .with(GatewaySettings.TLS_PORT, 0)
        .with(GatewaySettings.MANAGEMENT_PORT, 0);
  }

  private static void publish(String bootstrap, String backend) throws Exception {
    BusSettings bus = new BusSettings(bootstrap, "test");
    Topics.ensure(bus);
    try (JournalWriter journal = new JournalWriter(bus)) {
      put(journal, "tenants/acme", Map.of("id", "acme", "name", "acme"));
      put(
          journal,
          "tenants/acme/upstreams/u",
          Map.of("id", "u", "targets", List.of(Map.of("url", backend))));
      put(
          journal,
          "tenants/acme/routes/r",
          Map.of("id", "r", "paths", List.of("/**"), "upstream", "u", "auth", "none"));
    }
  }

  private static void put(JournalWriter journal, String key, Map<String, ?> definition)
      throws Exception {
    journal.append(
        new Change(
            ObjectKey.parse(key),
            JSON.convertValue(definition, ObjectNode.class),
            Change.ANY,
            "test",
            Instant.now()));
  }
}
