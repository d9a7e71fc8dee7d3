package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** WebSocket through the gateway (RFC 9110 section 7.8, RFC 6455). */
final class WebSocketTest {
  private static final String ASK =
      "GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, Upgrade\r\n"
          + "Upgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          + "Sec-WebSocket-Version: 13\r\n\r\n";
  private static final String SWITCH =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";

  @Test
  void theClientOfTheJdkTalksToABackendThatEchoes() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    try (RawBackend backend = RawBackend.start(WebSocketTest::echo);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpClient client = HttpClient.newHttpClient()) {
      WebSocket socket =
          client
              .newWebSocketBuilder()
              .header("Host", "a.test")
              .buildAsync(
                  URI.create("ws://127.0.0.1:" + gateway.port() + "/chat"), new Listener(heard))
              .get(20, TimeUnit.SECONDS);
      String large = "x".repeat(60_000);
      for (String text : new String[] {"one", large, "three"}) {
        socket.sendText(text, true).get(20, TimeUnit.SECONDS);
        assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(text);
      }
      assertThat(gateway.active()).isEqualTo(1);
      socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").get(20, TimeUnit.SECONDS);
      assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("closed 1000");

      Finished record = gateway.finished(1).getFirst();
      assertThat(record.event().status()).isEqualTo(101);
      assertThat(record.event().code()).isNull();
      assertThat(record.event().bytesIn()).isGreaterThan(60_000);
      assertThat(record.event().bytesOut()).isGreaterThan(60_000);
      await().until(() -> backend.openConnections() == 0);
    }
  }

  @Test
  void bothSeeTheSwitchAndNothingElseOfTheHops() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(SWITCH + "Sec-WebSocket-Accept: x\r\nKeep-Alive: 1\r\n\r\nfirst");
                  assertThat(leg.read(5)).asString().isEqualTo("early");
                  leg.send("last");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(ASK + "early");
      assertThat(caller.readHead().head())
          .startsWith("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n")
          .endsWith("Via: 1.1 aegis\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      assertThat(caller.input().readAllBytes()).asString().isEqualTo("firstlast");
      assertThat(backend.legs().getFirst().text())
          .contains("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "Sec-WebSocket-Key: ")
          .doesNotContainIgnoringCase("keep-alive");
    }
  }

  @Test
  void aRefusalOfTheBackendIsAReplyLikeAnother() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
                  leg.head();
                  leg.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(ASK);
      assertThat(caller.read().status()).isEqualTo(403);
      caller.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      assertThat(caller.read().text()).isEqualTo("yes");
      assertThat(backend.connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket, h2c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            + "Upgrade: h2c\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            + "Content-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            + "Content-Length: 1\r\n\r\nx"
      })
  void whatDoesNotAskForWebSocketAloneIsNotSwitched(String request) throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(SWITCH + "\r\n").toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      HttpMessage reply = HttpProbe.once(gateway.port(), request);
      assertThat(reply.status()).isEqualTo(502);
      assertThat(backend.legs().getFirst().text()).doesNotContainIgnoringCase("upgrade");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 101 X\r\n\r\n",
        "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n"
      })
  void aSwitchToSomethingElseIsTheUpstreamsFailure(String reply) throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(reply).toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      assertThat(HttpProbe.once(gateway.port(), ASK).status()).isEqualTo(502);
    }
  }

  @Test
  void silenceOnBothSidesEndsIt() throws Exception {
    try (RawBackend backend = RawBackend.start(WebSocketTest::switchAndWait);
        GatewayInProcess gateway =
            GatewayInProcess.before(
                new EdgeSettings(
                    Duration.ofSeconds(20), Duration.ofSeconds(10), Duration.ofMillis(200)),
                1_000,
                backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(ASK);
      assertThat(caller.readHead().status()).isEqualTo(101);
      // Beyond the bound on a body's reads, which is not for tunnels: the other side talks.
      for (int i = 0; i < 10; i++) {
        backend.legs().getFirst().send("tick");
        assertThat(caller.input().readNBytes(4)).asString().isEqualTo("tick");
      }
      assertThat(caller.ended()).isTrue();
      await().until(() -> backend.openConnections() == 0);
    }
  }

  @Test
  void theEndOfOneSideReachesTheOther() throws Exception {
    try (RawBackend backend = RawBackend.start(WebSocketTest::switchAndWait);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      try (HttpProbe caller = gateway.connect()) {
        caller.send(ASK);
        assertThat(caller.readHead().status()).isEqualTo(101);
      }
      await().until(() -> backend.openConnections() == 0);
      try (HttpProbe caller = gateway.connect()) {
        caller.send(ASK);
        assertThat(caller.readHead().status()).isEqualTo(101);
        backend.legs().getLast().reset();
        assertThat(caller.ended()).isTrue();
      }
      assertThat(gateway.finished(2)).allMatch(record -> record.event().status() == 101);
      await().until(() -> gateway.active() == 0);
    }
  }

  /** RFC 6455 section 7.4.1: whoever is told comes again, to another gateway. */
  @Test
  void aGatewayThatStopsSaysSoToBoth() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    try (RawBackend backend = RawBackend.start(WebSocketTest::echo);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpClient client = HttpClient.newHttpClient()) {
      WebSocket socket =
          client
              .newWebSocketBuilder()
              .header("Host", "a.test")
              .buildAsync(
                  URI.create("ws://127.0.0.1:" + gateway.port() + "/chat"), new Listener(heard))
              .get(20, TimeUnit.SECONDS);
      socket.sendText("one", true).get(20, TimeUnit.SECONDS);
      assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("one");
      gateway.drain();
      assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("closed 1001");
      // The backend got a masked frame, or it would not have ended; the client has answered.
      assertThat(gateway.finished(1).getFirst().event().status()).isEqualTo(101);
      await().until(() -> backend.openConnections() == 0 && gateway.active() == 0);
    }
  }

  /** No frame is broken, and nothing follows the goodbye. */
  @Test
  void aFrameUnderWayIsEndedFirst() throws Exception {
    try (RawBackend backend = RawBackend.start(WebSocketTest::switchAndWait);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(ASK);
      assertThat(caller.readHead().status()).isEqualTo(101);
      RawBackend.Leg leg = backend.legs().getFirst();
      leg.send("\u0001\u0005ab");
      assertThat(caller.input().readNBytes(4)).asString().isEqualTo("\u0001\u0005ab");
      gateway.drain();
      // The other direction is between two frames: the backend hears it at once.
      await().until(() -> goodbye(leg.text().getBytes(StandardCharsets.ISO_8859_1)) == 1001);
      leg.send("cde\u0080\u0001x");
      assertThat(caller.input().readNBytes(7))
          .containsExactly('c', 'd', 'e', 0x88, 2, 1001 >> 8, 1001 & 0xff);
      leg.send("\u0088\u0000");
      caller.send("\u0088\u0080mask");
      assertThat(caller.input().readAllBytes()).isEmpty();
      await().until(() -> backend.openConnections() == 0 && gateway.active() == 0);
    }
  }

  /** A goodbye of the backend that is under way is the only one that the caller hears. */
  @Test
  void aGoodbyeUnderWayIsNotRepeated() throws Exception {
    try (RawBackend backend = RawBackend.start(WebSocketTest::switchAndWait);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(ASK);
      assertThat(caller.readHead().status()).isEqualTo(101);
      RawBackend.Leg leg = backend.legs().getFirst();
      leg.send("\u0088\u0002");
      assertThat(caller.input().readNBytes(2)).containsExactly(0x88, 2);
      gateway.drain();
      await().until(() -> goodbye(leg.text().getBytes(StandardCharsets.ISO_8859_1)) == 1001);
      leg.send("\u0003\u00e8behind");
      assertThat(caller.input().readNBytes(2)).containsExactly(1000 >> 8, 1000 & 0xff);
      caller.send("\u0088\u0080mask");
      assertThat(caller.input().readAllBytes()).isEmpty();
      await().until(() -> backend.openConnections() == 0 && gateway.active() == 0);
    }
  }

  /** A caller who cannot be told, because a frame to it broke off, is not kept waiting. */
  @Test
  void aBrokenFrameEndsIt() throws Exception {
    try (RawBackend backend = RawBackend.start(WebSocketTest::switchAndWait);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(ASK);
      assertThat(caller.readHead().status()).isEqualTo(101);
      RawBackend.Leg leg = backend.legs().getFirst();
      leg.send("\u0001\u0005ab");
      assertThat(caller.input().readNBytes(4)).asString().isEqualTo("\u0001\u0005ab");
      gateway.drain();
      await().until(() -> goodbye(leg.text().getBytes(StandardCharsets.ISO_8859_1)) == 1001);
      leg.socket().shutdownOutput();
      assertThat(caller.input().readAllBytes()).isEmpty();
      await().until(() -> gateway.active() == 0);
    }
  }

  /** The status of the masked close frame at the end of these bytes, -1 for none. */
  private static int goodbye(byte[] bytes) {
    int at = bytes.length - 8;
    if (at < 0 || (bytes[at] & 0xff) != 0x88 || (bytes[at + 1] & 0xff) != 0x82) {
      return -1;
    }
    return ((bytes[at + 2] ^ bytes[at + 6]) & 0xff) << 8 | (bytes[at + 3] ^ bytes[at + 7]) & 0xff;
  }

  /** One that opens while the gateway stops is told at once. */
  @Test
  void itIsNeverTooLateToBeTold() throws Exception {
    try (RawBackend backend = RawBackend.start(WebSocketTest::switchAndWait);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.drain();
      caller.send(ASK);
      assertThat(caller.readHead().status()).isEqualTo(101);
      assertThat(caller.input().readNBytes(4)).containsExactly(0x88, 2, 1001 >> 8, 1001 & 0xff);
    }
  }

  /** Whoever has said goodbye already hears no second one. */
  @Test
  void aGoodbyeIsSaidOnce() throws Exception {
    try (RawBackend backend = RawBackend.start(WebSocketTest::switchAndWait);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(ASK);
      assertThat(caller.readHead().status()).isEqualTo(101);
      backend.legs().getFirst().send("\u0088\u0002\u0003\u00e8");
      assertThat(caller.input().readNBytes(4)).containsExactly(0x88, 2, 1000 >> 8, 1000 & 0xff);
      gateway.drain();
      caller.send("\u0088\u0080mask");
      assertThat(caller.input().readAllBytes()).isEmpty();
      await().until(() -> backend.openConnections() == 0 && gateway.active() == 0);
    }
  }

  private static void switchAndWait(RawBackend.Leg leg) throws IOException {
    leg.head();
    leg.send(SWITCH + "\r\n").toEnd();
  }

  /** Sends text frames back, without the mask, until a close frame (RFC 6455 section 5.2). */
  private static void echo(RawBackend.Leg leg) throws Exception {
    String head = leg.head();
    int at = head.indexOf("Sec-WebSocket-Key: ") + "Sec-WebSocket-Key: ".length();
    String key = head.substring(at, head.indexOf('\r', at));
    byte[] digest =
        MessageDigest.getInstance("SHA-1")
            .digest(
                (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
    leg.send(
        SWITCH
            + "Sec-WebSocket-Accept: "
            + Base64.getEncoder().encodeToString(digest)
            + "\r\n\r\n");
    while (true) {
      byte[] start = leg.read(2);
      int length = start[1] & 0x7f;
      byte[] frame = {start[0], (byte) length};
      if (length == 126) {
        byte[] extended = leg.read(2);
        length = (extended[0] & 0xff) << 8 | extended[1] & 0xff;
        frame = new byte[] {start[0], 126, extended[0], extended[1]};
      }
      byte[] mask = leg.read(4);
      byte[] payload = leg.read(length);
      for (int i = 0; i < length; i++) {
        payload[i] ^= mask[i % 4];
      }
      leg.send(frame, frame.length).send(payload, length);
      if ((start[0] & 0x0f) == 8) {
        return;
      }
    }
  }

  private record Listener(BlockingQueue<String> heard, StringBuilder text)
      implements WebSocket.Listener {
    Listener(BlockingQueue<String> heard) {
      this(heard, new StringBuilder());
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        heard.add(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      heard.add("closed " + code);
      return null;
    }
  }
}
