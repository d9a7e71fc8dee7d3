package dev.aegis.tests;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.Peers;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;

/**
 * A real Prometheus on loopback with this repository's configuration, but for where targets are
 * found and how often: every second.
 */
final class Prometheus implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String address = "127.0.0.1:" + FreePorts.next();
  private final Instant since = Instant.now();
  private final HttpClient client = HttpClient.newHttpClient();
  private final ChildProcess process;

  /**
   * @param folder of the test's own
   * @param targets addresses by the name under which the configuration has them found
   */
  Prometheus(Path folder, Map<String, List<String>> targets) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve("prometheus.yml");
    Files.writeString(file, new Yaml().dump(configuration(targets)));
    process =
        ChildProcess.start(
            List.of(
                Peers.program("prometheus", "AEGIS_TEST_PROMETHEUS").toString(),
                "--config.file=" + file,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--enable-feature=exemplar-storage",
                "--web.listen-address=" + address),
            Map.of());
    try {
      await("prometheus").atMost(Duration.ofMinutes(1)).until(this::ready);
    } catch (RuntimeException e) {
      process.close();
      throw new AssertionError(process.output(), e);
    }
  }

  private Map<String, Object> configuration(Map<String, List<String>> targets) {
    Path written = Dashboards.PROMETHEUS.resolve("prometheus.yml");
    Map<?, ?> file = (Map<?, ?>) Compose.yaml(Documents.text(written));
    List<Map<String, Object>> jobs = new ArrayList<>();
    for (Object each : (List<?>) file.get("scrape_configs")) {
      Map<?, ?> job = (Map<?, ?>) each;
      List<String> found = new ArrayList<>();
      if (job.get("dns_sd_configs") instanceof List<?> discoveries) {
        for (Object discovery : discoveries) {
          Map<?, ?> one = (Map<?, ?>) discovery;
          String name = ((List<?>) one.get("names")).getFirst() + ":" + one.get("port");
          found.addAll(targets.getOrDefault(name, List.of()));
        }
      } else {
        found.add(address);
      }
      if (found.isEmpty()) {
        throw new AssertionError("Nothing is known of " + job);
      }
      jobs.add(
          Map.of(
              "job_name",
              job.get("job_name"),
              "static_configs",
              List.of(Map.of("targets", found))));
    }
    Map<String, Object> configuration = new LinkedHashMap<>();
    configuration.put("global", Map.of("scrape_interval", "1s", "evaluation_interval", "1s"));
    List<String> rules = new ArrayList<>();
    for (Object rule : (List<?>) file.get("rule_files")) {
      rules.add(Dashboards.PROMETHEUS.resolve(String.valueOf(rule)).toString());
    }
    configuration.put("rule_files", rules);
    configuration.put("scrape_configs", jobs);
    return configuration;
  }

  private boolean ready() throws InterruptedException {
    if (!process.alive()) {
      throw new AssertionError(process.output());
    }
    try {
      return get("/-/ready").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether a query has had a number as its answer since the start; its error is thrown. */
  boolean answers(Dashboards.Query query) throws IOException, InterruptedException {
    JsonNode reply =
        JSON.readTree(
            get("/api/v1/query_range?step=2&start="
                    + since.getEpochSecond()
                    + "&end="
                    + Instant.now().getEpochSecond()
                    + "&query="
                    + URLEncoder.encode(query.text(), StandardCharsets.UTF_8))
                .body());
    if (!reply.path("status").asText().equals("success")) {
      throw new AssertionError(query + ": " + reply);
    }
    for (JsonNode series : reply.at("/data/result")) {
      for (JsonNode value : series.path("values")) {
        if (!value.path(1).asText().equals("NaN")) {
          return true;
        }
      }
    }
    return false;
  }

  /** The values of a query at this moment, by their labels. */
  JsonNode now(String query) throws IOException, InterruptedException {
    String encoded = URLEncoder.encode(query, StandardCharsets.UTF_8);
    return JSON.readTree(get("/api/v1/query?query=" + encoded).body()).at("/data/result");
  }

  /** The exemplar of a request's duration that has this label, or null. */
  @Nullable JsonNode exemplar(String label, String value) throws IOException, InterruptedException {
    JsonNode reply =
        JSON.readTree(
            get("/api/v1/query_exemplars?query=aegis_request_duration_seconds_bucket&start="
                    + since.getEpochSecond()
                    + "&end="
                    + (Instant.now().getEpochSecond() + 1))
                .body());
    for (JsonNode series : reply.path("data")) {
      for (JsonNode exemplar : series.path("exemplars")) {
        if (exemplar.path("labels").path(label).asText().equals(value)) {
          return exemplar;
        }
      }
    }
    return null;
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + path))
            .timeout(Duration.ofSeconds(20))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    client.close();
    process.close();
  }
}
