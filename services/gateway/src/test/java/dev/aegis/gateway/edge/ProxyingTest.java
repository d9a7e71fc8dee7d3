package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and replies over real sockets when everybody behaves. */
final class ProxyingTest {
  private static final String HOST = "Host: a.test\r\n";

  @Test
  void givesTheBackendExactlyThis() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(
          "GET /a/%2e%2e/b//c?x=%2e&y HTTP/1.1\r\n"
              + "host: A.test:1234\r\n"
              + "X-Request-Id: r-1\r\n"
              + "x-kept:  as  it \t was \r\n"
              + "Connection: x-mine\r\n"
              + "X-Mine: 1\r\n"
              + "Accept: */*\r\n"
              + "\r\n");
      HttpMessage reply = caller.read();
      assertThat(reply.head())
          .isEqualTo(
              "HTTP/1.1 200 Scripted\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
                  + "X-Request-Id: r-1\r\nVia: 1.1 aegis\r\n\r\n");
      assertThat(reply.text()).isEqualTo("hello");
      assertThat(backend.received()).hasSize(1);
      assertThat(backend.received().getFirst().head())
          .isEqualTo(
              "GET /b/c?x=%2e&y HTTP/1.1\r\n"
                  + "host: A.test:1234\r\n"
                  + "x-kept:  as  it \t was \r\n"
                  + "Accept: */*\r\n"
                  + "X-Request-Id: r-1\r\n"
                  + "X-Forwarded-For: 127.0.0.1\r\n"
                  + "X-Forwarded-Proto: http\r\n"
                  + "X-Forwarded-Host: A.test:1234\r\n"
                  + "Forwarded: for=127.0.0.1;host=\"A.test:1234\";proto=http\r\n"
                  + "X-Tenant-Id: a\r\n"
                  + "Via: 1.1 aegis\r\n"
                  + "\r\n");
    }
  }

  /** RFC 9112 section 3.2: a request has a Host, whatever the caller's version let it leave out. */
  @Test
  void namesTheHostThatOnlyTheTargetNamed() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      HttpMessage reply = HttpProbe.once(gateway.port(), "GET http://a.test/x HTTP/1.0\r\n\r\n");
      assertThat(reply.status()).isEqualTo(200);
      assertThat(backend.received().getFirst().field("Host")).isEqualTo("a.test");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET,200,5",
    "HEAD,200,0",
    "GET,204,0",
    "GET,304,0",
    "HEAD,404,0",
    "DELETE,200,5",
    "FOO,200,5"
  })
  void repliesEndWhereTheyShould(String method, int status, int length) throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  while (true) {
                    leg.head();
                    boolean lengthy = status != 204;
                    leg.send(
                        "HTTP/1.1 "
                            + status
                            + " X\r\n"
                            + (lengthy ? "Content-Length: 5\r\n\r\n" : "\r\n")
                            + (length > 0 ? "hello" : ""));
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      for (int i = 0; i < 3; i++) {
        caller.send(method + " / HTTP/1.1\r\n" + HOST + "\r\n");
        HttpMessage reply = method.equals("HEAD") ? caller.readHead() : caller.read();
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.body()).hasSize(length);
        assertThat(reply.field("Content-Length")).isEqualTo(status == 204 ? null : "5");
      }
      assertThat(backend.connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0,false",
    "1000,false",
    "16384,false",
    "16385,false",
    "10000000,false",
    "0,true",
    "1,true",
    "1000,true",
    "10000000,true"
  })
  void bodiesComeBackAsTheyWent(int size, boolean chunked) throws Exception {
    byte[] body = new byte[size];
    new Random(size).nextBytes(body);
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) -> {
                  if (chunked) {
                    exchange.send(
                        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + (size == 0 ? "" : Integer.toHexString(size) + ";x=y\r\n"));
                    exchange.send(request.body());
                    exchange.send((size == 0 ? "" : "\r\n") + "0\r\nTrailer: dropped\r\n\r\n");
                  } else {
                    exchange.reply(200, List.of(), request.body());
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      for (int i = 0; i < 2; i++) {
        caller.send(
            "POST / HTTP/1.1\r\n"
                + HOST
                + (chunked
                    ? "Transfer-Encoding: chunked\r\n\r\n"
                    : "Content-Length: " + size + "\r\n\r\n"));
        CompletableFuture<Void> sent =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    sendBody(caller, body, chunked);
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
        HttpMessage reply = caller.read();
        sent.join();
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.complete()).isTrue();
        assertThat(reply.body()).isEqualTo(body);
        HttpMessage received = backend.received().get(i);
        assertThat(received.body()).isEqualTo(body);
        assertThat(received.field("Transfer-Encoding")).isEqualTo(chunked ? "chunked" : null);
        assertThat(received.field("Content-Length")).isEqualTo(chunked ? null : "" + size);
      }
      assertThat(backend.faults()).isEmpty();
      assertThat(gateway.finished(2).getLast().event().bytesIn()).isEqualTo(size);
      assertThat(gateway.finished(2).getLast().event().bytesOut()).isEqualTo(size);
    }
  }

  private static void sendBody(HttpProbe caller, byte[] body, boolean chunked) throws IOException {
    if (!chunked) {
      caller.send(body);
      return;
    }
    for (int at = 0; at < body.length; at += 7001) {
      byte[] chunk = Arrays.copyOfRange(body, at, Math.min(body.length, at + 7001));
      caller.send(Integer.toHexString(chunk.length) + "\r\n").send(chunk).send("\r\n");
    }
    caller.send("0\r\n\r\n");
  }

  /** The backend answers as it reads: whoever waits for one side before the other is stuck. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void echoesWhileItIsStillUploading(boolean chunked) throws Exception {
    int size = 10_000_000;
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 X\r\nContent-Length: " + size + "\r\n\r\n");
                  byte[] some = new byte[4096];
                  // Chunked framing is echoed too, cut off at the announced length.
                  int left = size;
                  while (left > 0) {
                    int count = leg.some(some);
                    leg.send(some, Math.min(left, count));
                    left -= count;
                  }
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      byte[] body = new byte[size];
      Arrays.fill(body, (byte) 'x');
      caller.send(
          "POST / HTTP/1.1\r\n"
              + HOST
              + (chunked
                  ? "Transfer-Encoding: chunked\r\n\r\n"
                  : "Content-Length: " + size + "\r\n\r\n"));
      CompletableFuture<Void> sent =
          CompletableFuture.runAsync(
              () -> {
                try {
                  sendBody(caller, body, chunked);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      HttpMessage reply = caller.read();
      assertThat(reply.complete()).isTrue();
      assertThat(reply.body()).hasSize(size);
      sent.join();
    }
  }

  @Test
  void relaysContinueAndThenTheReply() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 100 Continue\r\n\r\n");
                  byte[] body = leg.read(5);
                  leg.send("HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\n").send(body, 5);
                  leg.head();
                  leg.send("HTTP/1.1 204 X\r\n\r\n");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(
          "POST / HTTP/1.1\r\n" + HOST + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      assertThat(caller.read().status()).isEqualTo(100);
      caller.send("hello");
      assertThat(caller.read().text()).isEqualTo("hello");
      caller.send("GET / HTTP/1.1\r\n" + HOST + "\r\n");
      assertThat(caller.read().status()).isEqualTo(204);
    }
  }

  /** RFC 9110 section 10.1.1: what follows a final reply may be the body or another request. */
  @Test
  void closesWhenTheBodyWasNotWanted() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 417 X\r\nContent-Length: 0\r\n\r\n");
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(
          "POST / HTTP/1.1\r\n" + HOST + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(417);
      assertThat(reply.field("Connection")).isEqualTo("close");
      caller.send("GET / HTTP/1.1\r\n" + HOST + "\r\n");
      assertThat(caller.ended()).isTrue();
      assertThat(backend.connections()).isEqualTo(1);
    }
  }

  @Test
  void relaysInterimRepliesToThoseWhoKnowThem() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  while (true) {
                    leg.head();
                    leg.send("HTTP/1.1 100 Continue\r\n\r\n");
                    leg.send(
                        "HTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: y\r\nY: z\r\n\r\n");
                    leg.send("HTTP/1.1 200 X\r\nContent-Length: 1\r\n\r\n1");
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      try (HttpProbe caller = gateway.connect()) {
        caller.send("GET / HTTP/1.1\r\n" + HOST + "\r\n");
        HttpMessage hints = caller.read();
        assertThat(hints.head()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
        assertThat(caller.read().status()).isEqualTo(200);
      }
      try (HttpProbe caller = gateway.connect()) {
        caller.send("GET / HTTP/1.0\r\n" + HOST + "\r\n");
        assertThat(caller.read().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void passesRepliesWithoutLengthOn() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 X\r\nA: b\r\n\r\nhello");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      try (HttpProbe caller = gateway.connect()) {
        for (int i = 0; i < 2; i++) {
          caller.send("GET / HTTP/1.1\r\n" + HOST + "\r\n");
          HttpMessage reply = caller.read();
          assertThat(reply.field("Transfer-Encoding")).isEqualTo("chunked");
          assertThat(reply.text()).isEqualTo("hello");
          assertThat(reply.complete()).isTrue();
        }
      }
      HttpMessage old =
          HttpProbe.once(
              gateway.port(), "GET / HTTP/1.0\r\n" + HOST + "Connection: keep-alive\r\n\r\n");
      assertThat(old.field("Transfer-Encoding")).isNull();
      assertThat(old.field("Connection")).isEqualTo("close");
      assertThat(old.text()).isEqualTo("hello");
      assertThat(backend.connections()).isEqualTo(3);
    }
  }

  @Test
  void answersPipelinedRequestsInTheirOrder() throws Exception {
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(
                        200, List.of(), request.target().getBytes(StandardCharsets.UTF_8)));
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        all.append("POST /").append(i).append(" HTTP/1.1\r\n").append(HOST);
        all.append(
            i % 2 == 0
                ? "Content-Length: 4\r\n\r\nGET "
                : "Transfer-Encoding: chunked\r\n\r\n4\r\nGET \r\n0\r\n\r\n");
      }
      caller.send(all.toString());
      for (int i = 0; i < 50; i++) {
        assertThat(caller.read().text()).isEqualTo("/" + i);
      }
      assertThat(backend.received()).hasSize(50);
    }
  }

  /** RFC 9112 section 9.3. */
  @ParameterizedTest
  @CsvSource({
    "1.1,x,true,",
    "1.1,close,false,close",
    "1.0,x,false,close",
    "1.0,keep-alive,true,keep-alive"
  })
  void keepsConnectionsAsAsked(String version, String asked, boolean kept, String said)
      throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      String request =
          "GET / HTTP/" + version + "\r\n" + HOST + "Connection: " + asked + "\r\n\r\n";
      HttpMessage reply = caller.send(request).read();
      assertThat(reply.field("Connection")).isEqualTo(said);
      if (kept) {
        assertThat(caller.send(request).read().text()).isEqualTo("hello");
      } else {
        assertThat(caller.ended()).isTrue();
      }
    }
  }

  @Test
  void endsConnectionsWhileItDrains() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      String request = "GET / HTTP/1.1\r\n" + HOST + "\r\n";
      assertThat(caller.send(request).read().field("Connection")).isNull();
      gateway.drain();
      HttpMessage last = caller.send(request).read();
      assertThat(last.field("Connection")).isEqualTo("close");
      assertThat(last.text()).isEqualTo("hello");
      assertThat(caller.ended()).isTrue();
    }
  }
}
