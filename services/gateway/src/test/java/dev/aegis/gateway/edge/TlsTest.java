package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.tls.SelfSigned;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Pem;
import dev.aegis.model.Finding;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Repository;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers over TLS: what they are shown, what they may ask, and what they are refused. */
final class TlsTest {
  private static final Instant NOW = Instant.now();

  private StubUpstream backend;
  private GatewayInProcess gateway;

  @BeforeEach
  void start() throws Exception {
    backend = StubUpstream.answering("hello");
    gateway = GatewayInProcess.before(backend.url());
    gateway.put(
        "tenants/a",
        Map.of("id", "a", "name", "a", "hosts", List.of("shop.acme.test", "x.acme.test")));
    gateway.put("tenants/b", Map.of("id", "b", "name", "b", "hosts", List.of("shop.other.test")));
  }

  @AfterEach
  void stop() {
    gateway.close();
    backend.close();
  }

  private static KeyedChain chain(String... hosts) {
    return SelfSigned.make(List.of(hosts), NOW.minusSeconds(60), NOW.plus(Duration.ofDays(90)));
  }

  private X509Certificate shown(String host) throws Exception {
    return SecureCaller.shown(gateway.securePort(), host);
  }

  @Test
  void theHostAskedForChoosesTheCertificate() throws Exception {
    KeyedChain exact = chain("shop.acme.test");
    KeyedChain wildcard = chain("*.acme.test");
    KeyedChain others = chain("shop.acme.test", "elsewhere.test");
    gateway.certificate("a", "exact", exact, "shop.acme.test");
    gateway.certificate("a", "wildcard", wildcard, "*.acme.test");
    gateway.certificate("b", "others", others, "shop.acme.test", "elsewhere.test");

    assertThat(shown("shop.acme.test")).isEqualTo(exact.own());
    assertThat(shown("SHOP.acme.TEST")).isEqualTo(exact.own());
    assertThat(shown("x.acme.test")).isEqualTo(wildcard.own());
    // Nobody's hosts: whoever has a certificate for them may show it.
    assertThat(shown("y.acme.test")).isEqualTo(wildcard.own());
    assertThat(shown("elsewhere.test")).isEqualTo(others.own());
    for (String without : List.of("acme.test", "a.x.acme.test", "shop.other.test", "a.test")) {
      assertThat(shown(without)).as(without).isEqualTo(GatewayInProcess.DEFAULT.own());
    }
    assertThat(shown(null)).isEqualTo(GatewayInProcess.DEFAULT.own());
  }

  @Test
  void anRsaCertificateIsShownAndNotTheDefaultOneOfAnotherKind() throws Exception {
    Path folder = Repository.root().resolve("shared/journal/src/test/resources/tls");
    KeyedChain rsa =
        KeyedChain.of(
            Pem.certificates(Files.readString(folder.resolve("rsa.pem"))),
            Files.readString(folder.resolve("rsa.key")));
    gateway.certificate("a", "rsa", rsa, "shop.acme.test");
    for (String version : List.of("TLSv1.3", "TLSv1.2")) {
      try (SecureCaller caller =
          SecureCaller.connect(
              gateway.securePort(),
              "shop.acme.test",
              wishes -> wishes.setProtocols(new String[] {version}))) {
        assertThat(caller.socket().getSession().getProtocol()).isEqualTo(version);
        assertThat(caller.shown()).isEqualTo(rsa.own());
      }
    }
  }

  @Test
  void aNewCertificateIsShownAtOnceAndOpenConnectionsGoOn() throws Exception {
    KeyedChain first = chain("shop.acme.test");
    gateway.certificate("a", "shop", first, "shop.acme.test");
    try (SecureCaller open = SecureCaller.connect(gateway.securePort(), "shop.acme.test")) {
      assertThat(get(open, "shop.acme.test").status()).isEqualTo(200);
      KeyedChain second = chain("shop.acme.test");
      gateway.certificate("a", "shop", second, "shop.acme.test");

      assertThat(shown("shop.acme.test")).isEqualTo(second.own());
      assertThat(open.shown()).isEqualTo(first.own());
      assertThat(get(open, "shop.acme.test").status()).isEqualTo(200);
    }
    // Of two for one host, the one that is valid longer.
    KeyedChain longer =
        SelfSigned.make(
            List.of("shop.acme.test"), NOW.minusSeconds(60), NOW.plus(Duration.ofDays(180)));
    gateway.certificate("a", "another", longer, "shop.acme.test");
    assertThat(shown("shop.acme.test")).isEqualTo(longer.own());
  }

