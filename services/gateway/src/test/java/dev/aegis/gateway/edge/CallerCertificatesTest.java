package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.aegis.gateway.tls.SelfSigned;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Pem;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers that show a certificate of their own: who is let in, as whom, and where to. */
final class CallerCertificatesTest {
  private static final String HOST = "pay.acme.test";
  private static final String OPTIONAL = "maybe.acme.test";
  private static final String OTHERS = "partner.acme.test";
  private static final String OPEN = "open.acme.test";
  private static final KeyedChain SERVER =
      SelfSigned.make(
          List.of("*.acme.test"), Instant.now().minusSeconds(60), Instant.now().plusSeconds(9999));

  private StubUpstream backend;
  private GatewayInProcess gateway;

  @BeforeEach
  void start() throws Exception {
    backend = StubUpstream.answering("hello");
    gateway = GatewayInProcess.before(backend.url());
    gateway.put(
        "tenants/a",
        Map.of("id", "a", "name", "a", "hosts", List.of(HOST, OPTIONAL, OTHERS, OPEN)));
    gateway.put(
        "tenants/a/roles/reader",
        Map.of(
            "id",
            "reader",
            "permissions",
            List.of(Map.of("methods", List.of("GET"), "paths", List.of("/**")))));
    gateway.put(
        "tenants/a/routes/own",
        Map.of(
            "id",
            "own",
            "paths",
            List.of("/own/**"),
            "upstream",
            "u",
            "auth",
            "client_certificate"));
    demand("pay", "required", "authority", HOST);
    demand("maybe", "optional", "authority", OPTIONAL);
    demand("partner", "required", "other-authority", OTHERS);
  }

  @AfterEach
  void stop() {
    gateway.close();
    backend.close();
  }

  private void demand(String id, String auth, String authority, String host) {
    Map<String, Object> more = new HashMap<>();
    more.put("client_ca", text(authority + ".pem"));
    more.put("client_auth", auth);
    more.put("client_roles", List.of("reader"));
    gateway.certificate("a", id, SERVER, more, host);
  }

