package dev.aegis.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.journal.MasterKey;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks analytics as another service of the suite does. */
final class AnalyticsClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI base;
  private final String token;

  AnalyticsClient(URI base, String masterKey) {
    this.base = base;
    this.token = MasterKey.parse(masterKey).serviceToken("analytics-api");
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(Duration.ofSeconds(20))
            .header("Authorization", "Bearer " + token);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> getWithout(String path, String authorization) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** The answer as a tree; one without members while it is refused. */
  JsonNode json(String path) throws Exception {
    HttpResponse<String> response = get(path);
    return response.statusCode() == 200
        ? JSON.readTree(response.body())
        : JSON.createObjectNode().put("refused", response.body());
  }

  static long sum(JsonNode series, String metric) {
    long sum = 0;
    for (JsonNode each : series) {
      for (JsonNode point : each.path("points")) {
        sum += point.path(metric).asLong();
      }
    }
    return sum;
  }

  @Override
  public void close() {
    http.close();
  }
}
