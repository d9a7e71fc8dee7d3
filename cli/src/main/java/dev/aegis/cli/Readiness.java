package dev.aegis.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Asks a service whether it can do its work. */
final class Readiness {
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
}
