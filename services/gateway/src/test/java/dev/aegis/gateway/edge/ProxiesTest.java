package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.proxies.Front;
import dev.aegis.gateway.proxies.TrustedProxies;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Proxies in front of the gateway: who they say is calling, and who else says so. */
final class ProxiesTest {
  private static final byte[] LINE =
      "PROXY TCP4 198.51.100.1 203.0.113.1 56324 443\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] BINARY =
      HexFormat.of()
          .parseHex(
              "0d0a0d0a000d0a515549540a2121002420010db800000000000000000000000920010db8000000000000"
                  + "000000000001dc0401bb");
  private static final byte[] LOCAL = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a20000000");
  private static final String GET = "GET / HTTP/1.1\r\nHost: a.test\r\n";

  private StubUpstream backend;

  @BeforeEach
  void start() throws Exception {
    backend = StubUpstream.answering("hello");
  }

  @AfterEach
  void stop() {
    backend.close();
  }

  private GatewayInProcess behind(boolean announces, String trusted, Duration head)
      throws Exception {
    return GatewayInProcess.before(
        new EdgeSettings(
            Duration.ofSeconds(20),
            head,
            Duration.ofSeconds(10),
            new Front(announces, TrustedProxies.parse(trusted))),
        60_000,
        backend.url());
  }

  private GatewayInProcess behind(boolean announces, String trusted) throws Exception {
    return behind(announces, trusted, Duration.ofSeconds(10));
  }

  private String sent(String field) {
    return String.valueOf(backend.received().getLast().field(field));
  }

  @Test
  void whomTheProxyAnnouncesIsTheCaller() throws Exception {
    try (GatewayInProcess gateway = behind(true, "127.0.0.1")) {
      try (HttpProbe proxy = gateway.connect()) {
        assertThat(proxy.send(LINE).send(GET + "\r\n").read().status()).isEqualTo(200);
        assertThat(sent("X-Forwarded-For")).isEqualTo("198.51.100.1");
        assertThat(sent("Forwarded")).startsWith("for=198.51.100.1;");
        // It holds for the connection; and from a caller a header is just a header.
        assertThat(proxy.send(GET + "X-Forwarded-For: 1.1.1.1\r\n\r\n").read().status())
            .isEqualTo(200);
        assertThat(sent("X-Forwarded-For")).isEqualTo("198.51.100.1");
        // No second header.
        assertThat(proxy.send(LINE).read().status()).isEqualTo(400);
      }
      try (HttpProbe proxy = gateway.connect()) {
        assertThat(proxy.send(BINARY).send(GET + "\r\n").read().status()).isEqualTo(200);
        assertThat(sent("X-Forwarded-For")).isEqualTo("2001:db8:0:0:0:0:0:9");
      }
      try (HttpProbe proxy = gateway.connect()) {
        assertThat(proxy.send(LOCAL).send(GET + "\r\n").read().status()).isEqualTo(200);
        assertThat(sent("X-Forwarded-For")).isEqualTo("127.0.0.1");
      }
      assertThat(gateway.finished(5).getFirst().address()).isEqualTo("198.51.100.1");
    }
  }

  @Test
  void itStandsBeforeTheHandshake() throws Exception {
    try (GatewayInProcess gateway = behind(true, "127.0.0.1")) {
      for (byte[] header : new byte[][] {LINE, BINARY}) {
        try (SecureCaller caller =
            SecureCaller.connectBehind(header, gateway.securePort(), "a.test")) {
          assertThat(caller.probe().send(GET + "\r\n").read().status()).isEqualTo(200);
          assertThat(sent("X-Forwarded-Proto")).isEqualTo("https");
        }
      }
      assertThat(sent("X-Forwarded-For")).isEqualTo("2001:db8:0:0:0:0:0:9");
      try (HttpProbe without = HttpProbe.connect(gateway.securePort())) {
        assertThat(without.send(new byte[] {22, 3, 1}).ended()).isTrue();
      }
    }
  }

