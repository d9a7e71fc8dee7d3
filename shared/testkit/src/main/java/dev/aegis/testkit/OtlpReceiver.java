package dev.aegis.testkit;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** A collector that takes spans by OTLP over HTTP, or refuses them, and keeps what it took. */
public final class OtlpReceiver implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Received> spans = new CopyOnWriteArrayList<>();
  private final List<String> authorizations = new CopyOnWriteArrayList<>();
  private volatile int status = 200;

  /**
   * A span that came.
   *
   * @param resource what is said of the process that made it
   * @param kind such as {@code SPAN_KIND_SERVER}
   * @param parent {@code ""} for none
   * @param about names and values, numbers as texts
   */
  public record Received(
      Map<String, String> resource,
      String name,
      String kind,
      String trace,
      String id,
      String parent,
      long startNanos,
      long endNanos,
      boolean failed,
      Map<String, String> about) {}

  private OtlpReceiver(int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(FreePorts.LOOPBACK, port), 0);
    server.setExecutor(threads);
    server.createContext("/v1/traces", this::take);
    server.start();
  }

  /** One on a free port. */
  public static OtlpReceiver start() {
    return start(0);
  }

  /** One on this port. */
  public static OtlpReceiver start(int port) {
    try {
      return new OtlpReceiver(port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it is reached, as {@code http://127.0.0.1:PORT}. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** From now on it answers so; only with 200 it keeps what comes. */
  public void answer(int with) {
    status = with;
  }

  /** All that it took, in the order in which it came. */
  public List<Received> spans() {
    return List.copyOf(spans);
  }

  /** What calls had as {@code Authorization}. */
  public List<String> authorizations() {
    return List.copyOf(authorizations);
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      @Nullable String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      if (authorization != null) {
        authorizations.add(authorization);
      }
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (status == 200) {
        ExportTraceServiceRequest.parseFrom(body).getResourceSpansList().forEach(this::keep);
      }
      byte[] reply = ExportTraceServiceResponse.getDefaultInstance().toByteArray();
      exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(status, reply.length == 0 ? -1 : reply.length);
      exchange.getResponseBody().write(reply);
    }
  }

  private void keep(ResourceSpans of) {
    Map<String, String> resource = texts(of.getResource().getAttributesList());
    for (ScopeSpans scope : of.getScopeSpansList()) {
      for (Span span : scope.getSpansList()) {
        spans.add(
            new Received(
                resource,
                span.getName(),
                span.getKind().name(),
                digits(span.getTraceId()),
                digits(span.getSpanId()),
                digits(span.getParentSpanId()),
                span.getStartTimeUnixNano(),
                span.getEndTimeUnixNano(),
                span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR,
                texts(span.getAttributesList())));
      }
    }
  }

  private static Map<String, String> texts(List<KeyValue> values) {
    Map<String, String> texts = new TreeMap<>();
    for (KeyValue each : values) {
      texts.put(
          each.getKey(),
          each.getValue().hasIntValue()
              ? Long.toString(each.getValue().getIntValue())
              : each.getValue().getStringValue());
    }
    return texts;
  }

  private static String digits(ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  /** Stops listening and ends each connection. */
  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
