package dev.aegis.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.identity.Introspector.Answer;
import dev.aegis.gateway.tls.Authority;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.testkit.Jwts;
import dev.aegis.tokens.Proof;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens that hold because their issuer says so, and what they may be bound to. */
final class OpaqueTokensTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final String SECRET = "a shared key of more than thirty-two bytes";
  private static final Jwts.Key KEY =
      Jwts.hmac("k", "HS256", SECRET.getBytes(StandardCharsets.UTF_8));
  private static final String THUMBPRINT = "A".repeat(43);

  private final List<String> asked = new ArrayList<>();
  private final Proof proof = now -> false;
  private Answer answer = new Answer.Inactive();

  private static IssuerDefinition definition(
      IssuerDefinition.Claims claims, @Nullable String audience, boolean bound) {
    return new IssuerDefinition(
        "i",
        "https://i",
        List.of(SigningAlgorithm.HS256),
        List.of(),
        null,
        audience,
        5,
        claims,
        null,
        null,
        bound);
  }

  private static IssuerDefinition.Claims claims(String subject, String roles) {
    return new IssuerDefinition.Claims(subject, "tenant_id", roles, "groups", "pathname_slugs");
  }

  private Tokens tokens(IssuerDefinition definition) {
    OpaqueIssuer opaque =
        new OpaqueIssuer(
            definition,
            token -> {
              asked.add(token);
              return answer;
            },
            "parent");
    return new Tokens(List.of(Issuer.compile(definition, SECRET)), opaque, Asked.NOTHING);
  }

  private Tokens tokens() {
    return tokens(definition(IssuerDefinition.Claims.OWN, null, false));
  }

  private static Map<String, Object> claims() {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("sub", "alice");
    claims.put("tenant_id", "acme");
    claims.put("role_ids", List.of("reader"));
    return claims;
  }

  private void active(Map<String, ?> claims) {
    answer = new Answer.Active(JSON.convertValue(claims, ObjectNode.class), proof);
  }

  private static Principal principal(Verified outcome) {
    return switch (outcome) {
      case Verified.Valid(Principal principal, Proof none) -> principal;
      case Verified.Expired expired -> throw new AssertionError(outcome);
      case Verified.Unknown unknown -> throw new AssertionError(outcome);
      case Verified.Invalid invalid -> throw new AssertionError(outcome);
    };
  }

  @Test
  void areWhatTheIssuerSaysForAsLongAsItsProof() {
    active(claims());
    Verified outcome = tokens().verify("t", NOW);
    assertThat(outcome)
        .isEqualTo(
            new Verified.Valid(
                new Principal(
                    "alice",
                    "acme",
                    List.of("reader"),
                    List.of(),
                    Map.of(),
                    null,
                    null,
                    Instant.EPOCH,
                    Instant.EPOCH.minusSeconds(5),
                    Instant.ofEpochSecond(253_402_300_799L + 5),
                    "parent",
                    null),
                proof));
  }

  @Test
  void areNotWhatItDoesNotSay() {
    assertThat(tokens().verify("t", NOW)).isInstanceOf(Verified.Invalid.class);
    answer = new Answer.Unanswered("timeout");
    assertThat(tokens().verify("t", NOW)).isEqualTo(new Verified.Unknown("timeout"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.b.c", "..", "x.y."})
  void areNotThoseOfThreeParts(String token) {
    active(claims());
    assertThat(tokens().verify(token, NOW)).isInstanceOf(Verified.Invalid.class);
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "z",
        "A",
        "Z",
        "0",
        "9",
        "-._~+/",
        "a=",
        "a==",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e"
      })
  void areSpelledSo(String token) {
    active(claims());
    assertThat(tokens().verify(token, NOW)).isInstanceOf(Verified.Valid.class);
    assertThat(asked).containsExactly(token);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "=", "==", "a=b", " a", "a b", "a:", "@a", "[", "`", "{", "a\u0000", "\u00e4", "a\n"
      })
  void areNotSpelledSo(String token) {
    active(claims());
    assertThat(tokens().verify(token, NOW)).isInstanceOf(Verified.Invalid.class);
    assertThat(asked).isEmpty();
  }

  @Test
  void areNotTooLong() {
    active(claims());
    assertThat(tokens().verify("x".repeat(Tokens.MAX_LENGTH), NOW))
        .isInstanceOf(Verified.Valid.class);
    assertThat(tokens().verify("x".repeat(Tokens.MAX_LENGTH + 1), NOW))
        .isInstanceOf(Verified.Invalid.class);
    assertThat(asked).hasSize(1);
  }

  @Test
  void haveTheirEnd() {
    Map<String, Object> claims = claims();
    claims.put("exp", NOW.getEpochSecond());
    active(claims);
    assertThat(principal(tokens().verify("t", NOW)).expires()).isEqualTo(NOW.plusSeconds(5));
    assertThat(tokens().verify("t", NOW.plusSeconds(5))).isInstanceOf(Verified.Expired.class);
    claims.put("exp", null);
    active(claims);
    assertThat(tokens().verify("t", NOW)).isInstanceOf(Verified.Invalid.class);
  }

  /** Only what its issuer vouches for at this moment may have none. */
  @Test
  void aSignedTokenStillNeedsAnEnd() {
    Map<String, Object> claims = claims();
    claims.put("iss", "https://i");
    assertThat(tokens().verify(KEY.token(claims), NOW)).isInstanceOf(Verified.Invalid.class);
    claims.put("exp", NOW.getEpochSecond() + 9);
    assertThat(tokens().verify(KEY.token(claims), NOW)).isInstanceOf(Verified.Valid.class);
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "iss,        https://i, true",
    "iss,        https://j, false",
    "iss,        '',        false",
    "token_type, Bearer,    true",
    "token_type, BEARER,    true",
    "token_type, DPoP,      false",
    "token_type, '',        false",
    "token_type, ,          false",
    "iss,        ,          false",
  })
  void areTheIssuersAndForBearers(String claim, @Nullable String value, boolean good) {
    Map<String, Object> claims = claims();
    claims.put(claim, value);
    active(claims);
    assertThat(tokens().verify("t", NOW) instanceof Verified.Valid).isEqualTo(good);
  }

  @Test
  void areForTheAudience() {
    Tokens strict = tokens(definition(IssuerDefinition.Claims.OWN, "https://api", false));
    Map<String, Object> claims = claims();
    active(claims);
    assertThat(strict.verify("t", NOW)).isInstanceOf(Verified.Invalid.class);
    claims.put("aud", "https://api");
    active(claims);
    assertThat(strict.verify("t", NOW)).isInstanceOf(Verified.Valid.class);
  }

  @ParameterizedTest
  @CsvSource({
    "scope,    a b,      a;b",
    "scope,    '  a  ',  a",
    "scope,    '',       ''",
    "scope,    'a b,c',  ",
    "scope,    \u00e4,   ",
    "role_ids, a b,      ",
  })
  void haveScopesForRolesWhereTheIssuerSaysSo(String place, String value, @Nullable String roles) {
    Map<String, Object> claims = claims();
    claims.put(place, value);
    active(claims);
    Verified outcome = tokens(definition(claims("sub", place), null, false)).verify("t", NOW);
    if (roles == null) {
      assertThat(outcome).isInstanceOf(Verified.Invalid.class);
    } else {
      assertThat(principal(outcome).roles())
          .isEqualTo(roles.isEmpty() ? List.of() : List.of(roles.split(";")));
    }
  }

  @Test
  void haveScopesAsAListToo() {
    Map<String, Object> claims = claims();
    claims.put("scope", List.of("a", "b"));
    active(claims);
    assertThat(
            principal(tokens(definition(claims("sub", "scope"), null, false)).verify("t", NOW))
                .roles())
        .containsExactly("a", "b");
  }

  @Test
  void areNobodysWithoutTheSubjectThatIsSaid() {
    Map<String, Object> claims = claims();
    claims.remove("sub");
    claims.put("username", "bob");
    claims.put("client_id", "c");
    active(claims);
    assertThat(tokens().verify("t", NOW)).isInstanceOf(Verified.Invalid.class);
    assertThat(
            principal(
                    tokens(definition(claims("username", "role_ids"), null, false))
                        .verify("t", NOW))
                .subject())
        .isEqualTo("bob");
  }

  @Test
  void areBoundToOneCertificateOrRefused() {
    Tokens optional = tokens();
    Tokens required = tokens(definition(IssuerDefinition.Claims.OWN, null, true));
    Map<String, Object> claims = claims();
    active(claims);
    assertThat(principal(optional.verify("t", NOW)).boundTo()).isNull();
    assertThat(required.verify("t", NOW)).isInstanceOf(Verified.Invalid.class);
    claims.put("cnf", Map.of("x5t#S256", THUMBPRINT));
    active(claims);
    for (Tokens each : List.of(optional, required)) {
      Principal bound = principal(each.verify("t", NOW));
      assertThat(bound.boundTo()).isEqualTo(new Thumbprint(THUMBPRINT));
      assertThat(bound.with(List.of()).boundTo()).isEqualTo(bound.boundTo());
    }
    claims.put("cnf", Map.of("x5t#S256", THUMBPRINT, "jkt", THUMBPRINT));
    active(claims);
    assertThat(optional.verify("t", NOW)).isInstanceOf(Verified.Invalid.class);
    claims.put("cnf", Map.of("jkt", THUMBPRINT));
    active(claims);
    assertThat(optional.verify("t", NOW)).isInstanceOf(Verified.Invalid.class);
  }

  @ParameterizedTest
  @CsvSource({"43, A, true", "42, A, false", "44, A, false", "43, B, false", "43, '=', false"})
  void aThumbprintHasOneSpelling(int length, String last, boolean good) {
    String text = "A".repeat(length - 1) + last;
    assertThat(Thumbprint.read(text) != null).isEqualTo(good);
  }

  @Test
  void aThumbprintIsThatOfOneCertificate() {
    Authority authority = new Authority("authority");
    X509Certificate one = authority.issue("a.test").own();
    X509Certificate other = authority.issue("a.test").own();
    Thumbprint print = CallerCertificate.of(one).thumbprint();
    assertThat(print.matches(Thumbprint.of(one))).isTrue();
    assertThat(print.matches(Thumbprint.of(other))).isFalse();
    assertThat(Thumbprint.read(print.text())).isEqualTo(print);
    assertThat(Thumbprint.read(null)).isNull();
    assertThat(Objects.requireNonNull(Thumbprint.read(print.text())).matches(print)).isTrue();
  }

  @Test
  void aPrincipalWeighsWhatItHolds() {
    Principal principal =
        new Principal(
            "1234567890",
            "t",
            List.of("12", "345"),
            List.of("6789"),
            Map.of("claim", List.of("v1", "v2")),
            List.of("slug"),
            null,
            NOW,
            NOW,
            NOW,
            "",
            null);
    int texts = 10 + 5 + 4 + 5 + 4 + 4;
    int each = 2 + 1 + 1 + 2 + 1;
    assertThat(principal.characters()).isEqualTo(texts + each * 48);
  }
}
