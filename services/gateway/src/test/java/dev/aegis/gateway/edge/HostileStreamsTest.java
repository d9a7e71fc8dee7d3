package dev.aegis.gateway.edge;

import static dev.aegis.gateway.http2.RawCaller.CONTINUATION;
import static dev.aegis.gateway.http2.RawCaller.DATA;
import static dev.aegis.gateway.http2.RawCaller.END_HEADERS;
import static dev.aegis.gateway.http2.RawCaller.END_STREAM;
import static dev.aegis.gateway.http2.RawCaller.GOAWAY;
import static dev.aegis.gateway.http2.RawCaller.HEADERS;
import static dev.aegis.gateway.http2.RawCaller.PING;
import static dev.aegis.gateway.http2.RawCaller.PRIORITY;
import static dev.aegis.gateway.http2.RawCaller.PUSH_PROMISE;
import static dev.aegis.gateway.http2.RawCaller.RST_STREAM;
import static dev.aegis.gateway.http2.RawCaller.SETTINGS;
import static dev.aegis.gateway.http2.RawCaller.WHOLE;
import static dev.aegis.gateway.http2.RawCaller.WINDOW_UPDATE;
import static dev.aegis.gateway.http2.RawCaller.block;
import static dev.aegis.gateway.http2.RawCaller.number;
import static dev.aegis.gateway.http2.RawCaller.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http2.RawCaller;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Callers in HTTP/2 who break its rules (RFC 9113): what each is told, and what gets through. */
final class HostileStreamsTest {
  private static StubUpstream backend;
  private static GatewayInProcess gateway;

  @BeforeAll
  static void start() throws Exception {
    backend = StubUpstream.answering("hello");
    gateway = GatewayInProcess.before(backend.url());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    backend.close();
  }

  interface Say {
    void to(RawCaller caller) throws IOException;
  }

  /** A rule, how it is broken, what stream 1 comes to, and how many requests the backend gets. */
  record Row(String rule, String what, Say say, String outcome, int forwarded) {
    @Override
    public String toString() {
      return rule + " " + what;
    }
  }

  /** The connection ends, and nothing gets through. */
  private static Row ends(String rule, String what, String code, Say say) {
    return new Row(rule, what, say, "goaway " + code, 0);
  }

  /** The stream ends, nothing gets through, and the connection goes on. */
  private static Row stops(String rule, String what, String outcome, Say say) {
    return new Row(rule, what, say, outcome, 0);
  }

  private static Row passes(String rule, String what, Say say) {
    return new Row(rule, what, say, "200", 1);
  }

  /** A head of these fields is malformed. */
  private static Row head(String rule, String what, String... fields) {
    return stops(rule, what, "400", c -> c.frame(HEADERS, WHOLE, 1, block(fields)));
  }

  /** A request with these fields more is malformed. */
  private static Row with(String rule, String what, String... more) {
    return stops(rule, what, "400", c -> c.get(1, more));
  }

  static Stream<Row> rows() {
    return Stream.of(frames(), heads(), bodies(), floods()).flatMap(List::stream);
  }

