package dev.aegis.gateway.edge;

import static dev.aegis.gateway.http2.RawCaller.DATA;
import static dev.aegis.gateway.http2.RawCaller.END_HEADERS;
import static dev.aegis.gateway.http2.RawCaller.END_STREAM;
import static dev.aegis.gateway.http2.RawCaller.GOAWAY;
import static dev.aegis.gateway.http2.RawCaller.HEADERS;
import static dev.aegis.gateway.http2.RawCaller.PING;
import static dev.aegis.gateway.http2.RawCaller.RST_STREAM;
import static dev.aegis.gateway.http2.RawCaller.SETTINGS;
import static dev.aegis.gateway.http2.RawCaller.WINDOW_UPDATE;
import static dev.aegis.gateway.http2.RawCaller.number;
import static dev.aegis.gateway.http2.RawCaller.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.http2.RawCaller;
import dev.aegis.gateway.http2.RawCaller.Frame;
import dev.aegis.testkit.StubUpstream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Streams beside each other: what they share, what bounds them, and how they end. */
final class StreamsTest {
  private static final EdgeSettings SHORT =
      new EdgeSettings(Duration.ofMillis(700), Duration.ofMillis(700), Duration.ofMillis(700));

  /** Reads until the stream ends; returns how many bytes of DATA it got. */
  private static int body(RawCaller caller, int stream) throws Exception {
    int total = 0;
    while (true) {
      Frame frame = caller.next();
      if (frame.stream() == stream && frame.type() == DATA) {
        total += frame.payload().length;
        caller.frame(WINDOW_UPDATE, 0, 0, number(Math.max(1, frame.payload().length)));
      }
      if (frame.stream() == stream && frame.has(END_STREAM) && frame.type() <= HEADERS) {
        return total;
      }
      assertThat(frame.type()).isNotEqualTo(RST_STREAM);
    }
  }

