package dev.aegis.gateway.identity;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.IssuerKey;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.testkit.Jwts;
import dev.aegis.tokens.SignedToken;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What holds of every token, whoever made it. */
final class TokenPropertyTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final String SECRET = "0123456789abcdef".repeat(4);

  /** One key and one issuer for each algorithm. */
  private static final Map<SigningAlgorithm, Jwts.Key> KEYS = new HashMap<>();

  private static final Map<SigningAlgorithm, Tokens> TOKENS = new HashMap<>();

  static {
    for (SigningAlgorithm algorithm : SigningAlgorithm.values()) {
      Jwts.Key key =
          algorithm.symmetric()
              ? Jwts.hmac("k", algorithm.text(), SECRET.getBytes(UTF_8))
              : Jwts.key("k", algorithm.text());
      KEYS.put(algorithm, key);
      TOKENS.put(algorithm, new Tokens(List.of(issuer(algorithm, key))));
    }
  }

  private static Issuer issuer(SigningAlgorithm algorithm, Jwts.Key key) {
    return Issuer.compile(
        new IssuerDefinition(
            "i",
            "https://i",
            List.of(algorithm),
            algorithm.symmetric()
                ? List.of()
                : List.of(IssuerKey.ofJwk(JSON.convertValue(key.jwk(), ObjectNode.class))),
            null,
            null,
            0,
            IssuerDefinition.Claims.OWN),
        algorithm.symmetric() ? SECRET : null);
  }

  private static Map<String, Object> claims() {
    return Jwts.claims("https://i", "acme", "alice", List.of("r"), NOW, Duration.ofMinutes(1));
  }

  private static Verified verified(SigningAlgorithm by, String token) {
    return TOKENS.get(by).verify(token, NOW);
  }

  @Property(tries = 200)
  void holdsForWhomItWasMadeAndNobodyElse(
      @ForAll SigningAlgorithm signing, @ForAll SigningAlgorithm asked, @ForAll String more) {
    Map<String, Object> claims = claims();
    claims.put("more", more);
    Jwts.Key key = KEYS.get(signing);
    assertThat(verified(signing, key.token(claims))).isInstanceOf(Verified.Valid.class);
    if (asked != signing) {
      assertThat(verified(asked, key.token(claims))).isInstanceOf(Verified.Invalid.class);
      Map<String, Object> header = Map.of("alg", asked.text());
      assertThat(verified(asked, key.token(header, claims))).isInstanceOf(Verified.Invalid.class);
    }
  }

  @Property(tries = 1000)
  void isRefusedWithOneBitFlipped(
      @ForAll SigningAlgorithm algorithm,
      @ForAll @IntRange(max = 1 << 20) int place,
      @ForAll @IntRange(max = 7) int bit) {
    char[] token = KEYS.get(algorithm).token(claims()).toCharArray();
    token[place % token.length] ^= (char) (1 << bit);
    assertThat(verified(algorithm, new String(token))).isInstanceOf(Verified.Invalid.class);
  }

  @Property(tries = 1000)
  void isRefusedWithOneByteOfTheSignatureChanged(
      @ForAll SigningAlgorithm algorithm, @ForAll int place, @ForAll byte other) throws Exception {
    String token = KEYS.get(algorithm).token(claims());
    SignedToken signed = SignedToken.parse(token);
    byte[] signature = signed.signature().clone();
    int at = Math.floorMod(place, signature.length);
    if (signature[at] != other) {
      signature[at] = other;
      String changed =
          token.substring(0, token.lastIndexOf('.') + 1)
              + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
      assertThat(verified(algorithm, changed)).isInstanceOf(Verified.Invalid.class);
    }
  }

  @Property(tries = 1000)
  void neverFailsWhateverTheClaimsAre(@ForAll("anyClaims") Map<String, Object> changes) {
    Map<String, Object> claims = claims();
    claims.putAll(changes);
    assertThat(verified(SigningAlgorithm.HS256, KEYS.get(SigningAlgorithm.HS256).token(claims)))
        .isNotNull();
  }

  @Property(tries = 1000)
  void neverFailsWhateverTheHeaderIs(@ForAll("anyHeader") Map<String, Object> header) {
    assertThat(
            verified(
                SigningAlgorithm.HS256, KEYS.get(SigningAlgorithm.HS256).token(header, claims())))
        .isNotNull();
  }

  @Property(tries = 1000)
  void neverFailsWhateverTheTextIs(@ForAll String header, @ForAll String payload) {
    assertThat(verified(SigningAlgorithm.HS256, header + "." + payload + "."))
        .isInstanceOf(Verified.Invalid.class);
    assertThat(verified(SigningAlgorithm.HS256, Jwts.compact(header, payload, new byte[32])))
        .isInstanceOf(Verified.Invalid.class);
  }

  @Provide
  Arbitrary<Map<String, Object>> anyClaims() {
    return Arbitraries.maps(
            Arbitraries.of(
                "iss",
                "sub",
                "aud",
                "exp",
                "nbf",
                "iat",
                "jti",
                "tenant_id",
                "role_ids",
                "pathname_slugs",
                "x"),
            anything())
        .ofMaxSize(4);
  }

  @Provide
  Arbitrary<Map<String, Object>> anyHeader() {
    return Arbitraries.maps(
            Arbitraries.of("alg", "kid", "typ", "cty", "crit", "b64", "jwk", "jku", "x5c", "zip"),
            anything())
        .ofMaxSize(4);
  }

  private static Arbitrary<Object> anything() {
    Arbitrary<Object> plain =
        Arbitraries.oneOf(
            Arbitraries.strings().ofMaxLength(20).map(text -> text),
            Arbitraries.of("HS256", "none", "k", "JWT", "alice", "acme", "https://i"),
            Arbitraries.longs().map(number -> number),
            Arbitraries.doubles().map(number -> number),
            Arbitraries.bigIntegers().map(number -> number),
            Arbitraries.of(true, false));
    return Arbitraries.oneOf(
        plain,
        plain.list().ofMaxSize(3).map(list -> list),
        Arbitraries.maps(Arbitraries.of("a", "b"), plain)
            .ofMaxSize(2)
            .map(map -> new LinkedHashMap<String, Object>(map)));
  }
}
