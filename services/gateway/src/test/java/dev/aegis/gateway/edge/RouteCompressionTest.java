package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Replies that are compressed on their way to the caller. */
@ParameterizedClass
@EnumSource(TargetProtocol.class)
final class RouteCompressionTest {
  private static final String GZIP = "Accept-Encoding: br, gzip;q=0.5\r\n";
  private static final String JSON = "Content-Type: application/json; charset=utf-8";

  private final TargetProtocol protocol;

  RouteCompressionTest(TargetProtocol protocol) {
    this.protocol = protocol;
  }

  private GatewayInProcess before(String target, Map<String, ?> more) throws Exception {
    GatewayInProcess gateway = GatewayInProcess.before(protocol, target);
    Map<String, Object> route = new HashMap<>(Map.of("compression", Map.of("min_bytes", 10)));
    route.putAll(more);
    gateway.route(route);
    return gateway;
  }

  private static StubUpstream answering(byte[] body, String... lines) {
    return StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(lines), body));
  }

  private static HttpMessage ask(HttpProbe caller, String method, String lines) throws Exception {
    caller.send(method + " / HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n");
    return method.equals("HEAD") ? caller.readHead() : caller.read();
  }

  private static byte[] gunzip(byte[] bytes) throws Exception {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 8192, 16_384, 1_000_003})
  void whatComesOutIsWhatWentIn(int size) throws Exception {
    byte[] body = new byte[size];
    new Random(size).nextBytes(body);
    try (StubUpstream backend =
            answering(body, JSON, "ETag: \"v1\"", "Accept-Ranges: bytes", "Vary: Origin");
        GatewayInProcess gateway = before(backend.url(), Map.of());
        HttpProbe caller = gateway.connect()) {
      for (int i = 0; i < 3; i++) {
        HttpMessage reply = ask(caller, "GET", GZIP);
        assertThat(reply.field("Content-Encoding")).isEqualTo("gzip");
        assertThat(reply.field("Content-Length")).isNull();
        assertThat(reply.fields("ETag")).containsExactly("W/\"v1\"");
        assertThat(reply.field("Accept-Ranges")).isNull();
        assertThat(reply.fields("Vary")).containsExactly("Origin", "Accept-Encoding");
        assertThat(gunzip(reply.body())).isEqualTo(body);
        gateway.finished(i + 1); // by then the connection is kept
      }
      assertThat(gateway.connectionsTo(backend)).isEqualTo(1);
      assertThat(gateway.finished(3).getFirst().event().bytesOut()).isGreaterThan(20);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "identity | application/json | -",
        "gzip;q=0 | application/json | -",
        "gzip; q=0.000 | application/json | -",
        "* | application/json | -",
        "x-gzip-not | application/json | -",
        "gzip | image/png | -",
        "gzip | text/event-stream | -",
        "gzip | - | -",
        "gzip | application/json | Content-Encoding: br",
        "gzip | application/json | Cache-Control: private, No-Transform",
        "gzip | application/json | Content-Range: bytes 0-9/20"
      })
  void whatMustNotIsNotTouched(String accepts, @Nullable String type, @Nullable String line)
      throws Exception {
    List<String> lines = new ArrayList<>(List.of("ETag: \"v1\"", "Cache-Control: max-age=1"));
    if (type != null) {
      lines.add("Content-Type: " + type);
    }
    if (line != null) {
      lines.add(line);
    }
    byte[] body = "a body of some length".getBytes(StandardCharsets.US_ASCII);
    try (StubUpstream backend = answering(body, lines.toArray(new String[0]));
        GatewayInProcess gateway = before(backend.url(), Map.of());
        HttpProbe caller = gateway.connect()) {
      HttpMessage reply = ask(caller, "GET", "Accept-Encoding: " + accepts + "\r\n");
      assertThat(reply.body()).isEqualTo(body);
      assertThat(reply.field("ETag")).isEqualTo("\"v1\"");
      assertThat(reply.field("Vary")).isEqualTo("Accept-Encoding");
    }
  }

  @Test
  void neitherShortRepliesNorThoseToHead() throws Exception {
    try (StubUpstream backend = answering(new byte[9], JSON);
        GatewayInProcess gateway = before(backend.url(), Map.of());
        HttpProbe caller = gateway.connect()) {
      assertThat(ask(caller, "GET", GZIP).body()).hasSize(9);
      assertThat(ask(caller, "HEAD", GZIP).field("Content-Encoding")).isNull();
      caller.send("GET / HTTP/1.0\r\nHost: a.test\r\n" + GZIP + "\r\n");
      assertThat(caller.read().field("Content-Encoding")).isNull();
    }
  }

  @Test
  void whatComesPieceByPieceGoesOnPieceByPiece() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 OK\r\n" + JSON + "\r\nTransfer-Encoding: chunked\r\n\r\n");
                  leg.send("5\r\nfirst\r\n");
                  seen.await();
                  leg.send("6\r\nsecond\r\n0\r\n\r\n").toEnd();
                });
        GatewayInProcess gateway = before(backend.url(), Map.of());
        HttpProbe caller = gateway.connect()) {
      caller.send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n" + GZIP + "\r\n");
      assertThat(caller.readHead().field("Content-Encoding")).isEqualTo("gzip");
      try (InputStream in = new GZIPInputStream(new Chunks(caller.input()))) {
        assertThat(new String(in.readNBytes(5), StandardCharsets.US_ASCII)).isEqualTo("first");
        seen.countDown();
        assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII)).isEqualTo("second");
      }
    }
  }

  @Test
  void aReplyThatBreaksOffOrIsTooLargeHasNoEnd() throws Exception {
    for (String rest : List.of("3\r\nab", "b\r\n0123456789a\r\n0\r\n\r\n")) {
      try (RawBackend backend =
              RawBackend.start(
                  leg -> {
                    leg.head();
                    leg.send(
                        "HTTP/1.1 200 OK\r\n"
                            + JSON
                            + "\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + rest);
                  });
          GatewayInProcess gateway = before(backend.url(), Map.of("max_response_bytes", 10));
          HttpProbe caller = gateway.connect()) {
        caller.send("GET / HTTP/1.1\r\nHost: a.test\r\n" + GZIP + "\r\n");
        String said = new String(caller.input().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertThat(said).doesNotEndWith("\r\n0\r\n\r\n");
        assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("upstream_failed");
      }
    }
  }

  /** Chunked framing taken off as it comes. */
  private static final class Chunks extends InputStream {
    private final InputStream in;
    private int left;

    Chunks(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int count) throws IOException {
      if (left == 0) {
        StringBuilder line = new StringBuilder();
        while (!line.toString().endsWith("\n") || line.toString().isBlank()) {
          int next = in.read();
          if (next < 0) {
            return -1;
          }
          line.append((char) next);
        }
        left = Integer.parseInt(line.toString().strip(), 16);
        if (left == 0) {
          return -1;
        }
      }
      int read = in.read(into, from, Math.min(count, left));
      left -= Math.max(read, 0);
      return read;
    }
  }
}
