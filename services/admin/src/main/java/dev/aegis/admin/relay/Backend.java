package dev.aegis.admin.relay;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One of the other services as the admin service speaks to it: with the token by which services
 * know each other, which operators never see.
 */
public final class Backend implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private static final String CONTENT_TYPE = "Content-Type";
  private static final List<String> PASSED =
      List.of(CONTENT_TYPE, "Content-Disposition", "Vary", "Retry-After", "Aegis-Coverage");

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
     * @param headers those that mean something beyond this hop, {@code Content-Type} among them
     * @param body to be read and closed by whoever asked
     */
    record Given(int status, Map<String, String> headers, InputStream body) implements Answer {
      public Given {
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
      }
    }

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
   * @param json a JSON document to send along; empty for none
   */
  public Answer ask(String method, String target, @Nullable String accept, byte[] json) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + target))
            .method(
                method,
                json.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(json))
            .timeout(ANSWER)
            .header("Authorization", "Bearer " + token);
    if (json.length > 0) {
      request.header(CONTENT_TYPE, "application/json");
    }
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
      Map<String, String> headers = new LinkedHashMap<>();
      headers.put(CONTENT_TYPE, "application/octet-stream");
      for (String name : PASSED) {
        response.headers().firstValue(name).ifPresent(value -> headers.put(name, value));
      }
      return new Answer.Given(status, headers, response.body());
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
