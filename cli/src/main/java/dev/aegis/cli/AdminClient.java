package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Speaks to the admin API of one suite. */
final class AdminClient implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private static final int PAGE = 500;
  private static final int MAX_PROBLEM = 1 << 20;

  private final Suite suite;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT).build();

  AdminClient(Suite suite) {
    this.suite = suite;
  }

  /**
   * What came back of a call that succeeded.
   *
   * @param body the document, missing when there is none
   */
  record Answer(JsonNode body, HttpResponse<byte[]> response) {
    /** The configuration revision that a write made, or -1. */
    long revision() {
      return response.headers().firstValueAsLong("Aegis-Revision").orElse(-1);
    }

    String tag() {
      return response.headers().firstValue("ETag").orElse("");
    }
  }

  /** A segment of a path. */
  static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A query with its question mark, empty without parameters. */
  static String query(Map<String, String> parameters) {
    StringBuilder query = new StringBuilder();
    parameters.forEach(
        (name, value) ->
            query
                .append(query.isEmpty() ? '?' : '&')
                .append(name)
                .append('=')
                .append(segment(value)));
    return query.toString();
  }

  Answer get(String path) throws CommandFailure {
    return json(call("GET", path, null, Map.of()));
  }

  /** Sends a document; {@code null} for none. */
  Answer send(String method, String path, @Nullable JsonNode document, Map<String, String> headers)
      throws CommandFailure {
    return send(method, path, document, headers, ANSWER);
  }

  /** The same, with a reply that may take long. */
  Answer send(
      String method,
      String path,
      @Nullable JsonNode document,
      Map<String, String> headers,
      Duration patience)
      throws CommandFailure {
    return json(
        call(
            method,
            path,
            document == null ? null : document.toString().getBytes(StandardCharsets.UTF_8),
            headers,
            patience));
  }

  /** The bytes of an answer in the media type asked for. */
  byte[] bytes(String path, String accept, Duration patience) throws CommandFailure {
    return call("GET", path, null, Map.of("Accept", accept), patience).body();
  }

  /** Takes one line of a reply. */
  @FunctionalInterface
  interface LineReader {
    /** Reads it, without its end. */
    void line(String line) throws IOException, CommandFailure;
  }

  /** The lines of a reply as they come, until the other side ends it. */
  void lines(String path, LineReader reader) throws CommandFailure {
    HttpRequest request =
        HttpRequest.newBuilder(suite.admin().resolve(path))
            .timeout(ANSWER) // for the reply's head
            .header("Authorization", "Bearer " + suite.token())
            .build();
    HttpResponse<InputStream> response = exchange(request, BodyHandlers.ofInputStream(), ANSWER);
    try (InputStream body = response.body()) {
      if (response.statusCode() != 200) {
        throw new CommandFailure(Problems.text(response, body.readNBytes(MAX_PROBLEM)));
      }
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        reader.line(line);
      }
    } catch (IOException e) {
      throw new CommandFailure("the connection to " + suite.admin() + " broke", e);
    }
  }

  /** Sends a document that may be long. */
  JsonNode put(String path, byte[] document, String type, Duration patience) throws CommandFailure {
    return json(call("PUT", path, document, Map.of("Content-Type", type), patience)).body();
  }

  /** All items of a list, page by page. */
  List<JsonNode> list(String path) throws CommandFailure {
    List<JsonNode> items = new ArrayList<>();
    String cursor = "";
    do {
      String page =
          path + "?limit=" + PAGE + (cursor.isEmpty() ? "" : "&cursor=" + segment(cursor));
      JsonNode body = get(page).body();
      body.path("items").forEach(items::add);
      cursor = body.path("next_cursor").asText("");
      if (body.path("next_cursor").isNull()) {
        cursor = "";
      }
    } while (!cursor.isEmpty());
    return items;
  }

  private static Answer json(HttpResponse<byte[]> response) throws CommandFailure {
    if (response.body().length == 0) {
      return new Answer(MissingNode.getInstance(), response);
    }
    try {
      return new Answer(JSON.readTree(response.body()), response);
    } catch (IOException e) {
      throw new CommandFailure(
          response.uri() + " answered with something that is no JSON; is it the admin API?", e);
    }
  }

  private HttpResponse<byte[]> call(
      String method, String path, byte @Nullable [] body, Map<String, String> headers)
      throws CommandFailure {
    return call(method, path, body, headers, ANSWER);
  }

  private HttpResponse<byte[]> call(
      String method,
      String path,
      byte @Nullable [] body,
      Map<String, String> headers,
      Duration patience)
      throws CommandFailure {
    URI uri = suite.admin().resolve(path);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(patience)
            .header("Authorization", "Bearer " + suite.token())
            .method(
                method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    if (body != null && !headers.containsKey("Content-Type")) {
      request.header("Content-Type", "application/json");
    }
    headers.forEach(request::header);
    HttpResponse<byte[]> response = exchange(request.build(), BodyHandlers.ofByteArray(), patience);
    if (response.statusCode() / 100 != 2) {
      throw new CommandFailure(Problems.text(response));
    }
    return response;
  }

  private <T> HttpResponse<T> exchange(
      HttpRequest request, BodyHandler<T> handler, Duration patience) throws CommandFailure {
    try {
      return client.send(request, handler);
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new CommandFailure(
          "nothing answers at "
              + suite.admin()
              + ": is the suite running? Start it with ./aegis up",
          e);
    } catch (HttpTimeoutException e) {
      throw new CommandFailure(
          suite.admin()
              + " did not answer within "
              + patience.toSeconds()
              + " s"
              + (request.method().equals("GET") ? "" : "; it may go on with what it was asked for"),
          e);
    } catch (IOException e) {
      throw new CommandFailure("the call to " + suite.admin() + " failed: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
