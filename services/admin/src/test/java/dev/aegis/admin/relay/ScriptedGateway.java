package dev.aegis.admin.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.aegis.journal.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code POST /logs} as a gateway does that leaves nothing out, whatever it is asked for,
 * or with what a test says.
 */
public final class ScriptedGateway implements AutoCloseable {
  private final String node;
  private final List<ObjectNode> lines = new ArrayList<>();
  private final List<ObjectNode> questions = new CopyOnWriteArrayList<>();
  private final List<String> tokens = new CopyOnWriteArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer server;
  private int run = 1;
  private volatile @Nullable String instead;
  private volatile boolean silent;

  public ScriptedGateway(String node) throws IOException {
    this.node = node;
    this.server = listen(0);
  }

  private HttpServer listen(int port) throws IOException {
    HttpServer listening =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    listening.createContext("/", this::answer);
    listening.setExecutor(threads);
    listening.start();
    return listening;
  }

  /** Where it is. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** What it was asked, oldest first. */
  public List<ObjectNode> questions() {
    return questions;
  }

  /** What was shown with the questions. */
  public List<String> tokens() {
    return tokens;
  }

  /** A line of the access log at a second of the first minute of 2026-03-01. */
  public static ObjectNode line(int second, String id, @Nullable String tenant) {
    return Json.object()
        .put("timestamp", "2026-03-01T00:00:%02d.000000Z".formatted(second))
        .put("request_id", id)
        .put("tenant_id", tenant);
  }

  /** Writes lines. */
  public synchronized void write(ObjectNode... written) {
    lines.addAll(List.of(written));
  }

  /** Has all questions answered with this. */
  public void says(@Nullable String text) {
    instead = text;
  }

  /** Takes questions and does not answer them. */
  public void silent() {
    silent = true;
  }

  /** Goes away, with all connections. */
  public void stop() {
    server.stop(0);
    threads.close();
  }

  /** Comes back where it was, as another process that knows nothing of the former. */
  public synchronized void restart() throws IOException {
    threads = Executors.newVirtualThreadPerTaskExecutor();
    lines.clear();
    run++;
    server = listen(server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      ObjectNode question = Json.readObject(exchange.getRequestBody().readAllBytes());
      questions.add(question);
      tokens.add(exchange.getRequestHeaders().getFirst("Authorization"));
      if (silent) {
        over.await();
      }
      String text = instead;
      byte[] body = text == null ? Json.write(answer(question)) : text.getBytes(UTF_8);
      exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized ObjectNode answer(ObjectNode question) {
    String[] after = question.path("after").asText(":").split(":", -1);
    boolean same = after[0].equals("run-" + run);
    int from = same ? Integer.parseInt(after[1]) : 0;
    int first = Math.max(from, lines.size() - question.path("limit").asInt());
    ObjectNode answer =
        Json.object().put("node", node).put("position", "run-" + run + ":" + lines.size());
    answer.put("since", "2026-02-28T00:00:00Z");
    answer.put("more", first > from).put("skipped", first - from);
    answer.put("lost", question.has("after") && !same);
    ArrayNode items = answer.putArray("items");
    lines.subList(first, lines.size()).reversed().forEach(items::add);
    return answer;
  }

  @Override
  public void close() {
    over.countDown();
    stop();
  }
}