  private static List<Row> frames() {
    return List.of(
        ends(
            "4.2",
            "a frame larger than 16 KiB",
            "FRAME_SIZE_ERROR",
            c -> c.frame(16_385, DATA, 0, 1, new byte[0])),
        passes("4.1", "an unknown frame", c -> c.frame(0x42, 0xff, 77, 1, 2, 3).get(1)),
        passes(
            "4.1",
            "unknown flags",
            c -> c.frame(HEADERS, WHOLE | 0xd2 & ~0x28, 1, request("GET", "/"))),
        passes(
            "4.1",
            "the reserved bit of a stream",
            c -> c.frame(HEADERS, WHOLE, 1 << 31 | 1, request("GET", "/"))),
        ends(
            "4.3",
            "a field block that is none",
            "COMPRESSION_ERROR",
            c -> c.frame(HEADERS, WHOLE, 1, 0x80)),
        ends(
            "4.3",
            "a trailer that is none",
            "COMPRESSION_ERROR",
            c -> c.post(1).frame(HEADERS, WHOLE, 1, 0xff)),
        ends("5.1", "DATA before HEADERS", "PROTOCOL_ERROR", c -> c.frame(DATA, 1, 1, 'x')),
        ends(
            "5.1",
            "RST_STREAM before HEADERS",
            "PROTOCOL_ERROR",
            c -> c.frame(RST_STREAM, 0, 1, number(8))),
        ends(
            "5.1",
            "WINDOW_UPDATE before HEADERS",
            "PROTOCOL_ERROR",
            c -> c.frame(WINDOW_UPDATE, 0, 1, number(8))),
        passes(
            "5.1", "PRIORITY before HEADERS", c -> c.frame(PRIORITY, 0, 1, 0, 0, 0, 0, 9).get(1)),
        ends(
            "5.1",
            "CONTINUATION before HEADERS",
            "PROTOCOL_ERROR",
            c -> c.frame(CONTINUATION, END_HEADERS, 1, request("GET", "/"))),
        ends("5.1.1", "a stream with an even number", "PROTOCOL_ERROR", c -> c.get(2)),
        ends("5.1.1", "a stream numbered 0", "PROTOCOL_ERROR", c -> c.get(0)),
        ends("6.1", "DATA of the connection", "PROTOCOL_ERROR", c -> c.frame(DATA, 0, 0, 'x')),
        ends(
            "6.1",
            "more padding than there is",
            "PROTOCOL_ERROR",
            c -> c.post(1).frame(DATA, 9, 1, 5, 'x')),
        ends(
            "6.1",
            "no room for the length of padding",
            "FRAME_SIZE_ERROR",
            c -> c.post(1).frame(DATA, 9, 1)),
        passes("6.1", "padding", c -> c.post(1).frame(DATA, 9, 1, 2, 'x', 0, 0)),
        passes(
            "6.2",
            "a padded head with a priority",
            c -> c.frame(HEADERS, WHOLE | 0x28, 1, padded(request("GET", "/")))),
        ends(
            "6.2",
            "a head too short for a priority",
            "FRAME_SIZE_ERROR",
            c -> c.frame(HEADERS, WHOLE | 0x20, 1, 0, 0)),
        ends(
            "6.2",
            "a head of padding alone",
            "PROTOCOL_ERROR",
            c -> c.frame(HEADERS, WHOLE | 8, 1, 9, 0)),
        ends(
            "6.2",
            "another frame inside a field block",
            "PROTOCOL_ERROR",
            c ->
                c.frame(HEADERS, END_STREAM, 1, request("GET", "/"))
                    .frame(PING, 0, 0, new byte[8])),
        ends(
            "6.2",
            "another stream inside a field block",
            "PROTOCOL_ERROR",
            c -> c.frame(HEADERS, END_STREAM, 1, request("GET", "/")).get(3)),
        passes(
            "6.10",
            "a field block in three frames",
            c ->
                c.frame(HEADERS, END_STREAM, 1, block(":method=GET", ":scheme=http"))
                    .frame(CONTINUATION, 0, 1)
                    .frame(CONTINUATION, END_HEADERS, 1, block(":path=/", ":authority=a.test"))),
        ends(
            "6.3",
            "PRIORITY of the connection",
            "PROTOCOL_ERROR",
            c -> c.frame(PRIORITY, 0, 0, 0, 0, 0, 0, 9)),
        ends(
            "6.3",
            "PRIORITY of four bytes",
            "FRAME_SIZE_ERROR",
            c -> c.frame(PRIORITY, 0, 1, 0, 0, 0, 0)),
        ends(
            "6.4",
            "RST_STREAM of the connection",
            "PROTOCOL_ERROR",
            c -> c.frame(RST_STREAM, 0, 0, number(8))),
        ends(
            "6.4",
            "RST_STREAM of three bytes",
            "FRAME_SIZE_ERROR",
            c -> c.post(1).frame(RST_STREAM, 0, 1, 0, 0, 8)),
        ends("6.5", "SETTINGS of a stream", "PROTOCOL_ERROR", c -> c.frame(SETTINGS, 0, 1)),
        ends("6.5", "half a setting", "FRAME_SIZE_ERROR", c -> c.frame(SETTINGS, 0, 0, 0, 1, 0)),
        ends(
            "6.5",
            "an acknowledgement with more",
            "FRAME_SIZE_ERROR",
            c -> c.frame(SETTINGS, 1, 0, 0, 1, 0, 0, 0, 0)),
        ends(
            "6.5.2",
            "ENABLE_PUSH of 2",
            "PROTOCOL_ERROR",
            c -> c.frame(SETTINGS, 0, 0, 0, 2, 0, 0, 0, 2)),
        ends(
            "6.5.2",
            "a window beyond its bound",
            "FLOW_CONTROL_ERROR",
            c -> c.frame(SETTINGS, 0, 0, 0, 4, 0x80, 0, 0, 0)),
        ends(
            "6.5.2",
            "MAX_FRAME_SIZE too small",
            "PROTOCOL_ERROR",
            c -> c.frame(SETTINGS, 0, 0, 0, 5, 0, 0, 0x3f, 0xff)),
        ends(
            "6.5.2",
            "MAX_FRAME_SIZE too large",
            "PROTOCOL_ERROR",
            c -> c.frame(SETTINGS, 0, 0, 0, 5, 1, 0, 0, 0)),
        passes(
            "6.5.2",
            "an unknown setting",
            c -> c.frame(SETTINGS, 0, 0, 0x99, 9, 1, 2, 3, 4).get(1)),
        ends(
            "6.6",
            "PUSH_PROMISE",
            "PROTOCOL_ERROR",
            c -> c.frame(PUSH_PROMISE, END_HEADERS, 1, 0, 0, 0, 2)),
        ends("6.7", "PING of a stream", "PROTOCOL_ERROR", c -> c.frame(PING, 0, 1, new byte[8])),
        ends(
            "6.7",
            "PING of seven bytes",
            "FRAME_SIZE_ERROR",
            c -> c.frame(PING, 0, 0, new byte[7])),
        ends(
            "6.8", "GOAWAY of a stream", "PROTOCOL_ERROR", c -> c.frame(GOAWAY, 0, 1, new byte[8])),
        ends(
            "6.8", "GOAWAY too short", "FRAME_SIZE_ERROR", c -> c.frame(GOAWAY, 0, 0, new byte[7])),
        ends(
            "6.9",
            "WINDOW_UPDATE by nothing",
            "PROTOCOL_ERROR",
            c -> c.frame(WINDOW_UPDATE, 0, 0, number(0))),
        stops(
            "6.9",
            "WINDOW_UPDATE of a stream by nothing",
            "reset PROTOCOL_ERROR",
            c -> c.post(1).frame(WINDOW_UPDATE, 0, 1, number(0))),
        ends(
            "6.9",
            "WINDOW_UPDATE of three bytes",
            "FRAME_SIZE_ERROR",
            c -> c.frame(WINDOW_UPDATE, 0, 0, 0, 0, 1)),
        ends(
            "6.9.1",
            "a window beyond its bound",
            "FLOW_CONTROL_ERROR",
            c -> c.frame(WINDOW_UPDATE, 0, 0, number(Integer.MAX_VALUE))),
        stops(
            "6.9.1",
            "a stream's window beyond its bound",
            "reset FLOW_CONTROL_ERROR",
            c -> c.post(1).frame(WINDOW_UPDATE, 0, 1, number(Integer.MAX_VALUE))));
  }

