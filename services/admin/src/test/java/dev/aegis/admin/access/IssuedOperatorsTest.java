package dev.aegis.admin.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.aegis.egress.Fetched;
import dev.aegis.journal.OperatorDefinition.Role;
import dev.aegis.journal.PublishedKeys;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.testkit.Jwts;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.keys.KeysFolder;
import dev.aegis.tokens.keys.RemoteKeys;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the claims of a token make of whoever shows it, and for how long its keys are good. */
final class IssuedOperatorsTest {
  private static final Jwts.Key KEY = Jwts.key("k", "ES256");
  private static final String ISSUER = "https://idp.test";
  private static final List<Grant> GRANTS =
      Grant.parseList(
          """
          [{"claim": "groups", "value": "admins", "role": "platform_admin"},
           {"claim": "/realm/roles", "value": "acme", "role": "tenant_admin", "tenant": "acme"},
           {"claim": "role", "value": "own", "role": "tenant_admin", "tenant_claim": "org"},
           {"claim": "role", "value": "looks", "role": "auditor", "tenant_claim": "/in/org"},
           {"claim": "auditor", "value": "true", "role": "auditor"},
           {"claim": "scope", "value": "aegis:read", "role": "auditor"}]
          """);

  private Instant now = Instant.parse("2030-01-01T00:00:00Z");
  private volatile boolean away;
  private volatile CountDownLatch answering = new CountDownLatch(0);
  private RemoteKeys keys;
  private IssuedOperators operators;

  @BeforeEach
  void open(@TempDir Path folder) {
    keys =
        new RemoteKeys(
            place -> {
              answering.await();
              return away
                  ? new Fetched.Missed("timeout")
                  : new Fetched.Document(
                      Jwts.keySet(KEY).getBytes(StandardCharsets.UTF_8), "max-age=60");
            },
            new KeysFolder(folder),
            () -> now);
    List<SigningAlgorithm> algorithms = List.of(SigningAlgorithm.ES256);
    PublishedKeys.Place place = new PublishedKeys.At(URI.create(ISSUER + "/keys"));
    KeySet set = keys.put("", ISSUER, algorithms, new PublishedKeys(place, 300, 86_400));
    operators =
        new IssuedOperators(
            new IssuedOperators.Terms(ISSUER, "aegis", algorithms, Duration.ZERO, GRANTS),
            set,
            () -> now);
  }

  @AfterEach
  void close() {
    keys.close();
  }

