package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells somebody at a terminal, while a call writes many objects, how far that has come: in one
 * line, which goes when the call is over. A short call shows none.
 */
final class Watching implements AutoCloseable {
  private static final String PATH = "/admin/config/underway";
  private static final Duration LOOK = Duration.ofMillis(500);

  private final Session session;
  private final AdminClient client;
  private final String method;
  private final String path;
  private final CountDownLatch over = new CountDownLatch(1);
  private final @Nullable Thread watching;
  private int width;

  /**
   * @param method of the call
   * @param path of the call, without its query
   * @param rehearsal whether it only says what would be, which is not told of
   */
  Watching(Session session, AdminClient client, String method, String path, boolean rehearsal) {
    this.session = session;
    this.client = client;
    this.method = method;
    this.path = path;
    this.watching = session.watched() && !rehearsal ? Thread.ofVirtual().start(this::watch) : null;
  }

  private void watch() {
    try {
      while (!over.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        show(line(client.get(PATH).body()));
      }
    } catch (CommandFailure e) {
      // Whatever is wrong with the suite, the call itself says it. A former version tells nothing.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    show("");
  }

  /** Of two calls that look the same nobody can say which is whose, so nothing is said. */
  private String line(JsonNode body) {
    List<JsonNode> same = new ArrayList<>();
    for (JsonNode item : body.path("items")) {
      if (item.path("method").asText().equals(method) && item.path("path").asText().equals(path)) {
        same.add(item);
      }
    }
    if (same.size() != 1) {
      return "";
    }
    JsonNode total = same.getFirst().path("total");
    return total.isNumber()
        ? same.getFirst().path("written").asInt() + " of " + total.asInt() + " written"
        : "being checked";
  }

  private void show(String line) {
    if (line.isEmpty() && width == 0) {
      return;
    }
    session
        .err()
        .print(
            "\r"
                + line
                + " ".repeat(Math.max(0, width - line.length()))
                + (line.isEmpty() ? "\r" : ""));
    session.err().flush();
    width = line.length();
  }

  @Override
  public void close() {
    over.countDown();
    if (watching == null) {
      return;
    }
    watching.interrupt(); // it may wait for an answer
    try {
      watching.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
