package dev.aegis.admin.relay;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One of the other services as the admin service speaks to it: with the token by which services
 * know each other, which operators never see.
 */
public final class Backend implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final String name;
  private final URI base;
  private final String token;
  private final HttpClient client;

  /**
   * @param name of the service, for messages
   * @param base its address, without a path
   * @param token opens its interface
   */
  public Backend(String name, URI base, String token) {
    this.name = name;
    this.base = base;
    this.token = token;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /** What came back. */
  public sealed interface Answer {
    /**
     * An answer for the operator, good or bad.
     *
     * @param body to be read and closed by whoever asked
     */
    record Given(int status, String contentType, @Nullable String disposition, InputStream body)
        implements Answer {}

    /** No connection, or no answer in time. */
    record Away(String why) implements Answer {}

    /** An answer that is not meant for operators: it did not accept this service. */
    record Broken(String why) implements Answer {}
  }

  /**
   * Asks the service.
   *
   * @param method HTTP method
   * @param target path and query, percent-encoded
   * @param accept media types that the operator takes, null for any
   */
  public Answer ask(String method, String target, @Nullable String accept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + target))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(ANSWER)
            .header("Authorization", "Bearer " + token);
    if (accept != null) {
      request.header("Accept", accept);
    }
    try {
      HttpResponse<InputStream> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      int status = response.statusCode();
      if (status == 401 || status == 403) {
        response.body().close();
        return new Answer.Broken(
            name + " does not accept this service: do both have the same master key?");
      }
      return new Answer.Given(
          status,
          response.headers().firstValue("Content-Type").orElse("application/octet-stream"),
          response.headers().firstValue("Content-Disposition").orElse(null),
          response.body());
    } catch (IOException e) {
      return new Answer.Away(name + " does not answer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer.Away("this service is stopping");
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
