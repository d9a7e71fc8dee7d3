package dev.aegis.tests;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.GZIPInputStream;

/**
 * Takes traces by OTLP over HTTP and keeps them as they are: protobuf has a text and an id of a
 * trace as their bytes.
 */
final class OtlpReceiver implements AutoCloseable {
  private final HttpServer server;
  private final Queue<String> bodies = new ConcurrentLinkedQueue<>();

  private OtlpReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/traces", this::take);
  }

  static OtlpReceiver start() throws IOException {
    OtlpReceiver receiver = new OtlpReceiver();
    receiver.server.start();
    return receiver;
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      InputStream body = exchange.getRequestBody();
      boolean packed = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      byte[] bytes = packed ? new GZIPInputStream(body).readAllBytes() : body.readAllBytes();
      bodies.add(new String(bytes, StandardCharsets.ISO_8859_1));
      exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1);
    }
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Whether spans of that trace have come, together with a text that one of them has. */
  boolean has(String trace, String text) {
    String id = new String(HexFormat.of().parseHex(trace), StandardCharsets.ISO_8859_1);
    return bodies.stream().anyMatch(body -> body.contains(id) && body.contains(text));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
