package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The lines of a saved fold behind its head, in their order. One thread reads and takes them, as
 * many as there are processors understand them; a bounded number is in memory at a time.
 */
final class FoldLines implements AutoCloseable {
  /** Lines that one thread understands before it is given more. */
  private static final int CHUNK = 500;

  private final BufferedReader reader;
  private final int threads;
  private final ExecutorService parsers;
  private final Deque<Future<List<Line>>> begun = new ArrayDeque<>();

  FoldLines(BufferedReader reader) {
    this.reader = reader;
    this.threads = Runtime.getRuntime().availableProcessors();
    this.parsers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("fold-lines-", 0).factory());
  }

  /** What a line says. */
  sealed interface Line {
    /** An object. */
    record Known(Entry entry) implements Line {}

    /** An object of a kind that this version does not know. */
    record Unknown(UnknownEntry entry) implements Line {}

    /** That so many objects came before. */
    record End(int objects) implements Line {}
  }

  /**
   * Some more lines, at least one.
   *
   * @throws IOException when the file cannot be read, has no more, or has one that is none of its
   *     own
   */
  List<Line> next() throws IOException {
    while (begun.size() < 2 * threads) {
      List<String> lines = lines();
      if (lines.isEmpty()) {
        break;
      }
      begun.add(parsers.submit(() -> parse(lines)));
    }
    Future<List<Line>> first = begun.poll();
    if (first == null) {
      throw new IOException("it ends early");
    }
    try {
      return first.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(String.valueOf(cause.getMessage()), cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    while (lines.size() < CHUNK) {
      String line = reader.readLine();
      if (line == null) {
        break;
      }
      lines.add(line);
    }
    return lines;
  }

  /** What stands behind the end is not looked at. */
  private static List<Line> parse(List<String> lines) throws IOException {
    List<Line> parsed = new ArrayList<>();
    for (String text : lines) {
      Line line = parse(text);
      parsed.add(line);
      if (line instanceof Line.End) {
        break;
      }
    }
    return parsed;
  }

  private static Line parse(String text) throws IOException {
    ObjectNode json = Json.readObject(text);
    if (json.has("objects")) {
      return new Line.End(json.path("objects").asInt());
    }
    try {
      if (!(json.get("body") instanceof ObjectNode body)) {
        throw new IOException("an object has no body");
      }
      String key = json.path("key").asText();
      long revision = json.path("revision").asLong();
      Instant created = Timestamp.parse(json.path("created_at").asText());
      Instant updated = Timestamp.parse(json.path("updated_at").asText());
      ObjectKey known = ObjectKey.known(key);
      return known == null
          ? new Line.Unknown(
              new UnknownEntry(UnknownKey.parse(key), revision, created, updated, body))
          : new Line.Known(new Entry(known, revision, created, updated, body));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Ends the threads. The reader stays open. */
  @Override
  public void close() {
    begun.forEach(each -> each.cancel(false));
    parsers.close();
  }
}
