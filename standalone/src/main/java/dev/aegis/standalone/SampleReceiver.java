package dev.aegis.standalone;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The demo's webhook receiver: prints what it gets. */
final class SampleReceiver implements AutoCloseable {
  private static final int MAX_BODY = 64 * 1024;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final PrintStream out;

  /** Starts on a free loopback port. */
  SampleReceiver(PrintStream out) throws IOException {
    this(out, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /** Starts at an address. */
  SampleReceiver(PrintStream out, InetSocketAddress address) throws IOException {
    this.out = out;
    this.server = HttpServer.create(address, 0);
    server.setExecutor(threads);
    server.createContext("/", this::print);
    server.start();
  }

  /** Where it listens. */
  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/webhooks");
  }

  private void print(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY);
      out.println(
          "webhook received: id="
              + exchange.getRequestHeaders().getFirst("webhook-id")
              + " timestamp="
              + exchange.getRequestHeaders().getFirst("webhook-timestamp")
              + " signature="
              + exchange.getRequestHeaders().getFirst("webhook-signature"));
      out.println("  " + new String(body, StandardCharsets.UTF_8));
      out.flush();
      exchange.sendResponseHeaders(204, -1);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
