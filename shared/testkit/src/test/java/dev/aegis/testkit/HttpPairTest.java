package dev.aegis.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The scripted backend and the probe, against each other. */
class HttpPairTest {
  @Test
  void keepsExactlyWhatWasSent() throws IOException {
    try (StubUpstream upstream = StubUpstream.answering("hello");
        HttpProbe probe = HttpProbe.connect(upstream.port())) {
      HttpMessage reply =
          probe.send("GET /a?b HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a:  2 \r\n\r\n").read();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.text()).isEqualTo("hello");
      HttpMessage request = upstream.received().getFirst();
      assertThat(request.head())
          .isEqualTo("GET /a?b HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a:  2 \r\n\r\n");
      assertThat(request.target()).isEqualTo("/a?b");
      assertThat(request.fields("x-a")).containsExactly("1", "2");
      assertThat(request.field("missing")).isNull();
    }
  }

  @Test
  void readsChunksWithExtensionsAndTrailers() throws IOException {
    String chunks = "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n";
    try (StubUpstream upstream =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks));
        HttpProbe probe = HttpProbe.connect(upstream.port())) {
      HttpMessage reply =
          probe
              .send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
              .read();
      assertThat(reply.text()).isEqualTo("abcde");
      HttpMessage request = upstream.received().getFirst();
      assertThat(request.text()).isEqualTo("abcde");
      assertThat(new String(request.framed(), StandardCharsets.US_ASCII)).isEqualTo(chunks);
      assertThat(request.complete()).isTrue();
    }
  }

  @Test
  void reusesAConnectionAndCountsThem() throws IOException {
    try (StubUpstream upstream = StubUpstream.answering("x");
        HttpProbe probe = HttpProbe.connect(upstream.port())) {
      probe.send("HEAD /1 HTTP/1.1\r\nHost: x\r\n\r\n").readHead();
      assertThat(probe.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n").read().text()).isEqualTo("x");
      assertThat(upstream.connections()).isEqualTo(1);
      assertThat(upstream.received()).extracting(HttpMessage::target).containsExactly("/1", "/2");
    }
  }

  @Test
  void showsTruncatedBodiesAndResets() throws IOException {
    try (StubUpstream upstream =
        StubUpstream.start(
            (request, exchange) -> {
              if (request.target().equals("/reset")) {
                exchange.reset();
                return;
              }
              exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort").close();
            })) {
      HttpMessage cut = HttpProbe.once(upstream.port(), "GET /cut HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(cut.complete()).isFalse();
      assertThat(cut.text()).isEqualTo("short");
      try (HttpProbe probe = HttpProbe.connect(upstream.port())) {
        assertThat(probe.send("GET /reset HTTP/1.1\r\nHost: x\r\n\r\n").ended()).isTrue();
      }
      assertThat(upstream.faults()).isEmpty();
    }
  }

  @Test
  void knowsRepliesWithoutABody() throws IOException {
    try (StubUpstream upstream =
            StubUpstream.start(
                (request, exchange) -> {
                  switch (request.target()) {
                    case "/204" -> exchange.send("HTTP/1.1 204 No Content\r\n\r\n");
                    case "/304" ->
                        exchange.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
                    default -> exchange.reply(200, List.of(), new byte[] {'!'});
                  }
                });
        HttpProbe probe = HttpProbe.connect(upstream.port())) {
      for (String target : List.of("/204", "/304")) {
        HttpMessage reply = probe.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n").read();
        assertThat(reply.body()).isEmpty();
      }
      assertThat(probe.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").read().text()).isEqualTo("!");
    }
  }
}
