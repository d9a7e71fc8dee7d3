package dev.aegis.chassis;

import dev.aegis.model.Problem;
import dev.aegis.model.Uuid7;
import io.helidon.http.DirectHandler;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers with problems on Helidon's listeners, whatever goes wrong there. */
public final class HttpProblems {
  private static final Logger LOG = LoggerFactory.getLogger(HttpProblems.class);
  private static final Header CONTENT_TYPE =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE);
  private static final Header NOT_STORED =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");

  private static final HeaderName REQUEST_ID = HeaderNames.create("X-Request-Id");

  private HttpProblems() {}

  /** Answers {@code request} with {@code problem}; its instance defaults to the request's path. */
  public static void send(ServerRequest request, ServerResponse response, Problem problem) {
    Problem sent = problem.instance() == null ? at(problem, request.path().rawPath()) : problem;
    response.status(Status.create(sent.status()));
    response.header(CONTENT_TYPE);
    response.header(NOT_STORED);
    response.send(ProblemJson.write(sent));
  }

  /**
   * Makes everything that escapes from a handler a problem: Helidon's own refusals keep their
   * status; anything else is a bug, for which the caller gets an incident id and the log one stack
   * trace.
   */
  public static void handlers(HttpRouting.Builder routing) {
    routing.error(Throwable.class, HttpProblems::handle);
  }

  /**
   * Answers 405 with {@code Allow}; register it for a path after its methods.
   *
   * @param allowed methods that the path has
   */
  public static Handler methodNotAllowed(String... allowed) {
    String allow = String.join(", ", allowed);
    return (request, response) -> {
      response.header(HeaderNames.ALLOW, allow);
      send(
          request,
          response,
          new Problem(
              405,
              "method_not_allowed",
              "Method not allowed",
              request.prologue().method().text() + " is not possible here; try " + allow + ".",
              null,
              null));
    };
  }

  /** What Helidon answers before routing begins, as problems. */
  static DirectHandlers directHandlers() {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
      handlers.addHandler(type, HttpProblems::direct);
    }
    return handlers.build();
  }

  private static DirectHandler.TransportResponse direct(
      DirectHandler.TransportRequest request,
      DirectHandler.EventType type,
      Status status,
      ServerResponseHeaders headers,
      String message) {
    if (status.code() < 400) {
      return DirectHandler.TransportResponse.builder().status(status).headers(headers).build();
    }
    headers.set(CONTENT_TYPE);
    return DirectHandler.TransportResponse.builder()
        .status(status)
        .headers(headers)
        .keepAlive(type.keepAlive())
        .entity(ProblemJson.write(at(ofStatus(status), path(request))))
        .build();
  }

  /** The path as it came, which may be missing when not even the request line could be read. */
  private static @Nullable String path(DirectHandler.TransportRequest request) {
    String path = request.path();
    if (path == null || path.isEmpty()) {
      return null;
    }
    int query = path.indexOf('?');
    return query < 0 ? path : path.substring(0, query);
  }

  private static void handle(ServerRequest request, ServerResponse response, Throwable thrown) {
    Optional<Status> meant =
        switch (thrown) {
          case HttpException e -> Optional.of(e.status());
          case RequestException e -> Optional.of(e.status());
          default -> Optional.empty();
        };
    if (meant.isPresent() && meant.get().code() >= 400 && meant.get().code() < 500) {
      send(request, response, ofStatus(meant.get()));
      return;
    }
    String incident = Uuid7.text(System.currentTimeMillis());
    String requestId = response.headers().first(REQUEST_ID).orElse(incident);
    LOG.atError()
        .setCause(thrown)
        .addKeyValue("request_id", requestId)
        .addKeyValue("incident", incident)
        .addKeyValue("method", request.prologue().method().text())
        .addKeyValue("uri", request.path().rawPath())
        .log("Unexpected failure while answering a request, incident {}", incident);
    if (response.isSent()) {
      return;
    }
    send(
        request,
        response,
        new Problem(
            500,
            "internal",
            "Internal error",
            "Something unexpected happened; the log knows it as incident " + incident + ".",
            null,
            requestId));
  }

  private static Problem ofStatus(Status status) {
    return switch (status.code()) {
      case 404 -> new Problem(404, "not_found", "Not found", "There is nothing here.", null, null);
      case 405 ->
          new Problem(
              405, "method_not_allowed", "Method not allowed", "Not possible here.", null, null);
      case 413 ->
          new Problem(
              413, "payload_too_large", "Payload too large", "The body is too long.", null, null);
      case 415 ->
          new Problem(
              415,
              "unsupported_media_type",
              "Unsupported media type",
              "The body must be JSON.",
              null,
              null);
      case 503 ->
          new Problem(503, "overloaded", "Overloaded", "Too much at once; try later.", null, null);
      case 500 -> new Problem(500, "internal", "Internal error", "See the log.", null, null);
      default ->
          status.code() >= 400 && status.code() < 600
              ? new Problem(
                  status.code(),
                  "malformed_request",
                  status.reasonPhrase(),
                  "The request cannot be understood.",
                  null,
                  null)
              : new Problem(500, "internal", "Internal error", "See the log.", null, null);
    };
  }

  private static Problem at(Problem problem, @Nullable String instance) {
    return new Problem(
        problem.status(),
        problem.code(),
        problem.title(),
        problem.detail(),
        instance,
        problem.requestId(),
        problem.violations());
  }
}
