package dev.aegis.chassis.datadog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;

/**
 * Datadog's intake on loopback: answers as it is told, and holds what it takes against the
 * published models {@code MetricPayload} and {@code HTTPLog} of its API, version 2.
 */
final class Receiver implements AutoCloseable {
  static final String KEY = "0123456789abcdef-s3cr3t";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_SERIES_COMPRESSED = 512_000;
  private static final int MOST_SERIES = 5_242_880;
  private static final int MOST_LOGS = 5_000_000;

  private final HttpServer server;
  private final List<JsonNode> series = new CopyOnWriteArrayList<>();
  private final List<JsonNode> logs = new CopyOnWriteArrayList<>();
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private final AtomicInteger requests = new AtomicInteger();
  private volatile int status = 202;

  Receiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.createContext("/api/v2/series", exchange -> answer(exchange, true));
    server.createContext("/api/v2/logs", exchange -> answer(exchange, false));
    server.start();
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  void answers(int status) {
    this.status = status;
  }

  int requests() {
    return requests.get();
  }

  List<JsonNode> logs() {
    return logs;
  }

  /** The sum of all values of a metric whose series has all these tags. */
  double sum(String metric, String... tags) {
    double sum = 0;
    for (JsonNode each : of(metric, tags)) {
      sum += each.at("/points/0/value").asDouble();
    }
    return sum;
  }

  List<JsonNode> of(String metric, String... tags) {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode each : series) {
      List<String> its = new ArrayList<>();
      each.path("tags").forEach(tag -> its.add(tag.asText()));
      if (each.path("metric").asText().equals(metric) && its.containsAll(List.of(tags))) {
        found.add(each);
      }
    }
    return found;
  }

  /** Each payload was as the API wants it. */
  void checkFaults() {
    assertThat(faults).isEmpty();
  }

  private void answer(HttpExchange exchange, boolean metrics) throws IOException {
    byte[] compressed = exchange.getRequestBody().readAllBytes();
    requests.incrementAndGet();
    int now = status;
    try {
      assertThat(exchange.getRequestMethod()).isEqualTo("POST");
      assertThat(exchange.getRequestHeaders().get("DD-API-KEY")).containsExactly(KEY);
      assertThat(exchange.getRequestHeaders().getFirst("Content-Type"))
          .isEqualTo("application/json");
      assertThat(exchange.getRequestHeaders().getFirst("Content-Encoding")).isEqualTo("gzip");
      byte[] body = new GZIPInputStream(new ByteArrayInputStream(compressed)).readAllBytes();
      JsonNode json = JSON.readTree(body);
      if (metrics) {
        assertThat(compressed).hasSizeLessThan(MOST_SERIES_COMPRESSED);
        assertThat(body).hasSizeLessThan(MOST_SERIES);
        series(json, now < 300);
      } else {
        assertThat(body).hasSizeLessThan(MOST_LOGS);
        logs(json, now < 300);
      }
    } catch (IOException | RuntimeException | AssertionError e) {
      faults.add(e);
    }
    exchange.sendResponseHeaders(now, -1);
    exchange.close();
  }

  private void series(JsonNode payload, boolean keep) {
    has(payload, Set.of("series"), Set.of());
    for (JsonNode each : payload.path("series")) {
      has(
          each,
          Set.of("metric", "points"),
          Set.of("interval", "metadata", "resources", "source_type_name", "tags", "type", "unit"));
      assertThat(each.path("metric").asText()).matches("aegis\\.[a-zA-Z0-9_.]{1,190}");
      assertThat(each.path("type").asInt(-1)).isIn(1, 3);
      assertThat(each.path("points")).hasSize(1);
      JsonNode point = each.at("/points/0");
      has(point, Set.of("timestamp", "value"), Set.of());
      long now = System.currentTimeMillis() / 1000;
      assertThat(point.path("timestamp").isIntegralNumber()).isTrue();
      assertThat(point.path("timestamp").asLong()).isBetween(now - 3600, now + 600);
      assertThat(point.path("value").isNumber()).isTrue();
      if (each.path("type").asInt() == 1) {
        assertThat(each.path("interval").asLong()).isPositive();
      }
      for (JsonNode resource : each.path("resources")) {
        has(resource, Set.of("name", "type"), Set.of());
      }
      for (JsonNode tag : each.path("tags")) {
        assertThat(tag.asText()).matches("[a-z][^\\s,|#]{0,199}");
      }
      if (keep) {
        series.add(each);
      }
    }
  }

  private void logs(JsonNode payload, boolean keep) {
    assertThat(payload.isArray()).isTrue();
    assertThat(payload.size()).isBetween(1, 1000);
    for (JsonNode each : payload) {
      has(each, Set.of("message"), Set.of("ddsource", "ddtags", "hostname", "service"));
      each.forEach(value -> assertThat(value.isTextual()).isTrue());
      if (keep) {
        logs.add(each);
      }
    }
  }

  private static void has(JsonNode node, Set<String> required, Set<String> others) {
    Map<String, JsonNode> fields = new HashMap<>();
    node.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
    Set<String> known = new TreeSet<>(required);
    known.addAll(others);
    assertThat(fields).containsKeys(required.toArray(String[]::new));
    assertThat(known).containsAll(fields.keySet());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
