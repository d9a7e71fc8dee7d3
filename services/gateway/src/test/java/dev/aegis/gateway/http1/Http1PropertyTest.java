package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.aegis.testkit.HttpProbe;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * What holds for whatever bytes come: they are one message or none, however the network cuts them,
 * and what is taken for one request is one to another server too.
 */
final class Http1PropertyTest {
  private static final String CANARY = "GET /canary HTTP/1.1\r\nHost: a.test\r\n\r\n";
  private static final List<String> SEEN = new CopyOnWriteArrayList<>();
  private static HttpServer peer;

  @BeforeContainer
  static void startPeer() throws IOException {
    peer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    peer.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          SEEN.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + new String(body, StandardCharsets.ISO_8859_1));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    peer.start();
  }

  @AfterContainer
  static void stopPeer() {
    peer.stop(0);
  }

  /** What a head came to: its parts, or why it is none. */
  private static String outcome(Pieces input) throws IOException {
    RequestHead head = new RequestHead();
    try {
      if (!head.read(input)) {
        return "nothing";
      }
      Written out = new Written();
      head.copyLines(out, EnumSet.noneOf(Field.class));
      return String.join(
          "\n", head.method(), head.host(), head.path(), head.query(), out.text(), input.rest());
    } catch (BadMessage e) {
      return e.kind().toString();
    }
  }

  private static String body(String head, Pieces input) throws IOException {
    try {
      RequestHead request = new RequestHead();
      request.read(Pieces.of(head));
      Written out = new Written();
      Body.of(request, input).relay(out, false);
      return out.text() + "\n" + input.rest();
    } catch (BadMessage e) {
      return e.kind().toString();
    }
  }

  /** Lines that are right, lines that are nearly right, and single bytes between them. */
  @Provide
  Arbitrary<String> heads() {
    Arbitrary<String> first =
        Arbitraries.of(
            "GET / HTTP/1.1\r\n",
            "POST /a/../b?c HTTP/1.1\r\n",
            "OPTIONS * HTTP/1.1\r\n",
            "GET http://a.test:80/x HTTP/1.1\r\n",
            "HEAD /%2e%2e/ HTTP/1.0\r\n",
            "\r\nGET / HTTP/1.1\r\n",
            "GET / HTTP/1.1\n");
    Arbitrary<List<String>> lines =
        Arbitraries.of(
                "Host: a.test\r\n",
                "Host: a.test:80\r\n",
                "Content-Length: 5\r\n",
                "Content-Length: 0\r\n",
                "Transfer-Encoding: chunked\r\n",
                "Transfer_Encoding: chunked\r\n",
                "Connection: close, X-A\r\n",
                "X-A: b\r\n",
                "X-B:\t c \r\n",
                "X-C: \u00e9\r\n",
                "X : y\r\n",
                " folded\r\n",
                "X: y\n",
                "Max-Forwards: 3\r\n")
            .list()
            .ofMaxSize(6);
    Arbitrary<String> tail = Arbitraries.of("\r\n", "\r\n", "\r\nhello", "\n", "");
    Arbitrary<String> whole =
        Combinators.combine(first, lines, tail).as((a, b, c) -> a + String.join("", b) + c);
    return Combinators.combine(
            whole,
            Arbitraries.integers().between(-40, 120),
            Arbitraries.chars().range('\0', '\u00ff'))
        .as(Http1PropertyTest::withByte);
  }

  /** The text with one byte replaced, or as it is when the place is outside. */
  private static String withByte(String text, int place, char with) {
    return place < 0 || place >= text.length()
        ? text
        : text.substring(0, place) + with + text.substring(place + 1);
  }

  @Property(tries = 2000)
  void aHeadIsTheSameHoweverItArrives(
      @ForAll("heads") String head, @ForAll @IntRange(max = 200) int cut) throws IOException {
    String whole = outcome(Pieces.of(head));
    assertThat(outcome(Pieces.split(head, Math.min(cut, head.length())))).isEqualTo(whole);
    assertThat(outcome(Pieces.single(head))).isEqualTo(whole);
  }

  @Property(tries = 1000)
  void anyBytesAreAHeadOrNone(@ForAll @Size(max = 200) byte[] bytes) throws IOException {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    assertThat(outcome(Pieces.single(text))).isEqualTo(outcome(Pieces.of(text)));
  }

  @Provide
  Arbitrary<String> chunks() {
    Arbitrary<String> chunk =
        Arbitraries.of(
            "5\r\nhello\r\n",
            "1;a=b\r\nx\r\n",
            "0a\r\n0123456789\r\n",
            "2\r\n\r\n\r\n",
            "3\r\nab\r\n");
    Arbitrary<String> last =
        Arbitraries.of("0\r\n\r\n", "0\r\n\r\nGET", "00;x\r\nA: b\r\n\r\n", "0\r\nA b\r\n\r\n", "");
    return Combinators.combine(
            Combinators.combine(chunk.list().ofMaxSize(5), last)
                .as((a, b) -> String.join("", a) + b),
            Arbitraries.integers().between(-40, 60),
            Arbitraries.chars().range('\0', '\u00ff'))
        .as(Http1PropertyTest::withByte);
  }

  @Property(tries = 2000)
  void aChunkedBodyIsTheSameHoweverItArrives(
      @ForAll("chunks") String chunks, @ForAll @IntRange(max = 80) int cut) throws IOException {
    String head = "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n";
    String whole = body(head, Pieces.of(chunks));
    assertThat(body(head, Pieces.split(chunks, Math.min(cut, chunks.length())))).isEqualTo(whole);
    assertThat(body(head, Pieces.single(chunks))).isEqualTo(whole);
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of(
            "/", "/", "a", "..", ".", "%2e", "%2E", "%2f", "%41", "%c3%a9", ";", "%3b", "%25", "%",
            "\\", "~", "*", "x y")
        .list()
        .ofMaxSize(8)
        .map(parts -> "/" + String.join("", parts));
  }

  /** Whoever canonicalises it once more, as a backend may, finds the same path. */
  @Property(tries = 3000)
  void aCanonicalPathIsCanonical(@ForAll("paths") String path) {
    String canonical;
    try {
      canonical = canonical(path);
    } catch (BadMessage e) {
      return; // refused: nobody gets to read it
    }
    assertThat(canonical)
        .startsWith("/")
        .doesNotContain("//", "\\", "%2F", "%5C", "%2E", "/./", "/../")
        .matches(one -> !one.endsWith("/.") && !one.endsWith("/.."));
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> canonical(canonical))).isNull();
    assertThat(again(canonical)).isEqualTo(canonical);
  }

  private static String again(String path) {
    try {
      return canonical(path);
    } catch (BadMessage e) {
      throw new AssertionError(path, e);
    }
  }

  private static String canonical(String path) throws BadMessage {
    byte[] bytes = Pieces.latin1(path);
    return CanonicalPath.of(bytes, 0, bytes.length);
  }

  /** Bodies that look like requests, in both framings. */
  @Provide
  Arbitrary<String> requests() {
    Arbitrary<String> body =
        Arbitraries.of(
            "", "hello", "0\r\n\r\n", "GET /hidden HTTP/1.1\r\n\r\n", "5\r\nab", "\r\n\r\n");
    Arbitrary<List<String>> lines =
        Arbitraries.of(
                "X-A: b\r\n",
                "X-B:\r\n",
                "X-C: \u00e9\r\n",
                "Content_Length: 3\r\n",
                "transfer_encoding: chunked\r\n",
                "Connection: X-A\r\n",
                "Keep-Alive: 5\r\n",
                "Trailer: X\r\n",
                "TE: trailers\r\n")
            .list()
            .ofMaxSize(5);
    Arbitrary<String> target =
        Arbitraries.of("/", "/a/../b", "//c?d=/../", "/%7e;x", "http://a.test/y");
    return Combinators.combine(target, lines, body, Arbitraries.of(true, false))
        .as(
            (to, head, content, chunked) ->
                "POST "
                    + to
                    + " HTTP/1.1\r\nHost: a.test\r\n"
                    + String.join("", head)
                    + (chunked
                        ? "Transfer-Encoding: chunked\r\n\r\n" + inChunks(content)
                        : "Content-Length: " + content.length() + "\r\n\r\n" + content));
  }

  private static String inChunks(String content) {
    StringBuilder chunks = new StringBuilder();
    for (int at = 0; at < content.length(); at += 3) {
      String part = content.substring(at, Math.min(at + 3, content.length()));
      chunks.append(part.length()).append(";x=\"0\"\r\n").append(part).append("\r\n");
    }
    return chunks + "0\r\nX: y\r\n\r\n";
  }

  /** The JDK's server sees one request, the same one, and then the next. */
  @Property(tries = 300)
  void whatGoesOnIsOneRequestToAnotherServer(@ForAll("requests") String request) throws Exception {
    RequestHead head = new RequestHead();
    Pieces input = Pieces.of(request);
    head.read(input);
    Written out = new Written();
    out.put("POST " + head.path() + head.query() + " HTTP/1.1\r\n");
    head.copyLines(out, EnumSet.noneOf(Field.class));
    out.put(head.chunked() ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
    Body.of(head, input).relay(out, head.chunked());
    assertThat(input.rest()).isEmpty();
    SEEN.clear();
    try (HttpProbe probe = HttpProbe.connect(peer.getAddress().getPort())) {
      probe.send(out.text() + CANARY);
      assertThat(probe.read().status()).isEqualTo(200);
      assertThat(probe.read().status()).isEqualTo(200);
    }
    Written content = new Written();
    Pieces again = Pieces.of(request);
    head.read(again);
    Body.of(head, again).relay(content, false);
    assertThat(SEEN)
        .containsExactly(
            "POST " + head.path() + head.query() + " " + content.text(), "GET /canary ");
  }
}