  private static String text(String file) {
    try (InputStream in = CallerCertificatesTest.class.getResourceAsStream("/tls/" + file)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyedChain chain(String name) {
    return KeyedChain.of(Pem.certificates(text(name + ".pem")), text(name + ".key"));
  }

  private static SSLContext showing(@Nullable String name) {
    return SecureCaller.context(name == null ? null : chain(name));
  }

  private SecureCaller connect(SSLContext context, @Nullable String host, String version)
      throws IOException {
    return SecureCaller.connect(
        context, gateway.securePort(), host, wishes -> wishes.setProtocols(new String[] {version}));
  }

  private static HttpMessage get(SecureCaller caller, String host, String path) throws IOException {
    return caller
        .probe()
        .send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nX-User-Id: forged\r\n\r\n")
        .read();
  }

  private static String code(HttpMessage reply) {
    String text = reply.text();
    int at = text.indexOf("\"code\":\"");
    return at < 0 ? "" : text.substring(at + 8, text.indexOf('"', at + 8));
  }

  @ParameterizedTest
  @CsvSource({
    "billing, spiffe://acme.test/billing",
    "dns,     dns.acme.test",
    "mail,    a@acme.test",
    "plain,   'O=Acme\\, Inc.,CN=Plain'",
  })
  void theBackendLearnsWhoHasShownOne(String shown, String subject) throws Exception {
    for (String version : List.of("TLSv1.3", "TLSv1.2")) {
      try (SecureCaller caller = connect(showing(shown), HOST, version)) {
        assertThat(get(caller, HOST, "/own/1").status()).isEqualTo(200);
        assertThat(get(caller, HOST, "/own/2").status()).isEqualTo(200);
        assertThat(backend.received().getLast().field("X-User-Id")).isEqualTo(subject);
        assertThat(backend.received().getLast().field("X-User-Roles")).isEqualTo("reader");
        // What the roles do not allow.
        HttpMessage posted =
            caller
                .probe()
                .send("POST /own/1 HTTP/1.1\r\nHost: " + HOST + "\r\nContent-Length: 0\r\n\r\n")
                .read();
        assertThat(code(posted)).isEqualTo("forbidden");
      }
    }
    assertThat(gateway.finished(6).getFirst().event().subject()).isEqualTo(subject);
    assertThat(gateway.finished().getFirst().event().credential()).isEqualTo("client_certificate");
  }

  @Test
  void whomItNamesHasTheRolesOfItsBindings() throws Exception {
    gateway.put(
        "tenants/a/roles/own",
        Map.of(
            "id",
            "own",
            "permissions",
            List.of(Map.of("paths", List.of("/own/*/files"), "where", Map.of("1", "sub")))));
    gateway.put(
        "tenants/a/bindings/dns",
        Map.of("id", "dns", "subject", "dns.acme.test", "roles", List.of("own")));
    try (SecureCaller caller = connect(showing("dns"), HOST, "TLSv1.3")) {
      assertThat(post(caller, "/own/dns.acme.test/files").status()).isEqualTo(200);
      assertThat(backend.received().getLast().field("X-User-Roles")).isEqualTo("reader,own");
      assertThat(code(post(caller, "/own/other.acme.test/files"))).isEqualTo("forbidden");
    }
    try (SecureCaller caller = connect(showing("mail"), HOST, "TLSv1.3")) {
      assertThat(code(post(caller, "/own/a@acme.test/files"))).isEqualTo("forbidden");
    }
  }

  private static HttpMessage post(SecureCaller caller, String path) throws IOException {
    return caller
        .probe()
        .send("POST " + path + " HTTP/1.1\r\nHost: " + HOST + "\r\nContent-Length: 0\r\n\r\n")
        .read();
  }

  /** A name that could not stand in a header line, or might end it, names nobody. */
  @ParameterizedTest
  @ValueSource(strings = {"odd", "foreign-letters"})
  void whoCannotBeNamedToABackendHasShownNothing(String shown) throws Exception {
    try (SecureCaller caller = connect(showing(shown), HOST, "TLSv1.3")) {
      assertThat(code(get(caller, HOST, "/own/1"))).isEqualTo("client_certificate_required");
    }
    assertThat(backend.received()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"forged", "expired", "server-only"})
  void whatDoesNotHoldEndsTheHandshake(String shown) {
    for (String version : List.of("TLSv1.3", "TLSv1.2")) {
      for (String host : List.of(HOST, OPTIONAL)) {
        assertThatThrownBy(
                () -> {
                  try (SecureCaller caller = connect(showing(shown), host, version)) {
                    get(caller, host, "/");
                  }
                })
            .isInstanceOf(IOException.class);
      }
    }
    assertThat(backend.received()).isEmpty();
    assertThat(gateway.finished()).isEmpty();
  }

  @Test
  void whoShowsNoneIsToldSo() throws Exception {
    for (String version : List.of("TLSv1.3", "TLSv1.2")) {
      try (SecureCaller caller = connect(showing(null), HOST, version)) {
        HttpMessage reply = get(caller, HOST, "/");
        assertThat(reply.status()).isEqualTo(403);
        assertThat(code(reply)).isEqualTo("client_certificate_required");
      }
    }
    try (HttpProbe plain = gateway.connect()) {
      HttpMessage reply = plain.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n").read();
      assertThat(code(reply)).isEqualTo("client_certificate_required");
    }
    assertThat(gateway.finished(3).getFirst().event().tenantId()).isEqualTo("a");
    assertThat(backend.received()).isEmpty();
  }

  @Test
  void whereItIsOptionalOnlyTheRouteAsksForIt() throws Exception {
    try (SecureCaller caller = connect(showing(null), OPTIONAL, "TLSv1.3")) {
      assertThat(get(caller, OPTIONAL, "/").status()).isEqualTo(200);
      assertThat(code(get(caller, OPTIONAL, "/own/1"))).isEqualTo("client_certificate_required");
    }
    try (SecureCaller caller = connect(showing("billing"), OPTIONAL, "TLSv1.3")) {
      assertThat(get(caller, OPTIONAL, "/own/1").status()).isEqualTo(200);
    }
    try (HttpProbe plain = gateway.connect()) {
      String request = " HTTP/1.1\r\nHost: " + OPTIONAL + "\r\n\r\n";
      assertThat(plain.send("GET /" + request).read().status()).isEqualTo(200);
      assertThat(code(plain.send("GET /own/1" + request).read()))
          .isEqualTo("client_certificate_required");
    }
  }

  /** Inside one tenant too: what was shown to one host says nothing to another. */
  @ParameterizedTest
  @CsvSource({
    // asked for in the handshake | Host | the path asks for a certificate | outcome
    "pay.acme.test,   pay.acme.test,     /own/1, ''",
    "pay.acme.test,   maybe.acme.test,   /,      misdirected_request",
    "pay.acme.test,   partner.acme.test, /,      misdirected_request",
    "pay.acme.test,   open.acme.test,    /,      ''",
    "pay.acme.test,   open.acme.test,    /own/1, client_certificate_required",
    "maybe.acme.test, pay.acme.test,     /,      misdirected_request",
    "open.acme.test,  pay.acme.test,     /,      misdirected_request",
    "open.acme.test,  maybe.acme.test,   /,      misdirected_request",
    "nobody.test,     pay.acme.test,     /,      misdirected_request",
    "a.test,          pay.acme.test,     /,      misdirected_request",
    ",                pay.acme.test,     /,      misdirected_request",
    ",                open.acme.test,    /,      ''",
  })
  void aConnectionForOneHostIsNoneForAnotherThatAsks(
      String asked, String host, String path, String code) throws Exception {
    for (String version : List.of("TLSv1.3", "TLSv1.2")) {
      try (SecureCaller caller = connect(showing("billing"), asked, version)) {
        assertThat(code(get(caller, host, path))).as(version).isEqualTo(code);
      }
    }
    assertThat(backend.received()).hasSize(code.isEmpty() ? 2 : 0);
  }

  /** Whether TLS resumes the session or not: the caller is the same, and trusted by the same. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void resumptionNeitherLosesNorSwapsIt(String version) throws Exception {
    SSLContext billing = showing("billing");
    try (SecureCaller caller = connect(billing, HOST, version)) {
      assertThat(get(caller, HOST, "/own/1").status()).isEqualTo(200);
    }
    try (SecureCaller caller = connect(billing, HOST, version)) {
      assertThat(get(caller, HOST, "/own/1").status()).isEqualTo(200);
      assertThat(backend.received().getLast().field("X-User-Id"))
          .isEqualTo("spiffe://acme.test/billing");
    }
    // Other authorities for the same host: what the old ones signed is shown anew, and refused.
    demand("pay", "required", "other-authority", HOST);
    assertThatThrownBy(
            () -> {
              try (SecureCaller caller = connect(billing, HOST, version)) {
                get(caller, HOST, "/own/1");
              }
            })
        .isInstanceOf(IOException.class);
    assertThat(backend.received()).hasSize(2);
  }

  /** A session of a host that asks for nothing does not spare a host that does. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void aSessionWithoutACertificateDoesNotSpareOne(String version) throws Exception {
    SSLContext silent = showing(null);
    try (SecureCaller caller = connect(silent, OPEN, version)) {
      assertThat(get(caller, OPEN, "/").status()).isEqualTo(200);
    }
    demand("open", "required", "authority", OPEN);
    try (SecureCaller caller = connect(silent, OPEN, version)) {
      assertThat(code(get(caller, OPEN, "/"))).isEqualTo("client_certificate_required");
    }
  }

  @Test
  void anOpenConnectionIsSentAwayWhenOthersAreTrusted() throws Exception {
    try (SecureCaller caller = connect(showing("billing"), HOST, "TLSv1.3");
        SecureCaller anonymous = connect(showing(null), OPEN, "TLSv1.3")) {
      assertThat(get(caller, HOST, "/own/1").status()).isEqualTo(200);
      assertThat(get(anonymous, OPEN, "/").status()).isEqualTo(200);
      gateway.certificate("a", "unrelated", SERVER, "x.acme.test");
      assertThat(get(caller, HOST, "/own/1").status()).isEqualTo(200);
      demand("pay", "required", "other-authority", HOST);
      demand("open", "required", "authority", OPEN);
      assertThat(code(get(caller, HOST, "/own/1"))).isEqualTo("misdirected_request");
      assertThat(code(get(anonymous, OPEN, "/"))).isEqualTo("misdirected_request");
    }
  }

  /** The same on each stream of a connection that carries many. */
  @Test
  void streamsKnowTheCallerToo() throws Exception {
    gateway.put("tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of(HOST, "127.0.0.1")));
    demand("address", "required", "authority", "127.0.0.1");
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + gateway.securePort() + "/own/1"))
            .build();
    for (String asked : List.of("127.0.0.1", HOST)) {
      SSLContext context = showing("billing");
      SSLParameters wishes = context.getDefaultSSLParameters();
      wishes.setServerNames(List.of(new SNIHostName(asked)));
      try (HttpClient client =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_2)
              .sslContext(context)
              .sslParameters(wishes)
              .build()) {
        for (int i = 0; i < 2; i++) {
          HttpResponse<String> reply = client.send(request, HttpResponse.BodyHandlers.ofString());
          assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_2);
          assertThat(reply.statusCode()).isEqualTo(asked.equals(HOST) ? 421 : 200);
        }
      }
    }
    assertThat(backend.received())
        .hasSize(2)
        .allSatisfy(
            received ->
                assertThat(received.field("X-User-Id")).isEqualTo("spiffe://acme.test/billing"));
  }

  /** Of two certificates for one host, the one that refuses more holds. */
  @Test
  void aLaterCertificateDoesNotWeakenADemand() throws Exception {
    KeyedChain longer =
        SelfSigned.make(List.of(HOST), Instant.now(), Instant.now().plus(Duration.ofDays(9)));
    gateway.certificate("a", "later", longer, HOST);
    assertThat(SecureCaller.shown(gateway.securePort(), HOST)).isEqualTo(longer.own());
    try (SecureCaller caller = connect(showing(null), HOST, "TLSv1.3")) {
      assertThat(code(get(caller, HOST, "/"))).isEqualTo("client_certificate_required");
    }
  }

  /** What cannot be understood, or not be shown, opens nothing. */
  @ParameterizedTest
  @CsvSource({"client_ca", "certificate", "private_key", "client_auth"})
  void aBrokenDefinitionKeepsItsHostsClosed(String broken) throws Exception {
    Map<String, Object> definition = new HashMap<>();
    definition.put("id", "pay");
    definition.put("hosts", List.of(HOST));
    definition.put("client_auth", "required");
    definition.put("client_ca", text("authority.pem"));
    definition.put("certificate", Pem.text(SERVER.own()));
    definition.put("private_key", Map.of("key_id", "unknown", "ciphertext", "AAAA"));
    definition.put(broken, broken.equals("private_key") ? definition.get(broken) : "broken");
    gateway.put("tenants/a/certificates/pay", definition);
    assertThat(gateway.snapshot().findings()).isNotEmpty();
    try (SecureCaller caller = connect(showing(null), HOST, "TLSv1.3")) {
      assertThat(get(caller, HOST, "/").status()).isIn(403, 421);
    }
    try (HttpProbe plain = gateway.connect()) {
      HttpMessage reply = plain.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n").read();
      assertThat(code(reply)).isEqualTo("client_certificate_required");
    }
    assertThat(backend.received()).isEmpty();
  }

  @Test
  void aRouteThatNobodyCanPassIsAFinding() throws Exception {
    assertThat(gateway.snapshot().findings()).isEmpty();
    gateway.put("tenants/b", Map.of("id", "b", "name", "b"));
    gateway.put(
        "tenants/b/upstreams/u",
        Map.of("id", "u", "targets", List.of(Map.of("url", backend.url()))));
    gateway.put(
        "tenants/b/routes/r",
        Map.of("id", "r", "paths", List.of("/**"), "upstream", "u", "auth", "client_certificate"));
    assertThat(gateway.snapshot().findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.message()).contains("client_auth"));
    assertThat(code(HttpProbe.once(gateway.port(), "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n")))
        .isEqualTo("client_certificate_required");
  }
}
