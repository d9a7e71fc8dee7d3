package dev.aegis.chassis.datadog;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Posts payloads to Datadog. Its certificate is checked, redirects are not followed. */
final class Intake implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(5);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();
  private final String key;

  /**
   * @param key goes nowhere but into the header of its name
   */
  Intake(String key) {
    this.key = key;
  }

  /** What became of a payload. */
  sealed interface Answer {
    /** Datadog has it. */
    record Taken() implements Answer {}

    /** Datadog does not take it with this key. */
    record Denied(int status) implements Answer {}

    /** Datadog will never take it. */
    record Unfit(int status) implements Answer {}

    /** Datadog may take it later. */
    record Away(String why) implements Answer {}
  }

  /**
   * Posts.
   *
   * @param limit longest time for all of it
   * @throws InterruptedException when the thread was told to stop: Datadog may or may not have it
   */
  Answer post(URI to, byte[] body, Duration limit) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(to)
            .header("DD-API-KEY", key)
            .header("Content-Type", "application/json")
            .header("Content-Encoding", "gzip")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    CompletableFuture<HttpResponse<Void>> reply =
        client.sendAsync(request, HttpResponse.BodyHandlers.discarding());
    try {
      return answer(reply.get(Math.max(1, limit.toMillis()), TimeUnit.MILLISECONDS).statusCode());
    } catch (TimeoutException e) {
      return new Answer.Away("no answer in time");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String text = cause.getMessage();
      String name = cause.getClass().getSimpleName();
      return new Answer.Away(text == null ? name : name + ": " + text);
    } finally {
      boolean _ = reply.cancel(true);
    }
  }

  private static Answer answer(int status) {
    if (status >= 200 && status < 300) {
      return new Answer.Taken();
    }
    return switch (status) {
      case 401, 403 -> new Answer.Denied(status);
      case 408, 429 -> new Answer.Away("status " + status);
      default -> status >= 500 ? new Answer.Away("status " + status) : new Answer.Unfit(status);
    };
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
