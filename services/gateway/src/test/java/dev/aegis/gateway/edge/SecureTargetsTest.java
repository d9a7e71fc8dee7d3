package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.tls.Authority;
import dev.aegis.gateway.tls.TlsPeer;
import dev.aegis.journal.Pem;
import dev.aegis.model.Finding;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;

/** Requests to targets that are spoken to over TLS. */
final class SecureTargetsTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok";
  private static final Authority OURS = new Authority("ours");
  private static final Authority OTHER = new Authority("other");
  private static final Map<String, ?> TRUST = Map.of("ca", Pem.text(OURS.certificate()));

  private static RawBackend secure(Authority authority, RawBackend.Script script) {
    return RawBackend.start(new TlsPeer(authority.issue("127.0.0.1"))::over, script);
  }

  private static String https(RawBackend backend) {
    return "https://127.0.0.1:" + backend.port();
  }

  private static void serve(RawBackend.Leg leg) throws Exception {
    while (true) {
      leg.head();
      leg.send(OK);
    }
  }

  private static void assertOk(HttpProbe caller) throws Exception {
    HttpMessage reply = caller.send(GET).read();
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.text()).isEqualTo("ok");
  }

  @Test
  void carriesRequestsAndKeepsTheConnection() throws Exception {
    try (RawBackend backend = secure(OURS, SecureTargetsTest::serve);
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1")) {
      gateway.targets(TRUST, https(backend));
      assertThat(gateway.snapshot().findings()).isEmpty();
      try (HttpProbe caller = gateway.connect()) {
        assertOk(caller);
        assertOk(caller);
        String large = "x".repeat(100_000);
        HttpMessage reply =
            caller
                .send("PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n" + large)
                .read();
        assertThat(reply.status()).isEqualTo(200);
      }
      assertThat(backend.connections()).isEqualTo(1);
      // The scheme is the target's own: the same upstream may have both kinds.
      try (RawBackend plain = RawBackend.start(SecureTargetsTest::serve);
          HttpProbe caller = gateway.connect()) {
        gateway.targets(TRUST, https(backend), plain.url());
        assertOk(caller);
        assertOk(caller);
        assertThat(plain.connections()).isEqualTo(1);
      }
    }
  }

  @Test
  void asksAnotherTargetWhenOneIsNotWhoItShouldBe() throws Exception {
    try (RawBackend bad = secure(OTHER, SecureTargetsTest::serve);
        RawBackend good = secure(OURS, SecureTargetsTest::serve);
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1");
        HttpProbe caller = gateway.connect()) {
      gateway.targets(TRUST, https(bad), https(good));
      assertOk(caller);
      assertOk(caller);
      // It has seen no byte of a request.
      assertThat(bad.legs()).allMatch(leg -> leg.text().isEmpty());
      gateway.targets(TRUST, https(bad));
      HttpMessage reply = caller.send(GET).read();
      assertThat(reply.status()).isEqualTo(502);
      assertThat(reply.text()).contains("\"code\":\"upstream_failed\"");
    }
  }

  @Test
  void whoNeedNotProveAnythingIsAFinding() throws Exception {
    try (RawBackend backend = secure(OTHER, SecureTargetsTest::serve);
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1");
        HttpProbe caller = gateway.connect()) {
      gateway.targets(Map.of("verify", false), https(backend));
      assertOk(caller);
      assertThat(gateway.snapshot().findings())
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.severity()).isEqualTo(Finding.Severity.WARNING);
                assertThat(finding.message()).contains("\"verify\": false");
              });
    }
  }

  /** A connection that was made under other rules gets no request any more. */
  @Test
  void newRulesHoldForTheNextRequest() throws Exception {
    try (RawBackend backend = secure(OURS, SecureTargetsTest::serve);
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1");
        HttpProbe caller = gateway.connect()) {
      gateway.targets(TRUST, https(backend));
      assertOk(caller);
      gateway.targets(Map.of("ca", Pem.text(OTHER.certificate())), https(backend));
      await().until(() -> backend.openConnections() == 0);
      assertThat(caller.send(GET).read().status()).isEqualTo(502);
      gateway.targets(TRUST, https(backend));
      assertOk(caller);
    }
  }

  @Test
  void showsItsCertificateToATargetThatAsks() throws Exception {
    TlsPeer peer =
        new TlsPeer(
            OURS.issue("127.0.0.1"), OURS.certificate(), socket -> socket.setNeedClientAuth(true));
    var own = OURS.issue("gateway.test");
    try (RawBackend backend =
            RawBackend.start(
                peer::over,
                leg -> {
                  leg.head();
                  String who = ((SSLSocket) leg.socket()).getSession().getPeerPrincipal().getName();
                  leg.send("HTTP/1.1 200 X\r\nX-Who: " + who + "\r\nContent-Length: 0\r\n\r\n");
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1");
        HttpProbe caller = gateway.connect()) {
      gateway.targets(TRUST, https(backend));
      HttpMessage refused = caller.send(GET).read();
      assertThat(refused.status()).isEqualTo(502);

      Map<String, Object> tls = new HashMap<>(TRUST);
      tls.putAll(GatewayInProcess.shown(gateway.masterKey(), own));
      gateway.targets(tls, https(backend));
      assertThat(caller.send(GET).read().field("X-Who")).isEqualTo("CN=gateway.test");

      // A key that does not open leaves the upstream out, and says so.
      tls.put("private_key", Map.of("key_id", "other", "ciphertext", "AA=="));
      gateway.targets(tls, https(backend));
      assertThat(gateway.snapshot().findings())
          .extracting(Finding::message)
          .anyMatch(message -> message.contains("sealed under master key other"));
      assertThat(caller.send(GET).read().status()).isEqualTo(503);
    }
  }

  /** RFC 9112 section 9.8. */
  @Test
  void aReplyThatIsCutOffIsIncomplete() throws Exception {
    try (RawBackend backend =
            secure(
                OURS,
                leg -> {
                  boolean whole = leg.head().contains("/whole ");
                  leg.send("HTTP/1.1 200 X\r\nConnection: close\r\n\r\nsome");
                  if (whole) {
                    leg.socketEnd();
                  } else {
                    leg.cut();
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1")) {
      gateway.targets(TRUST, https(backend));
      try (HttpProbe caller = gateway.connect()) {
        HttpMessage whole = caller.send("GET /whole HTTP/1.1\r\nHost: a.test\r\n\r\n").read();
        assertThat(whole.text()).isEqualTo("some");
        caller.send("GET /cut HTTP/1.1\r\nHost: a.test\r\n\r\n");
        assertThat(caller.readHead().status()).isEqualTo(200);
        // The last chunk is missing, and the connection has ended.
        assertThat(new String(caller.input().readAllBytes(), StandardCharsets.US_ASCII))
            .isEqualTo("4\r\nsome\r\n");
      }
      assertThat(gateway.finished(2).getLast().event().code()).isEqualTo("upstream_failed");
    }
  }

  @Test
  void checksGoTheSameWayAsRequests() throws Exception {
    try (RawBackend bad = secure(OTHER, SecureTargetsTest::serve);
        RawBackend good = secure(OURS, SecureTargetsTest::serve);
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1");
        HttpProbe caller = gateway.connect()) {
      gateway.put(
          "tenants/a/upstreams/u",
          Map.of(
              "id",
              "u",
              "targets",
              List.of(Map.of("url", https(bad)), Map.of("url", https(good))),
              "tls",
              TRUST,
              "health",
              Map.of("path", "/up", "interval_ms", 100, "unhealthy", 1, "healthy", 1)));
      await().until(() -> good.legs().stream().anyMatch(leg -> leg.text().contains("GET /up ")));
      await()
          .until(
              () -> {
                int before = bad.connections();
                assertOk(caller);
                assertOk(caller);
                return bad.connections() >= 1 && before == bad.connections();
              });
    }
  }
}