  private static byte[] padded(byte[] block) {
    byte[] payload = new byte[1 + 5 + block.length + 3];
    payload[0] = 3;
    System.arraycopy(block, 0, payload, 6, block.length);
    return payload;
  }

  private static List<Row> heads() {
    return List.of(
        with("8.2.1", "a name in upper case", "X-Upper=y"),
        with("8.2.1", "a space in a name", "x y=z"),
        with("8.2.1", "a colon in a name", "x:y=z"),
        with("8.2.1", "a name of raw bytes", "x\u00e9=z"),
        with("8.2.1", "a line in a name", "x\r\ny=z"),
        with("8.2.1", "NUL in a value", "x=a\0b"),
        with("8.2.1", "CR in a value", "x=a\rb"),
        with("8.2.1", "LF in a value", "x=a\nb"),
        with(
            "8.2.1",
            "a whole request in a value",
            "x=a\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a.test\r\n\r\n"),
        with("8.2.1", "a space before a value", "x= a"),
        with("8.2.1", "a tab behind a value", "x=a\t"),
        with("RFC 9110 5.5", "a control byte in a value", "x=a\u0001b"),
        with("8.2.2", "Connection", "connection=close"),
        with("8.2.2", "Keep-Alive", "keep-alive=5"),
        with("8.2.2", "Proxy-Connection", "proxy-connection=x"),
        with("8.2.2", "Transfer-Encoding", "transfer-encoding=chunked"),
        with("8.2.2", "Upgrade", "upgrade=h2c"),
        with("8.2.2", "TE beyond trailers", "te=gzip"),
        passes("8.2.2", "TE: trailers", c -> c.get(1, "te=trailers")),
        with("8.3", "an unknown pseudo-header field", ":x=y"),
        with("8.3", "a reply's pseudo-header field", ":status=200"),
        head(
            "8.3",
            "a pseudo-header field behind others",
            ":method=GET",
            ":scheme=http",
            ":authority=a.test",
            "x=y",
            ":path=/"),
        with("8.3", "two paths", ":path=/b"),
        with("8.3", "two methods", ":method=GET"),
        with("8.3", "two authorities", ":authority=a.test"),
        head("8.3.1", "no method", ":scheme=http", ":path=/", ":authority=a.test"),
        head("8.3.1", "no scheme", ":method=GET", ":path=/", ":authority=a.test"),
        head("8.3.1", "no path", ":method=GET", ":scheme=http", ":authority=a.test"),
        head(
            "8.3.1", "an empty path", ":method=GET", ":scheme=http", ":path=", ":authority=a.test"),
        head(
            "8.3.1",
            "a path that is a URI",
            ":method=GET",
            ":scheme=http",
            ":path=http://b.test/",
            ":authority=a.test"),
        head(
            "8.3.1",
            "a path without slash",
            ":method=GET",
            ":scheme=http",
            ":path=x",
            ":authority=a.test"),
        head(
            "8.3.1",
            "a star of GET",
            ":method=GET",
            ":scheme=http",
            ":path=*",
            ":authority=a.test"),
        head(
            "8.3.1",
            "a path with a version",
            ":method=GET",
            ":scheme=http",
            ":path=/ HTTP/1.1",
            ":authority=a.test"),
        head(
            "8.3.1",
            "a path with a whole request",
            ":method=GET",
            ":scheme=http",
            ":authority=a.test",
            ":path=/ HTTP/1.1\r\nhost: a.test\r\n\r\nGET /smuggled HTTP/1.1\r\nx: "),
        head(
            "RFC 3986 3.5",
            "a fragment",
            ":method=GET",
            ":scheme=http",
            ":path=/#x",
            ":authority=a.test"),
        head(
            "decision 0007",
            "a path above the root",
            ":method=GET",
            ":scheme=http",
            ":path=/../x",
            ":authority=a.test"),
        head(
            "8.3.1",
            "a method of two words",
            ":method=GET /x",
            ":scheme=http",
            ":path=/",
            ":authority=a.test"),
        head(
            "8.3.1", "an empty method", ":method=", ":scheme=http", ":path=/", ":authority=a.test"),
        head(
            "8.3.1",
            "another scheme",
            ":method=GET",
            ":scheme=ftp",
            ":path=/",
            ":authority=a.test"),
        with("8.3.1", "Host and :authority differ", "host=b.test"),
        head(
            "8.3.1",
            "two Hosts",
            ":method=GET",
            ":scheme=http",
            ":path=/",
            "host=a.test",
            "host=a.test"),
        head("8.3.1", "neither Host nor :authority", ":method=GET", ":scheme=http", ":path=/"),
        head(
            "8.3.1",
            "an authority with a user",
            ":method=GET",
            ":scheme=http",
            ":path=/",
            ":authority=u@a.test"),
        head(
            "8.3.1", "an empty authority", ":method=GET", ":scheme=http", ":path=/", ":authority="),
        passes(
            "8.3.1",
            "Host alone",
            c ->
                c.frame(
                    HEADERS,
                    WHOLE,
                    1,
                    block(":method=GET", ":scheme=https", ":path=/", "host=a.test"))),
        passes("8.3.1", "Host and :authority alike", c -> c.get(1, "host=a.test")),
        head("8.5", "CONNECT", ":method=CONNECT", ":authority=a.test"),
        head(
            "RFC 8441",
            "an extended CONNECT, which was not offered",
            ":method=CONNECT",
            ":protocol=websocket",
            ":scheme=http",
            ":path=/",
            ":authority=a.test"),
        stops(
            "RFC 9110 9.3.8",
            "TRACE",
            "405",
            c -> c.frame(HEADERS, WHOLE, 1, request("TRACE", "/"))),
        with("RFC 9110 11.6.2", "two Authorizations", "authorization=a", "authorization=b"),
        stops(
            "6.5.2",
            "a head of more than 32 KiB",
            "431",
            c ->
                c.frame(HEADERS, END_STREAM, 1, request("GET", "/", "x=" + "y".repeat(16_000)))
                    .frame(CONTINUATION, 0, 1, block("x=" + "y".repeat(16_000)))
                    .frame(CONTINUATION, END_HEADERS, 1, block("x=" + "y".repeat(16_000)))),
        stops(
            "RFC 9110 15.5.15",
            "a path of more than 8 KiB",
            "414",
            c -> c.frame(HEADERS, WHOLE, 1, request("GET", "/" + "y".repeat(9_000)))));
  }