  @Test
  void aStreamThatTakesNothingStopsNoOther() throws Exception {
    byte[] large = new byte[300_000];
    try (StubUpstream backend =
            StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), large));
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.frame(SETTINGS, 0, 0, 0, 4, 0, 0, 0, 0); // streams may send nothing
      caller.get(1).get(3).frame(WINDOW_UPDATE, 0, 3, number(1_000_000));
      caller.frame(WINDOW_UPDATE, 0, 0, number(1_000_000));
      assertThat(body(caller, 3)).isEqualTo(large.length);
      caller.frame(WINDOW_UPDATE, 0, 1, number(1_000_000));
      assertThat(body(caller, 1)).isEqualTo(large.length);
    }
  }

  /** A body that the backend does not take waits at the caller, and other streams go on. */
  @Test
  void aBodyThatNobodyTakesWaitsAtTheCaller() throws Exception {
    CountDownLatch reads = new CountDownLatch(1);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  String head = leg.head();
                  if (head.startsWith("POST ")) {
                    reads.await();
                    leg.read(40_000_000);
                  }
                  leg.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.post(1, "content-length=40000000");
      byte[] part = new byte[16_000];
      boolean stopped = false;
      for (int sent = 0; sent < 40_000_000; ) {
        int allowed = Math.min(caller.window(0), caller.window(1));
        int count = Math.min(Math.min(part.length, 40_000_000 - sent), allowed);
        if (count > 0) {
          sent += count;
          caller.frame(DATA, sent == 40_000_000 ? END_STREAM : 0, 1, part, count);
        } else if (stopped) {
          caller.any();
        } else if (nothingComes(caller)) {
          stopped = true; // sockets and windows are full
          caller.get(3);
          assertThat(caller.outcome(3)).isEqualTo("200");
          reads.countDown();
        }
      }
      assertThat(caller.outcome(1)).isEqualTo("200");
      assertThat(stopped).isTrue();
    }
  }

  /** Whether the gateway, asked twice, had nothing to grant in between. */
  private static boolean nothingComes(RawCaller caller) throws Exception {
    caller.frame(PING, 0, 0, new byte[8]);
    while (caller.any().type() != PING) {
      // What was on its way.
    }
    int before = caller.window(1);
    caller.frame(PING, 0, 0, new byte[8]);
    while (caller.any().type() != PING) {
      // The same.
    }
    return before == 0 && caller.window(1) == 0;
  }

  @Test
  void refusesTheHundredAndFirstStreamAlsoBehindResets() throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  waits.await();
                  leg.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      for (int i = 0; i < 100; i++) {
        caller.get(2 * i + 1);
      }
      caller.get(201);
      assertThat(caller.outcome(201)).isEqualTo("reset REFUSED_STREAM");
      waits.countDown();
      assertThat(caller.outcome(199)).isEqualTo("204");
      await().until(() -> gateway.finished().size() == 100);
      caller.get(203);
      assertThat(caller.outcome(203)).isEqualTo("204");
    }
  }

  @Test
  void aResetEndsTheWorkAtTheTarget() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.toEnd();
                  ended.countDown();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.get(1);
      await().until(() -> backend.connections() == 1);
      caller.frame(RST_STREAM, 0, 1, number(8));
      ended.await();
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("caller_gone");
    }
  }

  @Test
  void aBodyThatDoesNotComeIsTimedOutAndTheConnectionGoesOn() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(SHORT, 60_000, backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.post(1, "content-length=5").frame(DATA, 0, 1, 'x');
      assertThat(caller.outcome(1)).isEqualTo("408");
      caller.get(3);
      assertThat(caller.outcome(3)).isEqualTo("200");
      assertThat(gateway.finished(2).getFirst().event().code()).isEqualTo("request_timeout");
    }
  }

  @Test
  void aCallerWhoTakesNothingIsResetInTime() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(SHORT, 60_000, backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.frame(SETTINGS, 0, 0, 0, 4, 0, 0, 0, 0);
      caller.get(1);
      assertThat(caller.outcome(1)).isEqualTo("reset CANCEL");
    }
  }

  @Test
  void halfAFrameIsNotWaitedForForLong() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(SHORT, 60_000, backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.get(1);
      assertThat(caller.outcome(1)).isEqualTo("200");
      caller.frame(100, HEADERS, END_HEADERS, 3, new byte[10]);
      assertThat(caller.outcome(3)).isEqualTo("closed");
    }
  }

  @Test
  void sayingNothingEndsWithGoodbye() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(SHORT, 60_000, backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.get(1);
      assertThat(caller.outcome(1)).isEqualTo("200");
      Frame goodbye = caller.next();
      assertThat(goodbye.type()).isEqualTo(GOAWAY);
      assertThat(goodbye.number(0)).isEqualTo(1);
      assertThat(goodbye.number(4)).isZero();
      assertThat(caller.outcome(3)).isEqualTo("closed");
    }
  }

  @Test
  void aDrainTellsFirstServesWhatComesAndThenEnds() throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  String head = leg.head();
                  if (head.startsWith("GET /1 ")) {
                    waits.await();
                  }
                  leg.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                  leg.toEnd();
                });
        RawCaller caller = drained(backend, waits)) {
      assertThat(caller.outcome(5)).isEqualTo("closed");
    }
  }

  private static RawCaller drained(RawBackend backend, CountDownLatch waits) throws Exception {
    GatewayInProcess gateway = GatewayInProcess.before(backend.url());
    RawCaller caller = RawCaller.connect(gateway.port());
    caller.get(1);
    await().until(() -> backend.connections() == 1);
    gateway.drain();
    Frame goodbye = caller.next();
    assertThat(goodbye.type()).isEqualTo(GOAWAY);
    assertThat(goodbye.number(0)).isEqualTo(Integer.MAX_VALUE);
    caller.get(3);
    assertThat(caller.outcome(3)).isEqualTo("200");
    waits.countDown();
    assertThat(caller.outcome(1)).isEqualTo("200");
    gateway.close();
    return caller;
  }

  @Test
  void aReplyThatBreaksOffIsReset() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.get(1);
      assertThat(caller.outcome(1)).isEqualTo("reset INTERNAL_ERROR");
    }
  }

  @Test
  void interimRepliesAndTrailersGoOn() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
                  leg.send("HTTP/1.1 100 Continue\r\n\r\n");
                  leg.read(1);
                  leg.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                  leg.send("2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n");
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.frame(
          HEADERS, END_HEADERS, 1, request("POST", "/", "expect=100-continue", "content-length=1"));
      Frame hints = caller.next();
      assertThat(caller.fields(hints.payload())).containsEntry(":status", "103");
      assertThat(hints.has(END_STREAM)).isFalse();
      assertThat(caller.fields(caller.next().payload())).containsEntry(":status", "100");
      caller.frame(DATA, END_STREAM, 1, 'x');
      assertThat(caller.fields(caller.next().payload())).containsEntry(":status", "200");
      assertThat(caller.next().payload()).asString().isEqualTo("hi");
      Frame trailer = caller.next();
      assertThat(trailer.has(END_STREAM)).isTrue();
      assertThat(caller.fields(trailer.payload())).containsEntry("x-sum", "7");
    }
  }

  @Test
  void aCallerWhoEndsInTheMiddleIsGone() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.post(1).frame(DATA, 0, 1, 'x');
      caller.end();
      assertThat(caller.outcome(1)).isEqualTo("closed");
      assertThat(gateway.finished(1).getFirst().event().status()).isEqualTo(499);
    }
  }
}
