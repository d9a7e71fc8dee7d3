package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.KafkaPeer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Signed tokens that are taken for no operator's, each for one reason. */
final class IssuedTokensTest {
  private static final String GRANTS =
      "[{\"claim\": \"groups\", \"value\": \"admins\", \"role\": \"platform_admin\"}]";

  private static KafkaPeer kafka;
  private static LoopbackIssuer issuer;
  private static AdminInstance admin;
  private static Path data;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    data = folder;
    kafka = KafkaPeer.start();
    issuer = new LoopbackIssuer();
    admin =
        new AdminInstance(
            kafka.bootstrap(), data.resolve("one"), "one", given -> issuer.trusted(given, GRANTS));
  }

  @AfterAll
  static void stop() {
    admin.close();
    issuer.close();
    kafka.close();
  }

  private static Answer by(AdminInstance instance, String token) {
    return instance.callAs(token, "GET", "/admin/tenants", null);
  }

  private record Row(String what, String token, String code) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static Row claims(String what, Consumer<Map<String, Object>> change) {
    return claims(what, change, "invalid_token");
  }

  private static Row claims(String what, Consumer<Map<String, Object>> change, String code) {
    Map<String, Object> claims = issuer.claims("ann", List.of("admins"));
    change.accept(claims);
    return new Row(what, LoopbackIssuer.KEY.token(claims), code);
  }

  private static Row header(String what, Jwts.Key key, Map<String, ?> header) {
    Map<String, Object> claims = issuer.claims("ann", List.of("admins"));
    return new Row(what, key.token(header, claims), "invalid_token");
  }

  private static long in(int seconds) {
    return Instant.now().plusSeconds(seconds).getEpochSecond();
  }

  static Stream<Row> refusals() {
    String right = issuer.token("ann", "admins");
    String[] parts = right.split("\\.");
    Jwts.Key own = LoopbackIssuer.KEY;
    Jwts.Key foreign = Jwts.key(own.id(), "RS256");
    byte[] shown = Base64.getUrlDecoder().decode((String) own.jwk().get("n"));
    return Stream.of(
        claims("without aud", claims -> claims.remove("aud")),
        claims("for another audience", claims -> claims.put("aud", "other")),
        claims("an aud that only begins so", claims -> claims.put("aud", "aegis-admin-x")),
        claims("an aud that is no text", claims -> claims.put("aud", List.of("aegis-admin", 1))),
        claims("without iss", claims -> claims.remove("iss")),
        claims("of another issuer", claims -> claims.put("iss", issuer.name() + "/")),
        claims("without sub", claims -> claims.remove("sub")),
        claims("a sub that breaks lines", claims -> claims.put("sub", "ann\nbob")),
        claims("a sub that is too long", claims -> claims.put("sub", "a".repeat(256))),
        claims("without exp", claims -> claims.remove("exp")),
        claims("an exp that is a text", claims -> claims.put("exp", "9999999999")),
        claims("over", claims -> claims.put("exp", in(-60)), "token_expired"),
        claims("not yet valid", claims -> claims.put("nbf", in(120))),
        claims("issued in the future", claims -> claims.put("iat", in(120))),
        claims("bound to a key", claims -> claims.put("cnf", Map.of("jkt", "x"))),
        header("alg none", own, Map.of("alg", "none")),
        header("alg None", own, Map.of("alg", "None", "kid", own.id())),
        new Row("no signature", parts[0] + "." + parts[1] + ".", "invalid_token"),
        new Row(
            "alg none without a signature",
            Jwts.compact("{\"alg\":\"none\"}", "{}", new byte[0]).split("\\.")[0]
                + "."
                + parts[1]
                + ".",
            "invalid_token"),
        header(
            "HS256 with the public key",
            Jwts.hmac(own.id(), "HS256", shown),
            Map.of("alg", "HS256", "kid", own.id())),
        header(
            "HS256 with the key set",
            Jwts.hmac(own.id(), "HS256", Jwts.keySet(own).getBytes(StandardCharsets.UTF_8)),
            Map.of("alg", "HS256", "kid", own.id())),
        header(
            "an algorithm that is not the issuer's",
            Jwts.key(own.id(), "PS256"),
            Map.of("alg", "PS256", "kid", own.id())),
        header("another's key", foreign, Map.of("alg", "RS256", "kid", own.id())),
        header("another's key without kid", foreign, Map.of("alg", "RS256")),
        header(
            "a key that the token brings",
            foreign,
            Map.of("alg", "RS256", "kid", own.id(), "jwk", foreign.jwk())),
        header("crit", own, Map.of("alg", "RS256", "kid", own.id(), "crit", List.of("exp"))),
        header("another type", own, Map.of("alg", "RS256", "kid", own.id(), "typ", "logout+jwt")),
        new Row("claims changed", swapped(parts), "invalid_token"),
        new Row("too long", right + "A".repeat(8 * 1024), "invalid_token"),
        new Row("no token", "a.b.c", "invalid_token"));
  }

  private static String swapped(String[] parts) {
    String others = issuer.token("other", "admins").split("\\.")[1];
    return parts[0] + "." + others + "." + parts[2];
  }

  @ParameterizedTest
  @MethodSource
  void refusals(Row row) {
    Answer answer = by(admin, row.token());
    assertThat(answer.status()).as(answer.text()).isEqualTo(401);
    assertThat(answer.code()).isEqualTo(row.code());
    assertThat(answer.header("WWW-Authenticate")).contains("error=\"invalid_token\"");
    assertThat(answer.text()).doesNotContain(row.token());
  }

  @Test
  void clocksMayDifferALittle() {
    for (String claim : List.of("nbf", "iat")) {
      Map<String, Object> claims = issuer.claims("ann", List.of("admins"));
      claims.put(claim, in(15));
      assertThat(by(admin, LoopbackIssuer.KEY.token(claims)).status()).isEqualTo(200);
    }
    Map<String, Object> claims = issuer.claims("ann", List.of("admins"));
    claims.put("exp", in(-15));
    assertThat(by(admin, LoopbackIssuer.KEY.token(claims)).status()).isEqualTo(200);
  }

  @Test
  void wrongTokensOfTheIssuerBrake() throws Exception {
    Map<String, Object> claims = issuer.claims("ann", List.of("admins"));
    claims.put("aud", "other");
    String wrong = LoopbackIssuer.KEY.token(claims);
    try (AdminInstance strict =
        new AdminInstance(
            kafka.bootstrap(),
            data.resolve("strict"),
            "strict",
            given -> issuer.trusted(given, GRANTS).with(AdminSettings.MAX_WRONG_TOKENS, 3L))) {
      for (int i = 0; i < 3; i++) {
        assertThat(by(strict, wrong).status()).isEqualTo(401);
      }
      assertThat(by(strict, issuer.token("ann", "admins")).status()).isEqualTo(429);
    }
  }
}
