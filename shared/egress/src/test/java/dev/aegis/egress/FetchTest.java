package dev.aegis.egress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.StubUpstream;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents that are fetched from servers that nobody trusts. */
final class FetchTest {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final int MOST = 10;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 10\r\n\r\n0123456789ignored",
        "Transfer-Encoding: chunked\r\n\r\n4;x=y\r\n0123\r\n6\r\n456789\r\n0\r\nX-T: 1\r\n\r\n",
        "\r\n0123456789"
      })
  void readsADocumentHoweverItIsFramed(String rest) throws Exception {
    assertThat(body(fetched("HTTP/1.1 200 OK\r\n" + rest))).isEqualTo("0123456789");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 11\r\n\r\n0123456789x",
        "Content-Length: 999999999999999999\r\n\r\n0123",
        "Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n7\r\n4567890\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n0123",
        "\r\n0123456789x"
      })
  void readsNoDocumentThatIsTooLong(String rest) throws Exception {
    assertThat(code(fetched("HTTP/1.1 200 OK\r\n" + rest))).isEqualTo("too_long");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 9\r\n\r\n0123",
        "Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\n01"
      })
  void takesNoHalfForAWhole(String rest) throws Exception {
    assertThat(code(fetched("HTTP/1.1 200 OK\r\n" + rest))).isEqualTo("connection_lost");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 4\r\nContent-Length: 5\r\n\r\n01234",
        "Content-Length: x\r\n\r\n01234",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "Transfer-Encoding: chunked\r\n\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\r\n0123\r\n0\r\n\r\n"
      })
  void readsNothingWhoseEndIsInDoubt(String rest) throws Exception {
    assertThat(code(fetched("HTTP/1.1 200 OK\r\n" + rest))).isEqualTo("malformed_reply");
  }

  @Test
  void readsNoBodyThatIsEncoded() throws Exception {
    assertThat(code(fetched("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx")))
        .isEqualTo("encoded");
  }

  @Test
  void saysWhatTheDocumentSaysOfItsAge() throws Exception {
    Fetched fetched =
        fetched("HTTP/1.1 200 OK\r\nCache-Control: public\r\ncache-control: max-age=5\r\n\r\nx");

    assertThat(((Fetched.Document) fetched).cacheControl()).isEqualTo("public,max-age=5");
  }

  @Test
  void asksByGetWithoutBody() throws Exception {
    try (StubUpstream server = StubUpstream.answering("thanks");
        Caller caller = caller(List.of(LOOPBACK), "127.0.0.0/8", Duration.ofSeconds(20))) {
      assertThat(
              caller.fetch(
                  URI.create("http://keys.example:" + server.port() + "/a?b"),
                  Map.of("Accept", "application/json"),
                  MOST))
          .isInstanceOf(Fetched.Document.class);
      HttpMessage request = server.received().getFirst();
      assertThat(request.startLine()).isEqualTo("GET /a?b HTTP/1.1");
      assertThat(request.field("Host")).isEqualTo("keys.example:" + server.port());
      assertThat(request.field("Accept")).isEqualTo("application/json");
      assertThat(request.body()).isEmpty();
    }
  }

  @Test
  void followsNoRedirect() throws Exception {
    try (StubUpstream target = StubUpstream.answering("here")) {
      assertThat(code(fetched("HTTP/1.1 302 Found\r\nLocation: " + target.url() + "\r\n\r\n")))
          .isEqualTo("not_found");
      assertThat(target.connections()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"204 No Content", "206 Partial Content", "404 Not Found", "500 Oh"})
  void takesADocumentFromNoOtherStatus(String status) throws Exception {
    assertThat(code(fetched("HTTP/1.1 " + status + "\r\nContent-Length: 1\r\n\r\nx")))
        .isEqualTo("not_found");
  }

  @Test
  void speaksInClearOnlyWithinNetworksThatTheOperatorAllowed() throws Exception {
    try (Caller caller =
        caller(List.of(InetAddress.ofLiteral("1.2.3.4")), "", Duration.ofSeconds(20))) {
      assertThat(code(caller.fetch(URI.create("http://keys.example/"), Map.of(), MOST)))
          .isEqualTo("address_not_allowed");
    }
  }

  @Test
  void fetchesNothingFromThisMachineUnlessAllowed() throws Exception {
    try (Caller caller = caller(List.of(LOOPBACK), "10.0.0.0/8", Duration.ofSeconds(20))) {
      String port = ":" + FreePorts.next() + "/";
      for (String scheme : List.of("http", "https")) {
        assertThat(code(caller.fetch(URI.create(scheme + "://a.example" + port), Map.of(), MOST)))
            .isEqualTo("address_not_allowed");
      }
    }
  }

  @Test
  void givesUpOnADocumentThatDrips() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (StubUpstream server =
            StubUpstream.start(
                (request, exchange) -> {
                  exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
                  do {
                    exchange.send("z");
                  } while (!never.await(20, TimeUnit.MILLISECONDS));
                });
        Caller caller = caller(List.of(LOOPBACK), "127.0.0.0/8", Duration.ofMillis(400))) {
      assertThat(code(caller.fetch(URI.create(server.url()), Map.of(), 1_000)))
          .isEqualTo("timeout");
    } finally {
      never.countDown();
    }
  }

  @Test
  void asksByPostForTheDocumentThatIsTheReply() throws Exception {
    try (StubUpstream server = StubUpstream.answering("thanks");
        Caller caller = caller(List.of(LOOPBACK), "127.0.0.0/8", Duration.ofSeconds(20))) {
      Fetched answer =
          caller.ask(
              URI.create(server.url() + "/ask?b"),
              Map.of("Content-Type", "application/x-www-form-urlencoded"),
              "a=b".getBytes(StandardCharsets.US_ASCII),
              MOST,
              Duration.ofSeconds(20));
      assertThat(body(answer)).isEqualTo("thanks");
      HttpMessage request = server.received().getFirst();
      assertThat(request.startLine()).isEqualTo("POST /ask?b HTTP/1.1");
      assertThat(request.field("Content-Length")).isEqualTo("3");
      assertThat(request.field("Content-Type")).isEqualTo("application/x-www-form-urlencoded");
      assertThat(request.body()).asString(StandardCharsets.US_ASCII).isEqualTo("a=b");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {201, 204, 302, 401, 500})
  void namesTheStatusOfAnAnswerThatIsNone(int status) throws Exception {
    try (StubUpstream server =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.send("HTTP/1.1 " + status + " S\r\nLocation: /\r\n\r\nx").close());
        Caller caller = caller(List.of(LOOPBACK), "127.0.0.0/8", Duration.ofSeconds(20))) {
      assertThat(code(ask(caller, server.url(), Duration.ofSeconds(20))))
          .isEqualTo("status_" + status);
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  /** What is asked may be a secret. */
  @Test
  void asksInClearOnlyWithinNetworksThatTheOperatorAllowed() throws Exception {
    try (Caller caller =
        caller(List.of(InetAddress.ofLiteral("1.2.3.4")), "", Duration.ofSeconds(20))) {
      assertThat(code(ask(caller, "http://idp.example/", Duration.ofSeconds(20))))
          .isEqualTo("address_not_allowed");
    }
  }

  @Test
  void waitsForAnAnswerNoLongerThanItIsTold() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (StubUpstream server = StubUpstream.start((request, exchange) -> never.await());
        Caller caller = caller(List.of(LOOPBACK), "127.0.0.0/8", Duration.ofMinutes(5))) {
      assertThat(code(ask(caller, server.url(), Duration.ofMillis(200)))).isEqualTo("timeout");
    } finally {
      never.countDown();
    }
  }

  private static Fetched ask(Caller caller, String url, Duration limit) throws Exception {
    return caller.ask(URI.create(url), Map.of(), new byte[] {'x'}, MOST, limit);
  }

  private static Fetched fetched(String reply) throws Exception {
    try (StubUpstream server =
            StubUpstream.start((request, exchange) -> exchange.send(reply).close());
        Caller caller = caller(List.of(LOOPBACK), "127.0.0.0/8", Duration.ofSeconds(20))) {
      return caller.fetch(URI.create(server.url() + "/keys"), Map.of(), MOST);
    }
  }

  private static String body(Fetched fetched) {
    return new String(((Fetched.Document) fetched).body(), StandardCharsets.US_ASCII);
  }

  private static String code(Fetched fetched) {
    return ((Fetched.Missed) fetched).code();
  }

  private static Caller caller(List<InetAddress> addresses, String allowed, Duration total) {
    return new Caller(
        (host, limit) -> addresses,
        new EgressGuard(Network.parseList(allowed)),
        (SSLSocketFactory) SSLSocketFactory.getDefault(),
        Duration.ofSeconds(20),
        total);
  }
}