  @Test
  void howeverItIsCut() throws Exception {
    byte[] request = (GET + "\r\n").getBytes(StandardCharsets.US_ASCII);
    try (GatewayInProcess gateway = behind(true, "127.0.0.1")) {
      for (byte[] header : new byte[][] {LINE, BINARY}) {
        byte[] all = Arrays.copyOf(header, header.length + request.length);
        System.arraycopy(request, 0, all, header.length, request.length);
        for (int cut = 1; cut <= header.length; cut++) {
          try (HttpProbe proxy = gateway.connect()) {
            proxy.send(Arrays.copyOf(all, cut));
            HttpMessage reply = proxy.send(Arrays.copyOfRange(all, cut, all.length)).read();
            assertThat(reply.status()).as("cut at %d", cut).isEqualTo(200);
          }
        }
      }
    }
  }

  @Test
  void whoIsNoProxyOrNoneOfOursIsClosed() throws Exception {
    try (GatewayInProcess gateway = behind(true, "10.0.0.0/8,::1");
        HttpProbe stranger = gateway.connect();
        HttpProbe secure = HttpProbe.connect(gateway.securePort())) {
      assertThat(stranger.send(LINE).ended()).isTrue();
      assertThat(secure.send(LINE).ended()).isTrue();
    }
    try (GatewayInProcess gateway = behind(true, "127.0.0.1");
        HttpProbe without = gateway.connect();
        HttpProbe wrong = gateway.connect()) {
      assertThat(without.send(GET + "\r\n").ended()).isTrue();
      assertThat(wrong.send("PROXY TCP9 a b c d\r\n" + GET + "\r\n").ended()).isTrue();
      assertThat(gateway.finished()).isEmpty();
    }
    assertThat(backend.received()).isEmpty();
  }

  @Test
  void whoTakesTooLongToSayItIsClosed() throws Exception {
    try (GatewayInProcess gateway = behind(true, "127.0.0.1", Duration.ofMillis(300));
        HttpProbe slow = gateway.connect();
        HttpProbe secure = HttpProbe.connect(gateway.securePort())) {
      assertThat(slow.send("PROXY TCP4").ended()).isTrue();
      assertThat(secure.send("PROXY TCP4").ended()).isTrue();
    }
  }

  @Test
  void offMeansThatAHeaderIsNoRequest() throws Exception {
    try (GatewayInProcess gateway = behind(false, "127.0.0.1");
        HttpProbe proxy = gateway.connect()) {
      assertThat(proxy.send(LINE).send(GET + "\r\n").read().status()).isEqualTo(400);
    }
  }

  @Test
  void theFieldsOfATrustedProxyAreBelieved() throws Exception {
    try (GatewayInProcess gateway = behind(false, "127.0.0.1,10.0.0.0/8");
        HttpProbe proxy = gateway.connect()) {
      proxy
          .send(
              GET
                  + "X-Forwarded-For: 1.1.1.1, 198.51.100.7\r\nX-Forwarded-For: 10.0.0.9\r\n"
                  + "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\n\r\n")
          .read();
      assertThat(sent("X-Forwarded-For")).isEqualTo("198.51.100.7");
      assertThat(sent("X-Forwarded-Proto")).isEqualTo("https");
      assertThat(sent("X-Forwarded-Host")).isEqualTo("a.test");
      assertThat(sent("Forwarded")).isEqualTo("for=198.51.100.7;host=\"a.test\";proto=https");
      // Each request on its own: the next one is somebody else's.
      proxy.send(GET + "\r\n").read();
      assertThat(sent("X-Forwarded-For")).isEqualTo("127.0.0.1");
      assertThat(sent("X-Forwarded-Proto")).isEqualTo("http");
      assertThat(gateway.finished(2).getFirst().address()).isEqualTo("198.51.100.7");
    }
    try (GatewayInProcess gateway = behind(false, "10.0.0.0/8");
        HttpProbe caller = gateway.connect()) {
      caller.send(GET + "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n\r\n").read();
      assertThat(sent("X-Forwarded-For")).isEqualTo("127.0.0.1");
      assertThat(sent("X-Forwarded-Proto")).isEqualTo("http");
    }
  }

  /** Behind a proxy of connections stands a proxy of requests: both are ours. */
  @Test
  void bothKindsOfProxiesInARow() throws Exception {
    try (GatewayInProcess gateway = behind(true, "127.0.0.1,198.51.100.1");
        HttpProbe proxy = gateway.connect()) {
      proxy.send(LINE).send(GET + "X-Forwarded-For: 1.1.1.1, 192.0.2.44\r\n\r\n").read();
      assertThat(sent("X-Forwarded-For")).isEqualTo("192.0.2.44");
    }
  }
}
