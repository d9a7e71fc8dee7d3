package dev.aegis.analytics.api;

import dev.aegis.analytics.query.Answer;
import dev.aegis.analytics.query.Answering;
import dev.aegis.analytics.query.Asked;
import dev.aegis.analytics.query.Coverage;
import dev.aegis.analytics.query.InvalidQuery;
import dev.aegis.analytics.query.NotReady;
import dev.aegis.analytics.query.QueryParameters;
import dev.aegis.analytics.query.Question;
import dev.aegis.analytics.query.TooMuch;
import dev.aegis.analytics.rollup.Retention;
import dev.aegis.chassis.HttpProblems;
import dev.aegis.model.Problem;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpMediaType;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * {@code GET /analytics/series}, {@code /usage} and {@code /top}, for other services: whoever has
 * the token may ask for every tenant.
 */
public final class AnalyticsApi implements AutoCloseable {
  private static final HeaderName COVERAGE = HeaderNames.create("Aegis-Coverage");
  private static final Header JSON =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
  private static final Header CSV =
      HeaderValues.createCached(
          HeaderNames.CONTENT_TYPE, "text/csv; charset=utf-8; header=present");
  private static final Header NOT_STORED =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");
  private static final Header VARY = HeaderValues.createCached(HeaderNames.VARY, "Accept");
  private static final Header SOON = HeaderValues.createCached(HeaderNames.RETRY_AFTER, "1");
  private static final Header BEARER =
      HeaderValues.createCached(HeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"aegis-analytics\"");
  private static final String SCHEME = "bearer ";

  private static final int FIRST_BYTES = 8 << 10;
  private static final int READERS = 2;
  private static final int WAITING = 64;

  private final Answering answering;
  private final Retention retention;
  private final InstantSource clock;
  private final byte[] token;

  /**
   * Adds up on its own few threads: reading a store never yields, and on the virtual threads'
   * carriers a few long questions would keep everything else in the process waiting.
   */
  private final ThreadPoolExecutor readers;

  /**
   * The API.
   *
   * @param token what callers must show
   */
  public AnalyticsApi(Answering answering, Retention retention, InstantSource clock, String token) {
    this.answering = answering;
    this.retention = retention;
    this.clock = clock;
    this.token = token.getBytes(StandardCharsets.UTF_8);
    this.readers =
        new ThreadPoolExecutor(
            READERS,
            READERS,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().daemon().name("analytics-reader-", 1).factory());
  }

  /** Adds the paths to a listener. */
  public void addTo(HttpRouting.Builder routing) {
    for (Question question : Question.values()) {
      String path = "/analytics/" + question.name().toLowerCase(Locale.ROOT);
      routing.get(path, (request, response) -> answer(question, request, response));
      routing.any(path, HttpProblems.methodNotAllowed("GET", "HEAD"));
    }
  }

  private void answer(Question question, ServerRequest request, ServerResponse response) {
    if (!authorized(request, response)) {
      return;
    }
    Asked asked;
    try {
      asked = QueryParameters.read(question, request.query().toMap(), clock.instant(), retention);
    } catch (InvalidQuery e) {
      HttpProblems.send(
          request,
          response,
          new Problem(
              400,
              "invalid",
              "The query is invalid",
              String.valueOf(e.getMessage()),
              null,
              null,
              e.violations()));
      return;
    }
    boolean csv = wantsCsv(request);
    try {
      Future<Reply> later = readers.submit(() -> reply(asked, csv));
      Reply reply = later.get();
      response.header(csv ? CSV : JSON);
      response.header(NOT_STORED);
      response.header(VARY);
      response.header(HeaderValues.create(COVERAGE, text(reply.coverage())));
      response.send(reply.body().toByteArray());
    } catch (RejectedExecutionException e) {
      soon(request, response, "overloaded", "Overloaded", "Too many questions at once.");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case NotReady notReady ->
            soon(
                request,
                response,
                "not_ready",
                "Analytics is not ready",
                String.valueOf(notReady.getMessage()));
        case TooMuch tooMuch ->
            soon(
                request,
                response,
                "too_much",
                "The question is too much",
                String.valueOf(tooMuch.getMessage()));
        case RuntimeException bug -> throw bug;
        case null, default -> throw new IllegalStateException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      soon(request, response, "not_ready", "Analytics is not ready", "It is stopping.");
    }
  }

  private record Reply(ByteArrayOutputStream body, Coverage coverage) {}

  private Reply reply(Asked asked, boolean csv) throws NotReady, TooMuch {
    Answer answer = answering.answer(asked);
    ByteArrayOutputStream body = new ByteArrayOutputStream(FIRST_BYTES);
    if (csv) {
      AnswerCsv.write(answer, body);
    } else {
      AnswerJson.write(answer, body);
    }
    return new Reply(body, answer.coverage());
  }

  private boolean authorized(ServerRequest request, ServerResponse response) {
    String shown = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
    if (shown.isEmpty()) {
      response.header(BEARER);
      HttpProblems.send(
          request,
          response,
          new Problem(
              401,
              "missing_credentials",
              "Credentials are missing",
              "Only Aegis's own services may ask here.",
              null,
              null));
      return false;
    }
    boolean bearer = shown.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    byte[] given = shown.substring(bearer ? SCHEME.length() : 0).getBytes(StandardCharsets.UTF_8);
    if (MessageDigest.isEqual(given, token) && bearer) {
      return true;
    }
    response.header(BEARER);
    HttpProblems.send(
        request,
        response,
        new Problem(
            401,
            "invalid_token",
            "The token is not valid",
            "Only Aegis's own services may ask here.",
            null,
            null));
    return false;
  }

  /** Whether CSV is wanted more than JSON. */
  private static boolean wantsCsv(ServerRequest request) {
    for (HttpMediaType accepted : request.headers().acceptedTypes()) {
      String type = accepted.mediaType().text();
      if (type.equals("text/csv")) {
        return true;
      }
      if (type.equals("application/json") || type.equals("*/*")) {
        return false;
      }
    }
    return false;
  }

  private static void soon(
      ServerRequest request, ServerResponse response, String code, String title, String detail) {
    response.header(SOON);
    HttpProblems.send(request, response, new Problem(503, code, title, detail, null, null));
  }

  /** Coverage for those who read CSV, as a dictionary of structured fields (RFC 9651). */
  private static String text(Coverage coverage) {
    Long lag = coverage.lagRecords();
    return "final="
        + (coverage.complete() ? "?1" : "?0")
        + (lag == null ? "" : ", lag_records=" + lag)
        + ", dropped="
        + coverage.dropped();
  }

  /** Ends questions in progress. */
  @Override
  public void close() {
    readers.shutdownNow();
  }
}
