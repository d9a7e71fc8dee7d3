package dev.aegis.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A local HTTP server with scripted answers that notes what it was asked. */
final class SmallAdmin implements AutoCloseable {
  private final HttpServer server;
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, CountDownLatch> awaited = new ConcurrentHashMap<>();
  private final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();
  private final Map<String, Queue<Given>> answers = Collections.synchronizedMap(new HashMap<>());

  /** One request; the header names are those of the test's interest. */
  record Asked(
      String line, String authorization, String type, String ifMatch, String accept, String body) {}

  private record Given(int status, String type, String body, Map<String, String> headers) {}

  SmallAdmin() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  List<Asked> asked() {
    return asked;
  }

  /** Adds an answer for the request line, such as {@code GET /admin/tenants?limit=500}. */
  SmallAdmin on(String line, int status, String body, String... headers) {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < headers.length; i += 2) {
      all.put(headers[i], headers[i + 1]);
    }
    String type = status >= 400 ? "application/problem+json" : "application/json";
    answers
        .computeIfAbsent(line, _ -> new ArrayDeque<>())
        .add(new Given(status, all.getOrDefault("Content-Type", type), body, all));
    return this;
  }

  /** Has the answer to a request line wait until another line was asked {@code times}. */
  SmallAdmin holding(String line, String until, int times) {
    CountDownLatch latch = new CountDownLatch(times);
    held.put(line, latch);
    awaited.put(until, latch);
    return this;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
      asked.add(
          new Asked(
              line,
              exchange.getRequestHeaders().getFirst("Authorization"),
              exchange.getRequestHeaders().getFirst("Content-Type"),
              exchange.getRequestHeaders().getFirst("If-Match"),
              exchange.getRequestHeaders().getFirst("Accept"),
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
      if (awaited.containsKey(line)) {
        awaited.get(line).countDown();
      }
      if (held.containsKey(line)) {
        awaited(held.get(line));
      }
      Queue<Given> left = answers.get(line);
      Given given =
          left == null || left.isEmpty()
              ? new Given(
                  404,
                  "application/problem+json",
                  "{\"code\":\"not_found\",\"detail\":\"nothing scripted for " + line + "\"}",
                  Map.of())
              : left.poll();
      given.headers().forEach(exchange.getResponseHeaders()::set);
      exchange.getResponseHeaders().set("Content-Type", given.type());
      byte[] body = given.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(given.status(), body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static void awaited(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new InterruptedIOException("the test is over");
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    threads.close();
  }
}