  @Test
  void anExpiredCertificateIsAFindingAndStillShown() throws Exception {
    KeyedChain expired =
        SelfSigned.make(List.of("shop.acme.test"), NOW.minusSeconds(7200), NOW.minusSeconds(60));
    gateway.certificate("a", "shop", expired, "shop.acme.test");
    assertThat(gateway.snapshot().findings()).isEmpty();
    assertThat(gateway.snapshot().findings(NOW.minusSeconds(90)))
        .extracting(Finding::message)
        .singleElement()
        .asString()
        .startsWith("it expires at");
    assertThat(gateway.snapshot().findings(NOW))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.subject()).isEqualTo("tenants/a/certificates/shop");
              assertThat(finding.message()).startsWith("it has expired at");
            });
    assertThat(shown("shop.acme.test")).isEqualTo(expired.own());
  }

  @Test
  void requestsAreServedByTheSameCodec() throws Exception {
    try (SecureCaller caller = SecureCaller.connect(gateway.securePort(), "shop.acme.test")) {
      String body = "x".repeat(100_000);
      HttpMessage posted =
          caller
              .probe()
              .send(
                  "POST /a HTTP/1.1\r\nHost: shop.acme.test\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
              .read();
      assertThat(posted.status()).isEqualTo(200);
      assertThat(posted.text()).isEqualTo("hello");
      HttpMessage received = backend.received().getFirst();
      assertThat(received.body()).hasSize(body.length());
      assertThat(received.field("X-Forwarded-Proto")).isEqualTo("https");
      assertThat(received.field("Forwarded")).endsWith(";proto=https");

      HttpMessage malformed = caller.probe().send("GET / HTTP/1.1\nHost: a\n\n").read();
      assertThat(malformed.status()).isEqualTo(400);
      assertThat(caller.probe().ended()).isTrue();
    }
    try (HttpProbe plain = gateway.connect()) {
      assertThat(plain.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").read().status())
          .isEqualTo(200);
    }
    assertThat(backend.received().getLast().field("X-Forwarded-Proto")).isEqualTo("http");
  }

  @ParameterizedTest
  @CsvSource({
    // asked for in the handshake | Host | status
    "shop.acme.test, shop.acme.test:8443, 200",
    "shop.acme.test, SHOP.acme.test,      200",
    "shop.acme.test, a.test,              200",
    "shop.acme.test, b.test,              421",
    "shop.acme.test, shop.other.test,     421",
    "b.test,         shop.acme.test,      421",
    "localhost,      shop.acme.test,      200",
    "shop.acme.test, nobody.test,         404",
    ",               shop.acme.test,      200",
  })
  void aConnectionForOneTenantCarriesNoRequestForAnother(String asked, String host, int status)
      throws Exception {
    try (SecureCaller caller = SecureCaller.connect(gateway.securePort(), asked)) {
      HttpMessage reply = get(caller, host);
      assertThat(reply.status()).isEqualTo(status);
      if (status == 421) {
        assertThat(reply.startLine()).isEqualTo("HTTP/1.1 421 Misdirected Request");
        assertThat(reply.text()).contains("\"code\":\"misdirected_request\"");
        assertThat(backend.received()).isEmpty();
        // The connection goes on, for the host that it was opened for.
        assertThat(get(caller, asked).status()).isEqualTo(asked.equals("b.test") ? 401 : 200);
      }
    }
  }

  /** TLS 1.1 and older, whatever the JDK is configured to: RFC 8996. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void oldVersionsAreRefused(int minor) throws Exception {
    byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 6 + 2];
    hello[0] = 22; // handshake
    hello[1] = 3;
    hello[2] = (byte) minor;
    hello[4] = (byte) (hello.length - 5);
    hello[5] = 1; // ClientHello
    hello[8] = (byte) (hello.length - 9);
    hello[9] = 3;
    hello[10] = (byte) minor;
    int suites = 9 + 2 + 32 + 1;
    hello[suites + 1] = 4;
    hello[suites + 2] = (byte) 0xc0; // ECDHE_ECDSA with AES 128 CBC, and the same with RSA
    hello[suites + 3] = 0x09;
    hello[suites + 4] = (byte) 0xc0;
    hello[suites + 5] = 0x13;
    hello[suites + 6] = 1; // one method of compression: none
    try (HttpProbe caller = HttpProbe.connect(gateway.securePort())) {
      byte[] alert = caller.send(hello).input().readNBytes(7);
      assertThat(alert[0]).isEqualTo((byte) 21);
      assertThat(alert[5]).as("fatal").isEqualTo((byte) 2);
      assertThat(alert[6]).as("protocol_version").isEqualTo((byte) 70);
    }
  }

  @Test
  void suitesWithoutAnAeadAreRefused() {
    assertThatThrownBy(
            () ->
                SecureCaller.connect(
                    gateway.securePort(),
                    "a.test",
                    wishes -> {
                      wishes.setProtocols(new String[] {"TLSv1.2"});
                      wishes.setCipherSuites(
                          new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"});
                    }))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("handshake_failure");
  }

  @Test
  void theProtocolIsNegotiated() throws Exception {
    try (SecureCaller caller =
        SecureCaller.connect(
            gateway.securePort(),
            "a.test",
            wishes -> wishes.setApplicationProtocols(new String[] {"x", "http/1.1"}))) {
      assertThat(caller.socket().getApplicationProtocol()).isEqualTo("http/1.1");
      assertThat(get(caller, "a.test").status()).isEqualTo(200);
    }
    assertThatThrownBy(
            () ->
                SecureCaller.connect(
                    gateway.securePort(),
                    "a.test",
                    wishes -> wishes.setApplicationProtocols(new String[] {"x"})))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("no_application_protocol");
  }

  /** Also to a caller that keeps its side open, so that the gateway is the one that closes. */
  @ParameterizedTest
  @ValueSource(strings = {"GET / HTTP/1.0", "GET /../x HTTP/1.1"})
  void theEndIsSaid(String line) throws Exception {
    try (SecureCaller caller =
        SecureCaller.connect(
            gateway.securePort(),
            "a.test",
            wishes -> {
              wishes.setProtocols(new String[] {"TLSv1.2"});
              wishes.setApplicationProtocols(new String[] {"http/1.0"});
            })) {
      caller.probe().send(line + "\r\nHost: a.test\r\n\r\n").read();
      assertThat(caller.probe().ended()).isTrue();
      assertThat(caller.lastRecord()).as("alert close_notify").isEqualTo(21);
    }
  }

  @Test
  void whoDoesNotShakeHandsIsClosed() throws Exception {
    EdgeSettings bounds =
        new EdgeSettings(Duration.ofSeconds(20), Duration.ofMillis(300), Duration.ofSeconds(20));
    try (GatewayInProcess hasty = GatewayInProcess.before(bounds, 60_000, backend.url())) {
      try (HttpProbe silent = HttpProbe.connect(hasty.securePort());
          HttpProbe begun = HttpProbe.connect(hasty.securePort())) {
        begun.send(new byte[] {22, 3, 1, 1, 0, 1});
        assertThat(silent.ended()).isTrue();
        assertThat(begun.ended()).isTrue();
      }
      // Its time for a handshake does not count against what comes later.
      try (SecureCaller caller = SecureCaller.connect(hasty.securePort(), "a.test")) {
        Instant later = Instant.now().plusMillis(600);
        await().until(() -> Instant.now().isAfter(later));
        assertThat(get(caller, "a.test").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void aCallerThatTakesNoReplyIsClosedInTime() throws Exception {
    EdgeSettings bounds =
        new EdgeSettings(Duration.ofSeconds(20), Duration.ofSeconds(5), Duration.ofMillis(300));
    try (StubUpstream large = StubUpstream.answering("x".repeat(8 << 20));
        GatewayInProcess hasty = GatewayInProcess.before(bounds, 60_000, large.url());
        SecureCaller caller = SecureCaller.connect(hasty.securePort(), "a.test");
        SecureCaller other = SecureCaller.connect(hasty.securePort(), "a.test")) {
      caller.probe().send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      assertThat(hasty.finished(1).getFirst().event().code()).isEqualTo("caller_gone");
      await().until(() -> hasty.active() == 0);
      // The thread that ends waits was not kept.
      other.probe().send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 99\r\n\r\nx");
      assertThat(hasty.finished(2)).hasSize(2);
    }
  }

  private static HttpMessage get(SecureCaller caller, String host) throws Exception {
    return caller.probe().send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").read();
  }
}
