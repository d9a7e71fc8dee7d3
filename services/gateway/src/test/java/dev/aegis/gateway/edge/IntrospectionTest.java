package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens that only their issuer can read, and an issuer that answers as it likes. */
final class IntrospectionTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NAME = "https://idp.test";

  @TempDir private Path folder;

  private final CountDownLatch never = new CountDownLatch(1);
  private volatile StubUpstream.Script script = (request, exchange) -> exchange.close();
  private StubUpstream issuer;
  private StubUpstream backend;
  private GatewayInProcess gateway;

  @BeforeEach
  void start() throws Exception {
    issuer = StubUpstream.start((request, exchange) -> script.answer(request, exchange));
    backend = StubUpstream.answering("hello");
    gateway = GatewayInProcess.fetchingKeys(folder, backend.url());
    gateway.put(
        "tenants/a/roles/reader",
        Map.of(
            "id",
            "reader",
            "permissions",
            List.of(Map.of("methods", List.of("GET"), "paths", List.of("/**")))));
    gateway.route(Map.of("auth", "jwt"));
    trust(Map.of(), Map.of());
  }

  @AfterEach
  void stop() {
    never.countDown();
    gateway.close();
    issuer.close();
    backend.close();
  }

  private void trust(Map<String, ?> more, Map<String, ?> terms) {
    trust("tenants/a/issuers/opaque", more, terms);
  }

  private void trust(String key, Map<String, ?> more, Map<String, ?> terms) {
    ObjectKey object = ObjectKey.parse(key);
    Map<String, Object> introspection = new HashMap<>();
    introspection.put("url", issuer.url() + "/introspect");
    introspection.put("client_id", "aegis");
    introspection.put(
        "client_secret",
        JSON.convertValue(gateway.masterKey().seal(object, "s3cret").toJson(), Map.class));
    introspection.putAll(terms);
    Map<String, Object> definition = new HashMap<>();
    definition.put("id", object.id());
    definition.put("issuer", NAME);
    definition.put("introspection", introspection);
    definition.putAll(more);
    gateway.put(key, definition);
  }

  private static Map<String, Object> active() {
    Map<String, Object> answer = new HashMap<>();
    answer.put("active", true);
    answer.put("sub", "alice");
    answer.put("tenant_id", "a");
    answer.put("role_ids", List.of("reader"));
    answer.put("exp", Instant.now().getEpochSecond() + 600);
    return answer;
  }

  private void answers(Map<String, ?> answer) throws IOException {
    answers(JSON.writeValueAsString(answer));
  }

  private void answers(String body) {
    script =
        (request, exchange) ->
            exchange.reply(200, List.of("Connection: close"), body.getBytes(UTF_8)).close();
  }

  private HttpMessage get(String token) throws IOException {
    return get("a.test", token);
  }

  private HttpMessage get(String host, String token) throws IOException {
    try (HttpProbe probe = gateway.connect()) {
      return probe
          .send(
              "GET / HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + token + "\r\n\r\n")
          .read();
    }
  }

  private static String code(HttpMessage reply) {
    String text = reply.text();
    int at = text.indexOf("\"code\":\"");
    return at < 0 ? "" : text.substring(at + 8, text.indexOf('"', at + 8));
  }

  private @Nullable String reason() {
    return gateway.finished(1).getLast().detail();
  }

  @Test
  void anActiveTokenIsWhomItsIssuerSays() throws Exception {
    answers(active());
    assertThat(get("opaque-1").status()).isEqualTo(200);
    HttpMessage asked = issuer.received().getFirst();
    assertThat(asked.startLine()).isEqualTo("POST /introspect HTTP/1.1");
    assertThat(asked.field("Authorization")).isEqualTo("Basic YWVnaXM6czNjcmV0");
    assertThat(asked.text()).isEqualTo("token=opaque-1&token_type_hint=access_token");
    HttpMessage passed = backend.received().getFirst();
    assertThat(passed.field("X-User-Id")).isEqualTo("alice");
    assertThat(passed.field("X-User-Roles")).isEqualTo("reader");
    assertThat(passed.field("X-Tenant-Id")).isEqualTo("a");
    assertThat(get("opaque-1").status()).isEqualTo(200);
    assertThat(issuer.received()).hasSize(1);
  }

  @Test
  void claimsAreReadWhereTheIssuerSays() throws Exception {
    trust(Map.of("claims", Map.of("subject", "username", "role_ids", "scope")), Map.of());
    Map<String, Object> answer = active();
    answer.remove("sub");
    answer.remove("role_ids");
    answer.remove("exp");
    answer.put("username", "bob");
    answer.put("scope", "openid reader");
    answers(answer);
    assertThat(get("t").status()).isEqualTo(200);
    assertThat(backend.received().getFirst().field("X-User-Id")).isEqualTo("bob");
    assertThat(backend.received().getFirst().field("X-User-Roles")).isEqualTo("openid,reader");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"active\":false} | invalid_token",
        "{\"exp\":1} | token_expired",
        "{\"exp\":\"soon\"} | invalid_token",
        "{\"nbf\":99999999999} | invalid_token",
        "{\"iat\":99999999999} | invalid_token",
        "{\"iss\":\"https://other.test\"} | invalid_token",
        "{\"iss\":7} | invalid_token",
        "{\"iss\":\"https://idp.test\"} | ``",
        "{\"aud\":\"https://other.test\"} | invalid_token",
        "{\"aud\":[\"https://other.test\",\"https://api.test\"]} | ``",
        "{\"aud\":null} | invalid_token",
        "{\"sub\":null} | invalid_token",
        "{\"sub\":\"a\\r\\nX-User-Roles: all\"} | invalid_token",
        "{\"tenant_id\":\"b\"} | wrong_tenant",
        "{\"tenant_id\":null} | invalid_token",
        "{\"role_ids\":[]} | forbidden",
        "{\"token_type\":\"bearer\"} | ``",
        "{\"token_type\":\"DPoP\"} | invalid_token",
        "{\"jti\":7} | invalid_token",
      })
  void whatItsIssuerSaysIsCheckedAsClaimsAre(String change, String code) throws Exception {
    trust(Map.of("audience", "https://api.test"), Map.of());
    Map<String, Object> answer = active();
    answer.put("aud", "https://api.test");
    JSON.readTree(change)
        .properties()
        .forEach(
            each -> answer.put(each.getKey(), JSON.convertValue(each.getValue(), Object.class)));
    answers(answer);
    HttpMessage reply = get("t");
    assertThat(code(reply)).isEqualTo(Objects.requireNonNullElse(code, ""));
    assertThat(code(get("t"))).as("again").isEqualTo(code(reply));
    assertThat(issuer.received()).hasSize(1);
  }

  /** An issuer that is away, slow or broken: nobody is let in, and callers may try again. */
  @ParameterizedTest
  @CsvSource({
    "closed,   connection_lost",
    "reset,    connection_lost",
    "silent,   timeout",
    "dripping, timeout",
    "error,    status_500",
    "denied,   status_401",
    "moved,    status_302",
    "empty,    status_204",
    "garbage,  malformed_reply",
    "html,     not_json",
    "twice,    not_json",
    "vague,    no_answer",
    "huge,     too_long",
    "endless,  too_long",
    "half,     connection_lost",
    "packed,   encoded",
  })
  void anIssuerThatDoesNotAnswerLetsNobodyIn(String fault, String why) throws Exception {
    trust(Map.of(), Map.of("timeout_ms", 500));
    script = fault(fault);
    HttpMessage reply = get("t");
    assertThat(reply.status()).isEqualTo(503);
    assertThat(code(reply)).isEqualTo("identity_unavailable");
    assertThat(reply.field("Retry-After")).isEqualTo("1");
    assertThat(reply.field("WWW-Authenticate")).isNull();
    assertThat(reply.text()).doesNotContain(why);
    assertThat(reason()).isEqualTo(why);
    assertThat(backend.received()).isEmpty();
    // And is asked again as soon as somebody comes.
    answers(active());
    assertThat(get("t").status()).isEqualTo(200);
  }

  private StubUpstream.Script fault(String fault) throws IOException {
    String good = JSON.writeValueAsString(active());
    return switch (fault) {
      case "closed" -> (request, exchange) -> exchange.close();
      case "reset" -> (request, exchange) -> exchange.reset();
      case "silent" -> (request, exchange) -> never.await();
      case "dripping" ->
          (request, exchange) -> {
            exchange.send("HTTP/1.1 200 OK\r\n\r\n{");
            while (never.getCount() > 0) {
              exchange.send(" ");
              boolean _ = never.await(20, TimeUnit.MILLISECONDS);
            }
          };
      case "error" -> status("500 Oh", good);
      case "denied" -> status("401 No", good);
      case "moved" -> status("302 Found\r\nLocation: " + issuer.url() + "/elsewhere", good);
      case "empty" -> status("204 No Content", "");
      case "garbage" -> (request, exchange) -> exchange.send("SSH-2.0-x\r\n").close();
      case "html" -> status("200 OK", "<html>");
      case "twice" -> status("200 OK", good.substring(0, good.length() - 1) + ",\"active\":true}");
      case "vague" -> status("200 OK", "{\"sub\":\"alice\",\"tenant_id\":\"a\"}");
      case "huge" -> status("200 OK\r\nContent-Length: 999999999", good);
      case "endless" ->
          (request, exchange) -> {
            exchange.send("HTTP/1.1 200 OK\r\n\r\n" + good);
            while (never.getCount() > 0) {
              exchange.send(" ".repeat(8192));
            }
          };
      case "half" -> status("200 OK\r\nContent-Length: " + (good.length() + 1), good);
      case "packed" -> status("200 OK\r\nContent-Encoding: gzip", good);
      default -> throw new AssertionError(fault);
    };
  }

  private static StubUpstream.Script status(String status, String body) {
    return (request, exchange) -> exchange.send("HTTP/1.1 " + status + "\r\n\r\n" + body).close();
  }

  @Test
  void nobodyIsAskedAtAnAddressThatIsNotAllowed() throws Exception {
    trust(Map.of(), Map.of("url", "http://[::1]:" + issuer.port() + "/introspect"));
    assertThat(code(get("t"))).isEqualTo("identity_unavailable");
    assertThat(reason()).isEqualTo("address_not_allowed");
    assertThat(issuer.connections()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a\u00e4", "a,b", "=", "{}", "a=b"})
  void whatIsNotSpelledAsATokenIsNotAskedAbout(String token) throws Exception {
    answers(active());
    assertThat(code(get(token))).isEqualTo("invalid_token");
    assertThat(issuer.received()).isEmpty();
  }

  /** Three parts are a JWT, whatever its issuer would say of it. */
  @Test
  void aSignedTokenIsNotAskedAbout() throws Exception {
    answers(active());
    assertThat(code(get("x.y.z"))).isEqualTo("invalid_token");
    assertThat(issuer.received()).isEmpty();
  }

  @Test
  void revocationsHoldForThemToo() throws Exception {
    Map<String, Object> answer = active();
    answer.put("jti", "j-1");
    answers(answer);
    assertThat(get("t").status()).isEqualTo(200);
    gateway.put("tenants/a/revocations/r", Map.of("id", "r", "jti", "j-1"));
    assertThat(code(get("t"))).isEqualTo("token_revoked");
    answers(active());
    assertThat(get("u").status()).isEqualTo(200);
    gateway.put(
        "tenants/a/revocations/s",
        Map.of(
            "id",
            "s",
            "subject",
            "alice",
            "issued_before",
            Instant.now().plusSeconds(60).toString()));
    assertThat(code(get("u"))).isEqualTo("token_revoked");
  }

  /** Roles may change without a question to the issuer; the issuer itself may not. */
  @Test
  void aChangedIssuerIsAskedAgainAndOthersAreNot() throws Exception {
    answers(active());
    assertThat(get("t").status()).isEqualTo(200);
    gateway.put("tenants/a/roles/reader", Map.of("id", "reader", "permissions", List.of()));
    assertThat(code(get("t"))).isEqualTo("forbidden");
    assertThat(issuer.received()).hasSize(1);
    trust(Map.of("leeway_seconds", 1), Map.of());
    answers(Map.of("active", false));
    assertThat(code(get("t"))).isEqualTo("invalid_token");
    assertThat(issuer.received()).hasSize(2);
  }

  @Test
  void aTokenThatItsIssuerTakesBackIsRefusedWithinTheBound() throws Exception {
    trust(Map.of(), Map.of("cache_s", 1));
    answers(active());
    assertThat(get("t").status()).isEqualTo(200);
    answers(Map.of("active", false));
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(code(get("t"))).isEqualTo("invalid_token"));
  }

  /** A token is shown to one issuer only. */
  @Test
  void theTenantsOwnIssuerIsAskedBeforeThoseAboveIt() throws Exception {
    gateway.put(
        "tenants/b",
        Map.of("id", "b", "name", "b", "parent", "a", "isolation", "shared", "kind", "team"));
    gateway.put(
        "tenants/b/upstreams/u",
        Map.of("id", "u", "targets", List.of(Map.of("url", backend.url()))));
    gateway.put(
        "tenants/b/routes/all", Map.of("id", "all", "paths", List.of("/**"), "upstream", "u"));
    Map<String, Object> answer = active();
    answer.put("tenant_id", "b");
    answers(answer);
    assertThat(get("b.test", "t").status()).isEqualTo(200);
    try (StubUpstream own =
        StubUpstream.start(
            (request, exchange) ->
                exchange.send("HTTP/1.1 200 OK\r\n\r\n{\"active\":false}").close())) {
      trust("tenants/b/issuers/z-own", Map.of(), Map.of("url", own.url() + "/i"));
      trust("tenants/b/issuers/z-second", Map.of(), Map.of());
      assertThat(code(get("b.test", "t"))).isEqualTo("invalid_token");
      assertThat(own.received()).hasSize(1);
      assertThat(issuer.received()).hasSize(1);
      assertThat(gateway.snapshot().findings())
          .anyMatch(finding -> finding.subject().equals("tenants/b/issuers/z-second"));
    }
  }

  @Test
  void anIssuerWhoseSecretCannotBeOpenedIsAFinding() throws Exception {
    answers(active());
    trust(Map.of(), Map.of("client_secret", Map.of("key_id", "unknown", "ciphertext", "AAAA")));
    assertThat(code(get("t"))).isEqualTo("invalid_token");
    assertThat(issuer.received()).isEmpty();
    assertThat(gateway.snapshot().findings())
        .anyMatch(finding -> finding.message().contains("opaque tokens are refused"));
  }
}