  private Access shown(Map<String, ?> more) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", ISSUER);
    claims.put("aud", List.of("other", "aegis"));
    claims.put("sub", "ann");
    claims.put("exp", now.plusSeconds(60).getEpochSecond());
    claims.putAll(more);
    return operators.identify(KEY.token(claims));
  }

  private static Access granted(Role role, String tenant) {
    return new Access.Granted(new Operator("oidc:https://idp.test#ann", role, tenant));
  }

  @Test
  void aClaimIsOrListsWhatIsGranted() {
    assertThat(shown(Map.of("groups", "admins"))).isEqualTo(granted(Role.PLATFORM_ADMIN, null));
    assertThat(shown(Map.of("groups", List.of("x", "admins"))))
        .isEqualTo(granted(Role.PLATFORM_ADMIN, null));
    assertThat(shown(Map.of("realm", Map.of("roles", List.of("acme")))))
        .isEqualTo(granted(Role.TENANT_ADMIN, "acme"));
    assertThat(shown(Map.of("scope", "openid aegis:read"))).isEqualTo(granted(Role.AUDITOR, null));
    assertThat(shown(Map.of("scope", List.of("aegis:read"))))
        .isEqualTo(granted(Role.AUDITOR, null));
    assertThat(shown(Map.of("auditor", true))).isEqualTo(granted(Role.AUDITOR, null));
  }

  @Test
  void theFirstGrantThatFitsCounts() {
    assertThat(shown(Map.of("groups", "admins", "realm", Map.of("roles", "acme"), "auditor", true)))
        .isEqualTo(granted(Role.PLATFORM_ADMIN, null));
    assertThat(shown(Map.of("realm", Map.of("roles", "acme"), "auditor", true)))
        .isEqualTo(granted(Role.TENANT_ADMIN, "acme"));
  }

  @Test
  void aClaimNamesTheTenant() {
    assertThat(shown(Map.of("role", "own", "org", "acme")))
        .isEqualTo(granted(Role.TENANT_ADMIN, "acme"));
    assertThat(shown(Map.of("role", "looks", "in", Map.of("org", "acme"))))
        .isEqualTo(granted(Role.AUDITOR, "acme"));
  }

  @Test
  void whoIsToBeHeldToATenantIsNothingWithoutItsName() {
    Access stranger = new Access.Stranger("oidc:https://idp.test#ann");
    assertThat(shown(Map.of())).isEqualTo(stranger);
    assertThat(shown(Map.of("role", "looks"))).isEqualTo(stranger);
    assertThat(shown(Map.of("role", "own", "org", List.of("acme")))).isEqualTo(stranger);
    assertThat(shown(Map.of("role", "own", "org", ""))).isEqualTo(stranger);
    assertThat(shown(Map.of("role", "own", "org", "../acme"))).isEqualTo(stranger);
    assertThat(shown(Map.of("groups", Map.of("admins", "admins")))).isEqualTo(stranger);
    assertThat(shown(Map.of("groups", "Admins"))).isEqualTo(stranger);
    assertThat(shown(Map.of("groups", "admins,x"))).isEqualTo(stranger);
    assertThat(shown(Map.of("groups", "admins x"))).isEqualTo(stranger);
    assertThat(shown(Map.of("scope", "aegis:readers"))).isEqualTo(stranger);
  }

  @Test
  void nobodyCanSayWhileTheIssuerHangs() {
    Map<String, String> admin = Map.of("groups", "admins");
    assertThat(shown(admin)).isInstanceOf(Access.Granted.class);
    answering = new CountDownLatch(1);
    Jwts.Key next = Jwts.key("next", "ES256");
    Map<String, Object> claims = Map.of("iss", ISSUER, "aud", "aegis", "sub", "a", "exp", 9e9);
    assertThat(operators.identify(next.token(claims))).isEqualTo(new Access.Undecided());
    assertThat(shown(admin)).isInstanceOf(Access.Granted.class);
    answering.countDown();
    await()
        .untilAsserted(
            () ->
                assertThat(operators.identify(next.token(claims)))
                    .isEqualTo(Access.Refused.INVALID));
  }

  @Test
  void theLastKnownKeysAreGoodForADay() {
    Map<String, String> admin = Map.of("groups", "admins");
    assertThat(shown(admin)).isInstanceOf(Access.Granted.class);
    away = true;
    now = now.plus(Duration.ofHours(23));
    assertThat(shown(admin)).isInstanceOf(Access.Granted.class);
    now = now.plus(Duration.ofHours(1));
    assertThat(shown(admin)).isEqualTo(new Access.Undecided());
    assertThat(operators.identify(Jwts.key("k", "ES256").token(Map.of("iss", "x"))))
        .isEqualTo(Access.Refused.INVALID);
    await().until(() -> keys.unanswered() == 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | must be a list",
        "'' | must be a list",
        "[],\"more\":[] | must be a list",
        "[]} | must be a list",
        "[1] | /0 must be an object",
        "[{}] | /0/claim must be a text",
        "[{}] | /0/role must be platform_admin, tenant_admin or auditor",
        "[{\"claim\":\"a\",\"value\":true,\"role\":\"auditor\"}] | /0/value must be a text",
        "[{\"claim\":\"a\",\"value\":\"b\",\"role\":\"auditor\",\"x\":1}] | /0/x is no member",
        "[{\"claim\":\"a\",\"value\":\"b\",\"role\":\"tenant_admin\"}] | /0 must have tenant or",
        "[{\"claim\":\"a\",\"value\":\"b\",\"role\":\"platform_admin\",\"tenant\":\"t\"}]"
            + " | /0 must have no tenant",
        "[{\"claim\":\"a\",\"value\":\"b\",\"role\":\"auditor\",\"tenant\":\"T\"}]"
            + " | /0/tenant must be the id of a tenant",
        "[{\"claim\":\"a\",\"value\":\"b\",\"role\":\"auditor\",\"tenant\":null}] | /0/tenant must",
        "[{\"claim\":\"a\",\"value\":\"b\",\"role\":\"auditor\",\"tenant\":\"t\","
            + "\"tenant_claim\":\"c\"}] | /0 must have one of tenant and tenant_claim",
      })
  void saysWhatIsWrongWithGrants(String text, String what) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Grant.parseList(text))
        .withMessageContaining(what);
  }
}