  private static List<Row> bodies() {
    return List.of(
        with("8.1.1", "a length and no body", "content-length=5"),
        stops(
            "8.1.1",
            "a body shorter than its length",
            "400",
            c -> c.post(1, "content-length=5").frame(DATA, 1, 1, 'x')),
        stops(
            "8.1.1",
            "a body longer than its length",
            "400",
            c -> c.post(1, "content-length=1").frame(DATA, 1, 1, 'x', 'y')),
        with("RFC 9110 8.6", "two lengths", "content-length=0", "content-length=0"),
        with("RFC 9110 8.6", "a length that is none", "content-length=+0"),
        passes(
            "8.1",
            "a body in two frames, ended by an empty one",
            c ->
                c.post(1, "content-length=2")
                    .frame(DATA, 0, 1, 'x')
                    .frame(DATA, 0, 1, 'y')
                    .frame(DATA, 1, 1)),
        passes(
            "8.1",
            "a trailer",
            c -> c.post(1).frame(DATA, 0, 1, 'x').frame(HEADERS, WHOLE, 1, block("x-sum=1"))),
        stops(
            "8.1",
            "a trailer that does not end the stream",
            "reset PROTOCOL_ERROR",
            c -> c.post(1).frame(HEADERS, END_HEADERS, 1, block("x-sum=1"))),
        stops(
            "8.1",
            "a pseudo-header field in a trailer",
            "reset PROTOCOL_ERROR",
            c -> c.post(1).frame(HEADERS, WHOLE, 1, block(":path=/x"))),
        stops(
            "8.2.1",
            "a line in a trailer",
            "reset PROTOCOL_ERROR",
            c -> c.post(1).frame(HEADERS, WHOLE, 1, block("x=a\r\nb: c"))));
  }

