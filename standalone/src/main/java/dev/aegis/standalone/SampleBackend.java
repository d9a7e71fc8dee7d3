package dev.aegis.standalone;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A small backend for a demo tenant: answers every request with what it knows of it, so a caller
 * sees what the gateway made of the request.
 */
final class SampleBackend implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String service;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** Starts on a free loopback port. */
  SampleBackend(String service) throws IOException {
    this(service, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /** Starts at an address. */
  SampleBackend(String service, InetSocketAddress address) throws IOException {
    this.service = service;
    this.server = HttpServer.create(address, 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /** Where it listens. */
  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      long received = exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
      Headers headers = exchange.getRequestHeaders();
      ObjectNode body = JSON.createObjectNode();
      body.put("service", service);
      body.put("method", exchange.getRequestMethod());
      body.put("path", exchange.getRequestURI().toString());
      body.put("tenant", first(headers, "X-Tenant-Id"));
      body.put("user", first(headers, "X-User-Id"));
      body.put("roles", first(headers, "X-User-Roles"));
      body.put("request_id", first(headers, "X-Request-Id"));
      body.put("bytes_received", received);
      byte[] bytes = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(body);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(200, head ? -1 : bytes.length + 1L);
      if (!head) {
        exchange.getResponseBody().write(bytes);
        exchange.getResponseBody().write('\n');
      }
    }
  }

  private static @Nullable String first(Headers headers, String name) {
    return headers.getFirst(name);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
