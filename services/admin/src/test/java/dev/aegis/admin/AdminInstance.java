package dev.aegis.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * An admin service on free ports, and a client that speaks to it with the administrator's token.
 */
final class AdminInstance implements AutoCloseable {
  static final String TOKEN = "the platform administrator's token";
  static final String MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final AdminService service;
  private final HttpClient client = HttpClient.newHttpClient();
  private final URI base;

  AdminInstance(String bootstrap, Path data, String node) throws StartFailure {
    this(bootstrap, data, node, settings -> settings);
  }

  AdminInstance(String bootstrap, Path data, String node, UnaryOperator<Settings> more)
      throws StartFailure {
    Settings settings =
        Settings.defaults(AdminSettings.ALL)
            .with(CommonSettings.KAFKA_BOOTSTRAP, Optional.of(bootstrap))
            .with(CommonSettings.DATA, data)
            .with(CommonSettings.NODE, node)
            .with(CommonSettings.MASTER_KEY, Optional.of(MASTER_KEY))
            .with(AdminSettings.TOKEN, Optional.of(TOKEN))
            .with(AdminSettings.MAX_WRONG_TOKENS, 10_000L)
            .with(AdminSettings.PORT, 0)
            .with(AdminSettings.MANAGEMENT_PORT, 0);
    service = new AdminService(more.apply(settings));
    service.start();
    base = service.listeners().getFirst().uri();
  }

  /** What came back. */
  record Answer(HttpResponse<byte[]> response) {
    int status() {
      return response.statusCode();
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse(null);
    }

    String text() {
      return new String(response.body(), StandardCharsets.UTF_8);
    }

    JsonNode json() {
      try {
        return JSON.readTree(response.body());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String code() {
      return json().path("code").asText();
    }
  }

  AdminService service() {
    return service;
  }

  URI base() {
    return base;
  }

  URI management() {
    return service.listeners().get(1).uri();
  }

  Answer get(String path, String... headers) {
    return call("GET", path, null, headers);
  }

  Answer post(String path, String body, String... headers) {
    return call("POST", path, body, headers);
  }

  Answer put(String path, String body, String... headers) {
    return call("PUT", path, body, headers);
  }

  Answer patch(String path, String body, String... headers) {
    return call("PATCH", path, body, headers);
  }

  Answer delete(String path, String... headers) {
    return call("DELETE", path, null, headers);
  }

  /** With the token; a body is JSON unless {@code headers} say otherwise. */
  Answer call(String method, String path, String body, String... headers) {
    return callAs(TOKEN, method, path, body, headers);
  }

  /** With an operator's token. */
  Answer callAs(String token, String method, String path, String body, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path));
    request.header("Authorization", "Bearer " + token);
    boolean typed = false;
    for (int i = 0; i < headers.length; i += 2) {
      typed |= headers[i].equalsIgnoreCase("Content-Type");
      request.header(headers[i], headers[i + 1]);
    }
    if (body != null && !typed) {
      request.header(
          "Content-Type",
          method.equals("PATCH") ? "application/merge-patch+json" : "application/json");
    }
    return send(
        request
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  Answer send(HttpRequest request) {
    try {
      return new Answer(client.send(request, HttpResponse.BodyHandlers.ofByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    service.close();
    client.close();
  }
}
