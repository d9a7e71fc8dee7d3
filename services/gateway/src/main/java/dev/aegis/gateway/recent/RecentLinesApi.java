package dev.aegis.gateway.recent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.HttpProblems;
import dev.aegis.chassis.ServiceToken;
import dev.aegis.journal.Json;
import dev.aegis.model.Problem;
import dev.aegis.model.Uuid7;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;

/**
 * {@code POST /logs} on the management port, for the admin service alone: the lines of the access
 * log that it wants, newest first.
 *
 * <p>The question is {@code {"filters": {…}, "limit": 50, "after": "…"}}. With {@code after}, the
 * {@code position} of an earlier answer, it is about what came since, and the answer's {@code
 * skipped} counts the wanted lines beyond the limit, the older ones; {@code lost} says whether some
 * lines were gone before they were looked at. Without it {@code more} says whether there are older
 * ones.
 */
public final class RecentLinesApi {
  private static final String PATH = "/logs";
  private static final int MAX_QUESTION = 64 << 10;

  /** Most bytes of lines in one answer, about. */
  private static final int MAX_ANSWER = 2 << 20;

  /** The same for those who ask again and again: the admin service has some answers of each. */
  private static final int MAX_NEWS = 256 << 10;

  private static final int MOST = 500;

  /** Each reads through all that is kept, and is to leave processors to the callers. */
  private static final int AT_ONCE = Runtime.getRuntime().availableProcessors() > 2 ? 2 : 1;

  /** After so many lines callers' requests are let run, which wait for the same processors. */
  private static final int AT_A_STRETCH = 100;

  private static final long PATIENCE_SECONDS = 2;

  private final RecentLines lines;
  private final BiPredicate<String, String> within;
  private final String node;
  private final ServiceToken token;
  private final Semaphore turns = new Semaphore(AT_ONCE);
  private final InstantSource clock;
  private final String run;
  private final String started;

  /**
   * @param lines what is kept
   * @param within whether a tenant is another one or below it
   * @param node name of this gateway
   * @param token what the admin service shows
   */
  public RecentLinesApi(
      RecentLines lines,
      BiPredicate<String, String> within,
      String node,
      ServiceToken token,
      InstantSource clock) {
    this.lines = lines;
    this.within = within;
    this.node = node;
    this.token = token;
    this.clock = clock;
    this.run = Uuid7.text(clock.millis());
    this.started = clock.instant().toString();
  }

  /** Adds the path to a listener. */
  public void addTo(HttpRouting.Builder routing) {
    routing.post(PATH, this::answer);
    routing.any(PATH, HttpProblems.methodNotAllowed("POST"));
  }

  private void answer(ServerRequest request, ServerResponse response) {
    if (!token.admits(request, response)) {
      return;
    }
    byte[] answer;
    try (InputStream in = request.content().inputStream()) {
      byte[] body = in.readNBytes(MAX_QUESTION + 1);
      ObjectNode question = Json.readObject(body);
      if (!(question.get("filters") instanceof ObjectNode filters)) {
        throw new IllegalArgumentException("The filters are missing");
      }
      Wanted wanted = new Wanted(filters, within);
      int limit = Math.clamp(question.path("limit").asInt(), 0, MOST);
      JsonNode after = question.path("after");
      if (!turns.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        HttpProblems.send(
            request,
            response,
            new Problem(
                503, "overloaded", "Overloaded", "Others look through the log.", null, null));
        return;
      }
      try {
        answer = after.isTextual() ? since(after.asText(), wanted, limit) : newest(wanted, limit);
      } finally {
        turns.release();
      }
    } catch (IOException | IllegalArgumentException e) {
      HttpProblems.send(
          request,
          response,
          new Problem(
              400,
              "malformed_request",
              "The request is not well-formed",
              String.valueOf(e.getMessage()),
              null,
              null));
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    response.header(HeaderNames.CONTENT_TYPE, "application/json");
    response.header(HeaderNames.CACHE_CONTROL, "no-store");
    response.send(answer);
  }

  private byte[] newest(Wanted wanted, int limit) {
    RecentLines.Held held = lines.after(0);
    return new Answer(held, limit, MAX_ANSWER).look(wanted, false);
  }

  /**
   * Of another run of this gateway, what came since is everything, and something may be missing.
   */
  private byte[] since(String position, Wanted wanted, int limit) {
    int colon = position.indexOf(':');
    boolean same = colon > 0 && position.substring(0, colon).equals(run);
    RecentLines.Held held = lines.after(same ? Long.parseLong(position.substring(colon + 1)) : 0);
    RecentLines.Held behind =
        same ? held : new RecentLines.Held(held.newestFirst(), held.last(), true);
    return new Answer(behind, limit, MAX_NEWS).look(wanted, true);
  }

  /** An answer as it is put together. */
  private final class Answer {
    private final RecentLines.Held held;
    private final int limit;
    private final int most;
    private final ByteArrayOutputStream items = new ByteArrayOutputStream();
    private int shown;
    private long beyond;

    Answer(RecentLines.Held held, int limit, int most) {
      this.held = held;
      this.limit = limit;
      this.most = most;
    }

    /**
     * @param counting whether those beyond the limit are counted; else the first one ends it
     */
    byte[] look(Wanted wanted, boolean counting) {
      search(wanted, counting);
      ObjectNode rest = Json.object();
      rest.put("node", node);
      rest.put("position", run + ':' + held.last());
      rest.put("since", held.lost() ? oldest() : started);
      rest.put("lost", held.lost());
      rest.put("more", beyond > 0);
      rest.put("skipped", beyond);
      byte[] head = Json.write(rest);
      ByteArrayOutputStream answer = new ByteArrayOutputStream(head.length + items.size() + 16);
      answer.write(head, 0, head.length - 1);
      answer.writeBytes(",\"items\":[".getBytes(StandardCharsets.US_ASCII));
      answer.writeBytes(items.toByteArray());
      answer.writeBytes("]}".getBytes(StandardCharsets.US_ASCII));
      return answer.toByteArray();
    }

    @SuppressWarnings("ThreadPriorityCheck") // others wait for this thread's processor
    private void search(Wanted wanted, boolean counting) {
      int looked = 0;
      for (RecentLines.Batch batch : held.newestFirst()) {
        byte[] bytes = batch.lines();
        for (int end = bytes.length - 1; end >= 0; ) {
          int start = end;
          while (start > 0 && bytes[start - 1] != '\n') {
            start--;
          }
          if (++looked % AT_A_STRETCH == 0) {
            Thread.yield();
          }
          if (wanted.wants(bytes, start, end)) {
            take(bytes, start, end);
            if (beyond > 0 && !counting) {
              return;
            }
          }
          end = start - 1;
        }
      }
    }

    private void take(byte[] bytes, int start, int end) {
      if (beyond > 0 || shown == limit || items.size() + end - start > most) {
        beyond++; // from the first on, so that what is shown has no gap
        return;
      }
      if (shown++ > 0) {
        items.write(',');
      }
      items.write(bytes, start, end - start);
    }

    /** When the oldest line that is kept was written, about: lines of a batch are not in order. */
    private String oldest() {
      if (held.newestFirst().isEmpty()) {
        return clock.instant().toString();
      }
      byte[] first = held.newestFirst().getLast().lines();
      int end = 0;
      while (end < first.length && first[end] != '\n') {
        end++;
      }
      try {
        return Json.readObject(Arrays.copyOf(first, end)).path("timestamp").asText(started);
      } catch (IOException e) {
        return started; // no line of the access log, and so of no time
      }
    }
  }
}
