package dev.aegis.gateway.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.Pieces;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.snapshot.Configuration;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.testkit.Jwts;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is let in by an API key. */
final class ApiKeysTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Jwts.Key ISSUER =
      Jwts.hmac("k", "HS256", Configuration.SECRET.getBytes(StandardCharsets.UTF_8));

  private final Configuration configuration = new Configuration();
  private final Pipeline pipeline = new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE);
  private final ApiKeySecret key = ApiKeySecret.mint(RANDOM);

  @BeforeEach
  void configure() {
    configuration.tenant("a");
    configuration.tenant("b");
    for (String auth : List.of("api_key", "any", "jwt")) {
      configuration.put(
          "tenants/a/routes/" + auth,
          Map.of("id", auth, "paths", List.of("/" + auth), "upstream", "u", "auth", auth));
    }
    configuration.json(
        "tenants/b/routes/any", "{'id':'any','paths':['/any'],'upstream':'u','auth':'any'}");
    configuration.json(
        "tenants/a/roles/reader",
        "{'id':'reader','permissions':[{'methods':['GET'],'paths':['/**']}]}");
    publish(null, List.of("reader"), secret(key, null));
  }

  @AfterEach
  void close() {
    configuration.close();
  }

  @Test
  void limitsKnowAKeyByItsId() {
    Step<Admitted> step = run(Instant.now(), "a.test", "GET /api_key", "X-API-Key: " + key.text());
    assertThat(step).isInstanceOf(Step.Go.class);
    if (step instanceof Step.Go<Admitted>(Admitted admitted)) {
      assertThat(admitted.identified().caller().key()).isEqualTo("key ci");
    }
  }

  private record Taken(ApiKeySecret secret, Instant ends) {}

  private static Taken secret(ApiKeySecret secret, Instant ends) {
    return new Taken(secret, ends);
  }

  private void publish(Instant ends, List<String> roles, Taken... secrets) {
    List<Map<String, String>> shown = new ArrayList<>();
    List<String> hashes = new ArrayList<>();
    for (Taken taken : secrets) {
      Map<String, String> one = new HashMap<>();
      one.put("prefix", taken.secret().prefix());
      one.put("last_four", taken.secret().lastFour());
      one.put("expires_at", taken.ends() == null ? null : taken.ends().toString());
      shown.add(one);
      hashes.add(taken.secret().hash().toString());
    }
    Map<String, Object> document = new HashMap<>();
    document.put("id", "ci");
    document.put("name", "ci");
    document.put("subject", "svc-1");
    document.put("roles", roles);
    document.put("expires_at", ends == null ? null : ends.toString());
    document.put("secrets", shown);
    document.put("hashes", hashes);
    configuration.put("tenants/a/api-keys/ci", document);
  }

  private Step<Admitted> run(Instant now, String host, String line, String... headers) {
    return pipeline.run(
        inbound(now, head(host, line, headers)), (identified, arbiter) -> Ruling.Passes.BARE);
  }

  private static RequestHead head(String host, String line, String... headers) {
    RequestHead head = new RequestHead();
    StringBuilder text = new StringBuilder(line + " HTTP/1.1\r\nHost: " + host + "\r\n");
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    try {
      head.read(Pieces.of(text + "\r\n"));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return head;
  }

  private Inbound inbound(Instant now, RequestHead head) {
    return new Inbound(
        configuration.snapshot().tenant(head.host()),
        "id",
        head,
        "192.0.2.1",
        Handshake.PLAIN,
        now.toEpochMilli(),
        0);
  }

  private String outcome(Instant now, String host, String line, String... headers) {
    return switch (run(now, host, line, headers)) {
      case Step.Go<Admitted>(Admitted admitted) -> {
        Caller caller = admitted.callerOrNull();
        yield caller == null
            ? "nobody"
            : caller.principal().subject() + " by " + caller.credential().text();
      }
      case Step.Stop<Admitted>(Progress at, Refusal why) -> why.code();
    };
  }

  private String outcome(String line, String... headers) {
    return outcome(NOW, "a.test", line, headers);
  }

  private static String shows(ApiKeySecret key) {
    return "X-API-Key: " + key.text();
  }

  @Test
  void aKeyStandsForItsSubjectAndItsRoles() {
    assertThat(outcome("GET /api_key", shows(key))).isEqualTo("svc-1 by api_key");
    assertThat(outcome("POST /api_key", shows(key))).isEqualTo("forbidden");
    publish(null, List.of(), secret(key, null));
    assertThat(outcome("GET /api_key", shows(key))).isEqualTo("forbidden");
    publish(null, List.of("all"), secret(key, null));
    assertThat(outcome("POST /api_key", shows(key))).isEqualTo("svc-1 by api_key");
  }

  @Test
  void whatIsNotAKeyOfTheTenantIsUnknown() {
    ApiKeySecret other = ApiKeySecret.mint(RANDOM);
    assertThat(outcome("GET /api_key", shows(other))).isEqualTo("unknown_key");
    assertThat(outcome("GET /api_key", "X-API-Key: nonsense")).isEqualTo("unknown_key");
    assertThat(outcome("GET /api_key", "X-API-Key: " + key.hash())).isEqualTo("unknown_key");
    assertThat(outcome("GET /api_key", "X-API-Key: " + key.prefix())).isEqualTo("unknown_key");
    assertThat(outcome("GET /api_key", "X-API-Key: ")).isEqualTo("missing_credentials");
    assertThat(outcome("GET /api_key")).isEqualTo("missing_credentials");
    assertThat(outcome("GET /api_key", "Authorization: Bearer " + key.text()))
        .isEqualTo("missing_credentials");
    assertThat(outcome(NOW, "b.test", "GET /any", shows(key))).isEqualTo("unknown_key");
  }

  @Test
  void aRouteTakesOnlyWhatItSays() {
    String token =
        "Authorization: Bearer "
            + ISSUER.token(
                Jwts.claims(
                    "https://idp", "a", "alice", List.of("reader"), NOW, Duration.ofMinutes(1)));
    assertThat(outcome("GET /jwt", shows(key))).isEqualTo("missing_credentials");
    assertThat(outcome("GET /api_key", token)).isEqualTo("missing_credentials");
    assertThat(outcome("GET /any", shows(key))).isEqualTo("svc-1 by api_key");
    assertThat(outcome("GET /any", token)).isEqualTo("alice by jwt");
    // Of both, the token counts; one that is refused does not make way for the key.
    assertThat(outcome("GET /any", token, shows(key))).isEqualTo("alice by jwt");
    assertThat(outcome("GET /any", "Authorization: Bearer x.y.z", shows(key)))
        .isEqualTo("invalid_token");
    assertThat(outcome("GET /any", "Authorization: Basic eDp5", shows(key)))
        .isEqualTo("svc-1 by api_key");
    assertThat(outcome("GET /any")).isEqualTo("missing_credentials");
  }

  @Test
  void secretsAndKeysEndInTime() {
    ApiKeySecret newer = ApiKeySecret.mint(RANDOM);
    Instant overlap = NOW.plusSeconds(10);
    publish(NOW.plusSeconds(20), List.of("all"), secret(newer, null), secret(key, overlap));
    for (ApiKeySecret each : List.of(newer, key)) {
      assertThat(outcome("GET /api_key", shows(each))).isEqualTo("svc-1 by api_key");
    }
    assertThat(outcome(overlap, "a.test", "GET /api_key", shows(key))).isEqualTo("unknown_key");
    assertThat(outcome(overlap, "a.test", "GET /api_key", shows(newer)))
        .isEqualTo("svc-1 by api_key");
    assertThat(outcome(NOW.plusSeconds(20), "a.test", "GET /api_key", shows(newer)))
        .isEqualTo("unknown_key");
  }

  @Test
  void whatIsRevokedOrBrokenIsUnknownAtOnce() {
    configuration.delete("tenants/a/api-keys/ci");
    assertThat(outcome("GET /api_key", shows(key))).isEqualTo("unknown_key");
    publish(null, List.of("all"), secret(key, null));
    assertThat(outcome("GET /api_key", shows(key))).isEqualTo("svc-1 by api_key");
    configuration.json(
        "tenants/a/api-keys/ci", "{'id':'ci','name':'ci','subject':'svc-1','hashes':['x']}");
    assertThat(outcome("GET /api_key", shows(key))).isEqualTo("unknown_key");
    assertThat(configuration.snapshot().findings())
        .anyMatch(finding -> finding.subject().equals("tenants/a/api-keys/ci"));
  }

  /** Keys are compiled once; what their roles allow is not remembered beyond a change of these. */
  @Test
  void aChangedRoleHoldsForKeysToo() {
    assertThat(outcome("GET /api_key", shows(key))).isEqualTo("svc-1 by api_key");
    configuration.json(
        "tenants/a/roles/reader",
        "{'id':'reader','permissions':[{'methods':['POST'],'paths':['/**']}]}");
    assertThat(outcome("GET /api_key", shows(key))).isEqualTo("forbidden");
    assertThat(outcome("POST /api_key", shows(key))).isEqualTo("svc-1 by api_key");
    configuration.delete("tenants/a/roles/reader");
    assertThat(outcome("POST /api_key", shows(key))).isEqualTo("forbidden");
  }

  private long used() {
    return configuration
        .snapshot()
        .tenant("a.test")
        .keys()
        .uses()
        .findFirst()
        .orElseThrow()
        .untold();
  }

  @Test
  void usesAreNotedAndOutliveChangesOfTheKey() {
    assertThat(outcome("GET /any", "X-API-Key: " + ApiKeySecret.mint(RANDOM).text()))
        .isEqualTo("unknown_key");
    assertThat(used()).isZero();
    pipeline.rehearse(inbound(NOW, head("a.test", "GET /any", shows(key))));
    assertThat(used()).isZero();
    assertThat(outcome("DELETE /any", shows(key))).isEqualTo("forbidden"); // by its roles
    assertThat(used()).isEqualTo(NOW.toEpochMilli());
    ApiKeySecret next = ApiKeySecret.mint(RANDOM);
    publish(null, List.of("reader"), secret(next, null), secret(key, NOW.plusSeconds(600)));
    assertThat(used()).isEqualTo(NOW.toEpochMilli());
    Instant later = NOW.plusSeconds(300);
    assertThat(outcome(later, "a.test", "GET /any", shows(key))).isEqualTo("svc-1 by api_key");
    assertThat(used()).isEqualTo(later.toEpochMilli());
    configuration.delete("tenants/a/api-keys/ci");
    publish(null, List.of("reader"), secret(next, null));
    assertThat(used()).isZero();
  }
}