  private static List<Row> floods() {
    return List.of(
        ends(
            "10.5",
            "streams that are reset",
            "ENHANCE_YOUR_CALM",
            c -> {
              for (int i = 1; i <= 2 * 101; i += 2) {
                c.post(i).frame(RST_STREAM, 0, i, number(8));
              }
            }),
        ends(
            "10.5",
            "streams that must be reset",
            "ENHANCE_YOUR_CALM",
            c -> {
              for (int i = 1; i <= 2 * 101; i += 2) {
                c.post(i).frame(WINDOW_UPDATE, 0, i, number(0));
              }
            }),
        ends(
            "10.5",
            "pings",
            "ENHANCE_YOUR_CALM",
            c -> {
              for (int i = 0; i <= 1_000; i++) {
                c.frame(PING, 0, 0, new byte[8]);
              }
            }),
        ends(
            "10.5",
            "settings",
            "ENHANCE_YOUR_CALM",
            c -> {
              for (int i = 0; i <= 1_000; i++) {
                c.frame(SETTINGS, 0, 0);
              }
            }),
        ends(
            "10.5",
            "empty DATA",
            "ENHANCE_YOUR_CALM",
            c -> {
              c.post(1);
              for (int i = 0; i <= 1_000; i++) {
                c.frame(DATA, 0, 1);
              }
            }),
        ends(
            "10.5",
            "priorities",
            "ENHANCE_YOUR_CALM",
            c -> {
              for (int i = 0; i <= 1_000; i++) {
                c.frame(PRIORITY, 0, 1, 0, 0, 0, 0, 9);
              }
            }),
        ends(
            "10.5",
            "unknown frames",
            "ENHANCE_YOUR_CALM",
            c -> {
              for (int i = 0; i <= 1_000; i++) {
                c.frame(0x42, 0, 0);
              }
            }),
        ends(
            "10.5.1",
            "CONTINUATION without end",
            "ENHANCE_YOUR_CALM",
            c -> {
              c.frame(HEADERS, END_STREAM, 1, request("GET", "/"));
              for (int i = 0; i <= 32; i++) {
                c.frame(CONTINUATION, 0, 1, block("x=y"));
              }
            }),
        ends(
            "10.5.1",
            "a field block of megabytes",
            "ENHANCE_YOUR_CALM",
            c -> {
              c.frame(HEADERS, END_STREAM, 1, request("GET", "/"));
              for (int i = 0; i < 6; i++) {
                c.frame(CONTINUATION, 0, 1, block("x=" + "y".repeat(16_000)));
              }
            }));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void isToldWhatTheRowSays(Row row) throws Exception {
    int before = whole();
    try (RawCaller caller = RawCaller.connect(gateway.port())) {
      try {
        row.say().to(caller);
      } catch (IOException e) {
        // The gateway closed while more was said: what it said before is read below.
      }
      boolean ends = row.outcome().startsWith("goaway");
      assertThat(caller.outcome(ends ? -1 : 1)).isEqualTo(row.outcome());
      if (ends) {
        caller.end();
        assertThat(caller.outcome(-1)).isEqualTo("closed");
      } else {
        caller.get(9_999);
        assertThat(caller.outcome(9_999)).isEqualTo("200");
      }
      assertThat(whole()).isEqualTo(before + row.forwarded() + (ends ? 0 : 1));
    }
  }

  /** Requests that the backend took for whole ones. */
  private static int whole() {
    return (int) backend.received().stream().filter(HttpMessage::complete).count();
  }
}
