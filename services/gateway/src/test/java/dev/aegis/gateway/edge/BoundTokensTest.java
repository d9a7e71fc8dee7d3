package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.gateway.tls.SelfSigned;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Pem;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens that hold only for whoever shows their certificate (RFC 8705 section 3). */
final class BoundTokensTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HOST = "pay.acme.test";
  private static final KeyedChain SERVER =
      SelfSigned.make(
          List.of("*.acme.test"), Instant.now().minusSeconds(60), Instant.now().plusSeconds(9999));
  private static final Jwts.Key KEY =
      Jwts.hmac("k", "HS256", GatewayInProcess.SECRET.getBytes(UTF_8));

  @TempDir private Path folder;

  private StubUpstream backend;
  private GatewayInProcess gateway;

  @BeforeEach
  void start() throws Exception {
    backend = StubUpstream.answering("hello");
    gateway = GatewayInProcess.fetchingKeys(folder, backend.url());
    gateway.put("tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of(HOST, "127.0.0.1")));
    gateway.trust();
    gateway.route(Map.of("auth", "jwt"));
    demand("pay", HOST);
    demand("address", "127.0.0.1");
  }

  @AfterEach
  void stop() {
    gateway.close();
    backend.close();
  }

  private void demand(String id, String host) {
    gateway.certificate(
        "a",
        id,
        SERVER,
        Map.of("client_ca", text("authority.pem"), "client_auth", "optional"),
        host);
  }

  private static String text(String file) {
    try (InputStream in = BoundTokensTest.class.getResourceAsStream("/tls/" + file)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyedChain chain(String name) {
    return KeyedChain.of(Pem.certificates(text(name + ".pem")), text(name + ".key"));
  }

  /** As RFC 8705 section 3.1 says, by nothing that the gateway uses for it. */
  private static String thumbprint(String name) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(chain(name).own().getEncoded());
    return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
  }

  private static Map<String, Object> claims(@Nullable Object confirmation) {
    Map<String, Object> claims = new HashMap<>();
    claims.put("iss", "idp");
    claims.put("sub", "alice");
    claims.put("tenant_id", "a");
    claims.put("role_ids", List.of("all"));
    claims.put("exp", Instant.now().getEpochSecond() + 600);
    if (confirmation != null) {
      claims.put("cnf", confirmation);
    }
    return claims;
  }

  private static String token(@Nullable Object confirmation) {
    return KEY.token(claims(confirmation));
  }

  private static String request(String token) {
    return "GET / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer " + token + "\r\n\r\n";
  }

  /** Over TLS, with this certificate or without one. */
  private HttpMessage get(@Nullable String shown, String token) throws IOException {
    try (SecureCaller caller =
        SecureCaller.connect(
            SecureCaller.context(shown == null ? null : chain(shown)),
            gateway.securePort(),
            HOST,
            wishes -> {})) {
      return caller.probe().send(request(token)).read();
    }
  }

  private static String code(HttpMessage reply) {
    String text = reply.text();
    int at = text.indexOf("\"code\":\"");
    return at < 0 ? "" : text.substring(at + 8, text.indexOf('"', at + 8));
  }

  /**
   * The token is remembered after the first request; whose certificate it is, is asked each time.
   */
  @Test
  void holdsOnlyForWhoShowsTheCertificate() throws Exception {
    String token = token(Map.of("x5t#S256", thumbprint("billing")));
    for (int i = 0; i < 2; i++) {
      assertThat(get("billing", token).status()).isEqualTo(200);
      assertThat(backend.received().getLast().field("X-User-Id")).isEqualTo("alice");
      HttpMessage other = get("dns", token);
      assertThat(other.status()).isEqualTo(401);
      assertThat(code(other)).isEqualTo("invalid_token");
      assertThat(other.field("WWW-Authenticate")).contains("invalid_token");
      assertThat(code(get(null, token))).isEqualTo("invalid_token");
      try (HttpProbe plain = gateway.connect()) {
        assertThat(code(plain.send(request(token)).read())).isEqualTo("invalid_token");
      }
    }
    assertThat(backend.received()).hasSize(2);
    assertThat(gateway.finished(8).getLast().detail())
        .isEqualTo("bound to a certificate that was not shown");
  }

  /** Nothing that a caller can write takes the place of a handshake. */
  @Test
  void aThiefWhoSpeaksFirstDoesNotUnbindIt() throws Exception {
    String token = token(Map.of("x5t#S256", thumbprint("billing")));
    assertThat(code(get("dns", token))).isEqualTo("invalid_token");
    assertThat(get("billing", token).status()).isEqualTo(200);
    assertThat(code(get("dns", token))).isEqualTo("invalid_token");
    try (HttpProbe plain = gateway.connect()) {
      String forged =
          request(token)
              .replace(
                  "\r\n\r\n",
                  "\r\nClient-Cert: :"
                      + Base64.getEncoder().encodeToString(chain("billing").own().getEncoded())
                      + ":\r\nX-Forwarded-Proto: https\r\n\r\n");
      assertThat(code(plain.send(forged).read())).isEqualTo("invalid_token");
    }
  }

  /** Whom it names does not matter, only which one it is. */
  @Test
  void aCertificateThatNamesNobodyIsOneToo() throws Exception {
    String token = token(Map.of("x5t#S256", thumbprint("foreign-letters")));
    assertThat(get("foreign-letters", token).status()).isEqualTo(200);
    assertThat(code(get("billing", token))).isEqualTo("invalid_token");
  }

  @Test
  void streamsAreBoundToo() throws Exception {
    String bound = "Bearer " + token(Map.of("x5t#S256", thumbprint("billing")));
    String others = "Bearer " + token(Map.of("x5t#S256", thumbprint("dns")));
    SSLContext context = SecureCaller.context(chain("billing"));
    SSLParameters wishes = context.getDefaultSSLParameters();
    wishes.setServerNames(List.of(new SNIHostName("127.0.0.1")));
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_2)
            .sslContext(context)
            .sslParameters(wishes)
            .build()) {
      for (String credentials : List.of(bound, others)) {
        HttpResponse<String> reply =
            client.send(
                HttpRequest.newBuilder(
                        URI.create("https://127.0.0.1:" + gateway.securePort() + "/"))
                    .header("Authorization", credentials)
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(reply.statusCode()).isEqualTo(credentials.equals(bound) ? 200 : 401);
      }
    }
  }

  /** What is not understood is refused, never passed over. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{}",
        "[]",
        "\"TP\"",
        "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}",
        "{\"x5t#S256\":\"TP\",\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}",
        "{\"x5t#S256\":\"TP\",\"x5t#S512\":\"TP\"}",
        "{\"jwk\":{\"kty\":\"OKP\"}}",
        "{\"kid\":\"1\"}",
        "{\"x5t#S256\":null}",
        "{\"x5t#S256\":\"\"}",
        "{\"x5t#S256\":[\"TP\"]}",
        "{\"x5t#S256\":\"TP=\"}",
        "{\"x5t#S256\":\"TPAA\"}",
        "{\"x5t#s256\":\"TP\"}",
      })
  void anyOtherConfirmationIsRefused(String confirmation) throws Exception {
    Map<String, Object> claims = claims(null);
    claims.put(
        "cnf", JSON.readValue(confirmation.replace("TP", thumbprint("billing")), Object.class));
    HttpMessage reply = get("billing", KEY.token(claims));
    assertThat(code(reply)).isEqualTo("invalid_token");
    assertThat(backend.received()).isEmpty();
  }

  @Test
  void anIssuerMayBindAllItsTokens() throws Exception {
    String loose = token(null);
    assertThat(get("billing", loose).status()).isEqualTo(200);
    ObjectKey issuer = ObjectKey.parse("tenants/a/issuers/main");
    gateway.put(
        issuer.toString(),
        Map.of(
            "id",
            "main",
            "issuer",
            "idp",
            "algorithms",
            List.of("HS256"),
            "certificate_bound",
            "required",
            "secret",
            JSON.convertValue(
                gateway.masterKey().seal(issuer, GatewayInProcess.SECRET).toJson(), Map.class)));
    assertThat(code(get("billing", loose))).isEqualTo("invalid_token");
    assertThat(get("billing", token(Map.of("x5t#S256", thumbprint("billing")))).status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({"billing, billing, 200", "billing, dns, 401", "billing,, 401", ", billing, 401"})
  void tokensThatOnlyTheirIssuerCanReadAreBoundToo(
      @Nullable String bound, @Nullable String shown, int status) throws Exception {
    Map<String, Object> answer =
        claims(bound == null ? null : Map.of("x5t#S256", thumbprint(bound)));
    answer.put("active", true);
    byte[] body = JSON.writeValueAsBytes(answer);
    ObjectKey key = ObjectKey.parse("tenants/a/issuers/opaque");
    try (StubUpstream issuer =
        StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), body).close())) {
      gateway.put(
          key.toString(),
          Map.of(
              "id",
              "opaque",
              "issuer",
              "idp",
              "certificate_bound",
              "required",
              "introspection",
              Map.of(
                  "url",
                  issuer.url() + "/i",
                  "client_id",
                  "aegis",
                  "client_secret",
                  JSON.convertValue(gateway.masterKey().seal(key, "s").toJson(), Map.class))));
      assertThat(get(shown, "opaque").status()).isEqualTo(status);
      assertThat(get(shown, "opaque").status()).isEqualTo(status);
      assertThat(issuer.received()).hasSize(1);
    }
  }
}
