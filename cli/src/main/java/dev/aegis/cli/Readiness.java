package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Asks a service whether it can do its work, and what is wrong with it. */
final class Readiness {
  private static final int MOST = 4 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private Readiness() {}

  /** Whether the service whose management is at {@code management} says that it is ready. */
  static boolean of(URI management) {
    HttpRequest request =
        HttpRequest.newBuilder(management.resolve("/health/ready")).timeout(PATIENCE).build();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * What the service whose management is at {@code management} says is wrong with it: objects with
   * {@code what}, {@code since}, {@code severity}, {@code detail} and its {@code node}; none when
   * it does not say.
   */
  static List<ObjectNode> troubles(URI management) {
    HttpRequest request =
        HttpRequest.newBuilder(management.resolve("/status")).timeout(PATIENCE).build();
    List<ObjectNode> troubles = new ArrayList<>();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() == 200) {
          JsonNode status = AdminClient.JSON.readTree(body.readNBytes(MOST));
          for (JsonNode trouble : status.path("troubles")) {
            if (trouble instanceof ObjectNode object) {
              troubles.add(object.put("node", status.path("node").asText()));
            }
          }
        }
      }
    } catch (IOException e) {
      return List.of(); // That it does not answer is shown as not being ready.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return troubles;
  }
}
