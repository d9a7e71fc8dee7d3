package dev.aegis.chassis;

import dev.aegis.model.Problem;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * What a service tells those who run it: {@code /metrics}, {@code /health/live}, {@code
 * /health/ready} and {@code /status}.
 */
public final class Management {
  private static final Header JSON =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
  private static final Header VARY = HeaderValues.createCached(HeaderNames.VARY, "Accept");
  private static final Header NOT_STORED =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");

  /** Texts that are made and sent at once; one that is not read is kept until its reader goes. */
  private static final int MOST_READERS = 8;

  private final Semaphore readers = new Semaphore(MOST_READERS);
  private final Metrics metrics;
  private final Health health;
  private final Troubles troubles;
  private final Supplier<ServiceStatus> status;

  /**
   * The management of one service.
   *
   * @param troubles watches, from now on, what the status says is down or found, too
   * @param status answers at once, from memory
   */
  public Management(
      Metrics metrics, Health health, Troubles troubles, Supplier<ServiceStatus> status) {
    this.metrics = metrics;
    this.health = health;
    this.troubles = troubles;
    this.status = status;
    troubles.watchAll(() -> status.get().wrong());
  }

  /** Adds the paths to a listener that has others too. */
  public void addTo(HttpRouting.Builder routing) {
    routing.get("/metrics", this::exposition);
    routing.get("/health/live", (_, response) -> health(response, true, Map.of()));
    routing.get(
        "/health/ready", (_, response) -> health(response, health.ready(), health.results()));
    routing.get(
        "/status", (_, response) -> send(response, 200, JSON, status.get().toJson(troubles.now())));
    for (String path : new String[] {"/metrics", "/health/live", "/health/ready", "/status"}) {
      routing.any(path, HttpProblems.methodNotAllowed("GET", "HEAD"));
    }
  }

  /**
   * Runs the paths on a listener of their own.
   *
   * @param options where; its label is conventionally {@code <service> management}
   * @throws StartFailure when it cannot listen there
   */
  public HttpListener listener(HttpListener.Options options) throws StartFailure {
    return HttpListener.start(options, this::addTo);
  }

  private void exposition(ServerRequest request, ServerResponse response) {
    if (!readers.tryAcquire()) {
      HttpProblems.send(
          request,
          response,
          new Problem(
              503, "overloaded", "Overloaded", "Too many read the metrics at once.", null, null));
      return;
    }
    try {
      ExpositionFormat format =
          ExpositionFormat.of(request.headers().value(HeaderNames.ACCEPT).orElse(null));
      response.header(VARY);
      send(
          response,
          200,
          HeaderValues.create(HeaderNames.CONTENT_TYPE, format.contentType()),
          metrics.exposition(format));
    } finally {
      readers.release();
    }
  }

  private static void health(ServerResponse response, boolean up, Map<String, Boolean> results) {
    send(response, up ? 200 : 503, JSON, Health.json(up, results).getBytes(StandardCharsets.UTF_8));
  }

  private static void send(ServerResponse response, int status, Header type, byte[] body) {
    response.status(Status.create(status));
    response.header(type);
    response.header(NOT_STORED);
    response.send(body);
  }
}
