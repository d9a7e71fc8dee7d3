package dev.aegis.gateway.identity;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.IssuerKey;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.testkit.Jwts;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.Proof;
import dev.aegis.tokens.VerificationKey;
import java.math.BigInteger;
import java.nio.charset.Charset;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens that hold and those that do not: RFC 7515, RFC 7519, RFC 8725. */
final class TokensTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final String SECRET =
      "a shared key of more than sixty-four bytes, for the longest of the hashes";
  private static final Jwts.Key HS256 = Jwts.hmac("h", "HS256", SECRET.getBytes(UTF_8));
  private static final Jwts.Key RS256 = Jwts.key("r1", "RS256");
  private static final Jwts.Key RS256_OTHER = Jwts.key("r2", "RS256");

  private static IssuerDefinition definition(
      String name, List<String> algorithms, List<Jwts.Key> keys, @Nullable String audience) {
    return new IssuerDefinition(
        name,
        "https://" + name,
        algorithms.stream().map(SigningAlgorithm::of).toList(),
        keys.stream().map(key -> IssuerKey.ofJwk(jwk(key))).toList(),
        null,
        audience,
        5,
        IssuerDefinition.Claims.OWN);
  }

  private static ObjectNode jwk(Jwts.Key key) {
    return JSON.convertValue(key.jwk(), ObjectNode.class);
  }

  private static Issuer hs(String... algorithms) {
    return Issuer.compile(definition("hs", List.of(algorithms), List.of(), null), SECRET);
  }

  private static Issuer rs(Jwts.Key... keys) {
    return Issuer.compile(definition("rs", List.of("RS256"), List.of(keys), null), null);
  }

  private final Tokens tokens = new Tokens(List.of(hs("HS256"), rs(RS256)));

  private static Map<String, Object> claims(String issuer) {
    return Jwts.claims(
        "https://" + issuer, "acme", "alice", List.of("reader"), NOW, Duration.ofMinutes(1));
  }

  private static Map<String, Object> claims(Consumer<Map<String, Object>> change) {
    Map<String, Object> claims = claims("hs");
    change.accept(claims);
    return claims;
  }

  private void assertInvalid(String token) {
    assertThat(tokens.verify(token, NOW)).isInstanceOf(Verified.Invalid.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
        "ES384", "ES512", "EdDSA"
      })
  void holdsWhenSignedAsTheIssuerSays(String algorithm) {
    boolean shared = algorithm.startsWith("HS");
    Jwts.Key key =
        shared ? Jwts.hmac("k", algorithm, SECRET.getBytes(UTF_8)) : Jwts.key("k", algorithm);
    Issuer issuer =
        Issuer.compile(
            definition("x", List.of(algorithm), shared ? List.of() : List.of(key), null),
            shared ? SECRET : null);
    assertThat(new Tokens(List.of(issuer)).verify(key.token(claims("x")), NOW))
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
                    NOW,
                    Instant.EPOCH.minusSeconds(5),
                    NOW.plusSeconds(65),
                    "",
                    null)));
  }

  record Row(String what, String token) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static String part(String json) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(UTF_8));
  }

  private static Row headed(String what, Map<String, ?> header) {
    return new Row(what, HS256.token(header, claims("hs")));
  }

  /** Made once, since every row is a run of its own for a mutation. */
  private static @Nullable List<Row> hostile;

  static List<Row> hostile() throws Exception {
    List<Row> made = hostile;
    if (made == null) {
      made = List.copyOf(hostileRows());
      hostile = made;
    }
    return made;
  }

  private static List<Row> hostileRows() throws Exception {
    String good = HS256.token(claims("hs"));
    String[] parts = good.split("\\.");
    String rsGood = RS256.token(claims("rs"));
    String[] rsParts = rsGood.split("\\.");
    List<Row> rows = new ArrayList<>();
    // RFC 8725 section 2.1: algorithms.
    for (String none : List.of("none", "None", "NONE", "nOnE", "")) {
      String unsigned = part("{\"alg\":\"" + none + "\"}") + "." + parts[1] + ".";
      rows.add(new Row("alg " + none + " without signature", unsigned));
      rows.add(new Row("alg " + none + " with the signature", unsigned + parts[2]));
    }
    rows.add(new Row("no alg", HS256.token(Map.of("typ", "JWT"), claims("hs"))));
    rows.add(headed("alg of the same family", Map.of("alg", "HS512")));
    rows.add(headed("alg in other letters", Map.of("alg", "hs256")));
    rows.add(headed("alg is a number", Map.of("alg", 256)));
    rows.add(headed("alg is a list", Map.of("alg", List.of("HS256"))));
    rows.add(new Row("alg of another family for this issuer", RS256.token(claims("hs"))));
    // RS -> HS: the public key as the shared key, in each of its forms.
    Map<String, Object> jwk = RS256.jwk();
    byte[] modulus = Base64.getUrlDecoder().decode((String) jwk.get("n"));
    java.security.PublicKey shown =
        java.security.KeyFactory.getInstance("RSA")
            .generatePublic(
                new java.security.spec.RSAPublicKeySpec(
                    new BigInteger(1, modulus), BigInteger.valueOf(65537)));
    String pem =
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(shown.getEncoded())
            + "\n-----END PUBLIC KEY-----\n";
    int form = 0;
    for (byte[] confused :
        List.of(
            pem.getBytes(UTF_8),
            pem.strip().getBytes(UTF_8),
            shown.getEncoded(),
            modulus,
            ((String) jwk.get("n")).getBytes(UTF_8),
            JSON.writeValueAsBytes(jwk))) {
      Jwts.Key forged = Jwts.hmac("r1", "HS256", confused);
      rows.add(new Row("public key as shared key " + ++form, forged.token(claims("rs"))));
      rows.add(
          new Row(
              "the same under alg RS256 " + form,
              forged.token(Map.of("alg", "RS256", "kid", "r1"), claims("rs"))));
    }
    // Keys.
    rows.add(new Row("another RSA key", RS256_OTHER.token(claims("rs"))));
    rows.add(
        new Row(
            "another RSA key under a known kid",
            RS256_OTHER.token(Map.of("alg", "RS256", "kid", "r1"), claims("rs"))));
    rows.add(
        new Row("an unknown kid", RS256.token(Map.of("alg", "RS256", "kid", "x"), claims("rs"))));
    rows.add(new Row("an empty kid", RS256.token(Map.of("alg", "RS256", "kid", ""), claims("rs"))));
    rows.add(
        new Row(
            "a kid that is a path",
            RS256.token(Map.of("alg", "RS256", "kid", "../../dev/null"), claims("rs"))));
    rows.add(
        new Row(
            "a kid that is no string (RFC 7515 section 4.1.4)",
            RS256.token(Map.of("alg", "RS256", "kid", 7), claims("rs"))));
    rows.add(
        new Row(
            "another shared key",
            Jwts.hmac("h", "HS256", "x".repeat(64).getBytes(UTF_8)).token(claims("hs"))));
    rows.add(
        new Row("an empty shared key", Jwts.hmac("h", "HS256", new byte[1]).token(claims("hs"))));
    // RFC 8725 section 3.10: keys that the token brings along.
    rows.add(
        new Row(
            "its own jwk",
            RS256_OTHER.token(Map.of("alg", "RS256", "jwk", RS256_OTHER.jwk()), claims("rs"))));
    rows.add(
        new Row(
            "its own jku",
            RS256_OTHER.token(Map.of("alg", "RS256", "jku", "http://127.0.0.1/"), claims("rs"))));
    rows.add(
        new Row(
            "its own x5u",
            RS256_OTHER.token(Map.of("alg", "RS256", "x5u", "http://127.0.0.1/"), claims("rs"))));
    // RFC 8725 sections 3.11 and 3.12: what was made for something else.
    for (Object type : List.of("dpop+jwt", "logout+jwt", "secevent+jwt", "JOSE", "", 7)) {
      rows.add(headed("typ " + type, Map.of("alg", "HS256", "typ", type)));
    }
    rows.add(headed("a token within a token", Map.of("alg", "HS256", "cty", "JWT")));
    rows.add(headed("the same by media type", Map.of("alg", "HS256", "cty", "application/jwt")));
    rows.add(new Row("a token as the claims", signed("{\"alg\":\"HS256\"}", good)));
    rows.add(headed("b64 without crit (RFC 7797)", Map.of("alg", "HS256", "b64", false)));
    // RFC 7515 section 4.1.11.
    rows.add(headed("crit", Map.of("alg", "HS256", "crit", List.of("exp"))));
    rows.add(headed("empty crit", Map.of("alg", "HS256", "crit", List.of())));
    rows.add(headed("crit b64", Map.of("alg", "HS256", "crit", List.of("b64"), "b64", false)));
    // Signatures.
    rows.add(new Row("no signature", parts[0] + "." + parts[1] + "."));
    rows.add(new Row("half a signature", good.substring(0, good.length() - 20)));
    rows.add(new Row("zero signature", parts[0] + "." + parts[1] + "." + part("\0".repeat(32))));
    rows.add(new Row("another one's signature", parts[0] + "." + parts[1] + "." + rsParts[2]));
    rows.add(
        new Row(
            "changed claims",
            parts[0]
                + "."
                + part(JSON.writeValueAsString(claims(c -> c.put("sub", "root"))))
                + "."
                + parts[2]));
    rows.add(
        new Row(
            "changed header",
            part("{\"alg\":\"HS256\",\"x\":1}") + "." + parts[1] + "." + parts[2]));
    // Form.
    rows.add(new Row("nothing", ""));
    rows.add(new Row("two dots", ".."));
    rows.add(new Row("one part", parts[0]));
    rows.add(new Row("two parts", parts[0] + "." + parts[1]));
    rows.add(new Row("four parts", good + "." + parts[2]));
    rows.add(new Row("four parts, the last empty", good + "."));
    rows.add(new Row("five parts", good + ".."));
    rows.add(new Row("JSON serialization", "{\"payload\":\"" + parts[1] + "\"}"));
    rows.add(new Row("padding", good + "="));
    rows.add(new Row("padding in the header", parts[0] + "==." + parts[1] + "." + parts[2]));
    rows.add(new Row("space behind", good + " "));
    rows.add(new Row("line break inside", parts[0] + ".\n" + parts[1] + "." + parts[2]));
    rows.add(
        new Row(
            "plain Base64",
            part("{\"alg\":\"HS256\",\"x\":\"???>>>\"}").replace('_', '/').replace('-', '+')
                + "."
                + parts[1]
                + "."
                + parts[2]));
    rows.add(new Row("a letter outside of ASCII", good.replaceFirst("e", "\u00e9")));
    rows.add(new Row("huge", good + "A".repeat(Tokens.MAX_LENGTH)));
    rows.add(new Row("header is a list", signed("[\"HS256\"]", "{}")));
    rows.add(new Row("header is not JSON", signed("{alg:HS256}", "{}")));
    rows.add(
        new Row("alg twice", signed("{\"alg\":\"none\",\"alg\":\"HS256\"}", json(claims("hs")))));
    String twice = json(claims("hs")).replaceFirst("\\{", "{\"sub\":\"root\",");
    rows.add(new Row("sub twice", signed("{\"alg\":\"HS256\"}", twice)));
    rows.add(new Row("claims are a list", signed("{\"alg\":\"HS256\"}", "[]")));
    rows.add(new Row("claims are nothing", signed("{\"alg\":\"HS256\"}", "")));
    rows.add(
        new Row(
            "bytes behind the claims", signed("{\"alg\":\"HS256\"}", json(claims("hs")) + "{}")));
    rows.add(
        new Row(
            "deep claims",
            signed("{\"alg\":\"HS256\"}", "{\"a\":" + "[".repeat(2000) + "]".repeat(2000) + "}")));
    rows.add(
        new Row(
            "deep header",
            signed("{\"alg\":\"HS256\",\"a\":" + "[".repeat(99) + "]".repeat(99) + "}", "{}")));
    rows.add(
        new Row(
            "alg twice, once in escapes",
            signed("{\"alg\":\"HS256\",\"\\u0061lg\":\"HS256\"}", json(claims("hs")))));
    for (String charset : List.of("UTF-16BE", "UTF-16LE", "UTF-32BE")) {
      byte[] claims = json(claims("hs")).getBytes(Charset.forName(charset));
      rows.add(new Row("claims in " + charset, signed("{\"alg\":\"HS256\"}", claims)));
      byte[] header = "{\"alg\":\"HS256\"}".getBytes(Charset.forName(charset));
      rows.add(new Row("header in " + charset, signed(header, json(claims("hs")).getBytes(UTF_8))));
    }
    byte[] overlong = json(claims("hs")).replace("reader", "\u00c1\u00a1").getBytes(ISO_8859_1);
    rows.add(new Row("a role in overlong UTF-8", signed("{\"alg\":\"HS256\"}", overlong)));
    for (String number : List.of("1e400", "-1e400", "NaN", "Infinity", "1" + "0".repeat(999))) {
      String claims = json(claims("hs")).replaceFirst("\"exp\":\\d+", "\"exp\":" + number);
      rows.add(new Row("exp is " + number, signed("{\"alg\":\"HS256\"}", claims)));
    }
    // Claims.
    claim(rows, "no iss", c -> c.remove("iss"));
    claim(rows, "an unknown iss", c -> c.put("iss", "https://evil"));
    claim(rows, "iss is a list", c -> c.put("iss", List.of("https://hs")));
    claim(rows, "another issuer's name", c -> c.put("iss", "https://rs"));
    claim(rows, "no exp", c -> c.remove("exp"));
    claim(rows, "exp is null", c -> c.put("exp", null));
    claim(rows, "exp is text", c -> c.put("exp", "" + (NOW.getEpochSecond() + 60)));
    claim(rows, "exp is beyond time", c -> c.put("exp", 1e300));
    claim(rows, "exp is negative", c -> c.put("exp", -1));
    claim(rows, "exp is true", c -> c.put("exp", true));
    claim(rows, "nbf is text", c -> c.put("nbf", "0"));
    claim(rows, "nbf is null", c -> c.put("nbf", null));
    claim(rows, "iat is text", c -> c.put("iat", "0"));
    claim(rows, "jti is a number", c -> c.put("jti", 1));
    claim(rows, "jti is null", c -> c.put("jti", null));
    claim(rows, "no sub", c -> c.remove("sub"));
    claim(rows, "an empty sub", c -> c.put("sub", ""));
    claim(rows, "sub is a number", c -> c.put("sub", 5));
    claim(rows, "sub with a line break", c -> c.put("sub", "a\r\nX-User-Roles: admin"));
    claim(rows, "sub with a NUL", c -> c.put("sub", "a\0"));
    claim(rows, "no tenant", c -> c.remove("tenant_id"));
    claim(rows, "tenant is a list", c -> c.put("tenant_id", List.of("acme")));
    claim(rows, "roles are text", c -> c.put("role_ids", "reader"));
    claim(rows, "a role is a number", c -> c.put("role_ids", List.of(5)));
    claim(rows, "a role with a line break", c -> c.put("role_ids", List.of("a\r\nb")));
    claim(rows, "a role that reads as two", c -> c.put("role_ids", List.of("a,admin")));
    claim(rows, "slugs are text", c -> c.put("pathname_slugs", "a"));
    return rows;
  }

  private static void claim(List<Row> rows, String what, Consumer<Map<String, Object>> change) {
    rows.add(new Row(what, HS256.token(claims(change))));
  }

  private static String json(Map<String, Object> claims) throws Exception {
    return JSON.writeValueAsString(claims);
  }

  /** Exactly these texts, with a signature that holds. */
  private static String signed(String header, String payload) throws Exception {
    return signed(header.getBytes(UTF_8), payload.getBytes(UTF_8));
  }

  private static String signed(String header, byte[] payload) throws Exception {
    return signed(header.getBytes(UTF_8), payload);
  }

  private static String signed(byte[] header, byte[] payload) throws Exception {
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    String content = base64.encodeToString(header) + "." + base64.encodeToString(payload);
    javax.crypto.Mac mac = javax.crypto.Mac.getInstance("HmacSHA256");
    mac.init(new javax.crypto.spec.SecretKeySpec(SECRET.getBytes(UTF_8), "HmacSHA256"));
    return content
        + "."
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(mac.doFinal(content.getBytes(US_ASCII)));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void refuses(Row row) {
    assertInvalid(row.token());
  }

  private void assertRefused(String token, String reason) {
    assertThat(tokens.verify(token, NOW))
        .isInstanceOfSatisfying(
            Verified.Invalid.class, invalid -> assertThat(invalid.reason()).contains(reason));
  }

  /** The caller learns nothing of it; who runs the gateway must. */
  @Test
  void saysWhyForTheLog() throws Exception {
    String good = HS256.token(claims("hs"));
    assertRefused("a.b.c.d.e", "encrypted");
    assertRefused("a.b.c.d", "not three parts");
    assertRefused("a.b.c.d.e.f", "not three parts");
    assertRefused("a.b", "not three parts");
    assertRefused("a", "not three parts");
    assertRefused(good + "=", "padded");
    assertRefused(good + "\u00e9", "Base64url");
    assertRefused(good + "A".repeat(Tokens.MAX_LENGTH), "longer");
    assertRefused(HS256.token(Map.of("alg", "none"), claims("hs")), "alg");
    assertRefused(HS256.token(Map.of("alg", "HS256", "kid", 1), claims("hs")), "kid");
    assertRefused(HS256.token(Map.of("alg", "HS256", "typ", "x"), claims("hs")), "typ");
    assertRefused(HS256.token(Map.of("alg", "HS256", "cty", "JWT"), claims("hs")), "within");
    assertRefused(HS256.token(Map.of("alg", "HS256", "crit", 1), claims("hs")), "critical");
    assertRefused(HS256.token(claims(c -> c.remove("iss"))), "without issuer");
    assertRefused(HS256.token(claims("rs")), "no trusted issuer");
    assertRefused(HS256.token(claims(c -> c.remove("exp"))), "exp is missing");
    assertRefused(HS256.token(claims(c -> c.remove("sub"))), "without subject");
    assertRefused(HS256.token(claims(c -> c.put("sub", "\n"))), "control");
    assertRefused(HS256.token(claims(c -> c.put("role_ids", 1))), "roles");
    assertRefused(HS256.token(claims(c -> c.put("pathname_slugs", 1))), "pathname_slugs");
    assertRefused(HS256.token(claims(c -> c.put("jti", 1))), "jti");
    assertRefused(HS256.token(claims(c -> c.put("iat", NOW.getEpochSecond() + 6))), "future");
    assertRefused(HS256.token(claims(c -> c.put("nbf", NOW.getEpochSecond() + 6))), "not valid");
    assertRefused(signed("{\"alg\":\"HS256\"}", "{"), "the payload is not one JSON");
    assertRefused(signed("[]", "{}"), "the header is not one JSON");
    String told = "eyJhbGciOiJIUzI1NiIsImtpZCI6c2VjcmV0fQ"; // {"alg":"HS256","kid":secret}
    assertThat(tokens.verify(told + "..", NOW).toString()).doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"JWT", "jwt", "application/jwt", "at+jwt", "AT+JWT", "application/at+jwt"})
  void takesTokensOfTheTypesThatAreMeantForIt(String type) {
    String token = HS256.token(Map.of("alg", "HS256", "typ", type), claims("hs"));
    assertThat(tokens.verify(token, NOW)).isInstanceOf(Verified.Valid.class);
  }

  /** RFC 8725 section 3.10: whatever keys a token brings along, only the issuer's counts. */
  @Test
  void passesOverKeysInTheHeader() {
    for (Map.Entry<String, Object> brought :
        Map.<String, Object>of(
                "jwk",
                RS256_OTHER.jwk(),
                "jku",
                "http://127.0.0.1:1/",
                "x5u",
                "http://127.0.0.1:1/",
                "x5c",
                List.of("MIIB"))
            .entrySet()) {
      Map<String, Object> header = Map.of("alg", "RS256", brought.getKey(), brought.getValue());
      assertThat(tokens.verify(RS256.token(header, claims("rs")), NOW))
          .as(brought.getKey())
          .isInstanceOf(Verified.Valid.class);
      assertInvalid(RS256_OTHER.token(header, claims("rs")));
    }
  }

  @Test
  void looksAtTokensOfABoundedLength() {
    for (int filler = 5_800; filler < 6_000; filler++) {
      String text = "x".repeat(filler);
      String token = HS256.token(claims(c -> c.put("filler", text)));
      assertThat(tokens.verify(token, NOW) instanceof Verified.Valid)
          .as("%d characters", token.length())
          .isEqualTo(token.length() <= Tokens.MAX_LENGTH);
    }
  }

  /** Definitions with one name are several chances, not the first one's say. */
  @Test
  void asksEachIssuerOfTheSameName() {
    Issuer a = Issuer.compile(definition("hs", List.of("HS256"), List.of(), "a"), SECRET);
    Issuer b = Issuer.compile(definition("hs", List.of("HS256"), List.of(), "b"), SECRET);
    Issuer other = Issuer.compile(definition("hs", List.of("RS256"), List.of(RS256), null), null);
    String token = HS256.token(claims(c -> c.put("aud", "b")));
    for (List<Issuer> order : List.of(List.of(a, b, other), List.of(other, b, a))) {
      Tokens several = new Tokens(order);
      assertThat(several.verify(token, NOW)).isInstanceOf(Verified.Valid.class);
      assertThat(several.verify(RS256.token(claims("hs")), NOW)).isInstanceOf(Verified.Valid.class);
      assertThat(several.verify(HS256.token(claims("hs")), NOW))
          .isInstanceOf(Verified.Invalid.class);
      assertThat(several.verify(token, NOW.plusSeconds(65))).isInstanceOf(Verified.Expired.class);
    }
  }

  /** Whatever one letter becomes, nobody is let in by it. */
  @Test
  void refusesEveryChangedLetter() {
    String good = RS256.token(claims("rs"));
    assertThat(tokens.verify(good, NOW)).isInstanceOf(Verified.Valid.class);
    for (int i = 0; i < good.length(); i++) {
      char other = good.charAt(i) == 'A' ? 'Q' : 'A';
      String changed = good.substring(0, i) + other + good.substring(i + 1);
      assertThat(tokens.verify(changed, NOW))
          .as("letter %d", i)
          .isNotInstanceOf(Verified.Valid.class);
    }
  }

  /** RFC 4648 section 3.5: bits that nobody reads must not make a second token of one. */
  @Test
  void refusesASignatureInASecondSpelling() {
    String good = HS256.token(claims("hs"));
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(good.charAt(good.length() - 1));
    for (int bits = 1; bits < 4; bits++) {
      assertInvalid(good.substring(0, good.length() - 1) + alphabet.charAt(last ^ bits));
    }
  }

  @Test
  void looksOnlyAtTheKeyThatIsNamed() {
    Tokens two = new Tokens(List.of(rs(RS256, RS256_OTHER)));
    assertThat(two.verify(RS256.token(claims("rs")), NOW)).isInstanceOf(Verified.Valid.class);
    assertThat(two.verify(RS256_OTHER.token(claims("rs")), NOW)).isInstanceOf(Verified.Valid.class);
    assertThat(two.verify(RS256.token(Map.of("alg", "RS256"), claims("rs")), NOW))
        .isInstanceOf(Verified.Valid.class);
    assertThat(two.verify(RS256.token(Map.of("alg", "RS256", "kid", "r2"), claims("rs")), NOW))
        .isInstanceOf(Verified.Invalid.class);
  }

  /** RFC 7519 section 2: a time may have a fraction. */
  @Test
  void holdsToTheFractionOfASecond() {
    double now = NOW.getEpochSecond();
    String early = HS256.token(claims(c -> c.put("nbf", now + 5.5)));
    assertThat(tokens.verify(early, NOW.plusMillis(499))).isInstanceOf(Verified.Invalid.class);
    assertThat(tokens.verify(early, NOW.plusMillis(500))).isInstanceOf(Verified.Valid.class);
    String late = HS256.token(claims(c -> c.put("exp", now + 0.5)));
    assertThat(tokens.verify(late, NOW.plusMillis(5_499))).isInstanceOf(Verified.Valid.class);
    assertThat(tokens.verify(late, NOW.plusMillis(5_500))).isInstanceOf(Verified.Expired.class);
    String end = HS256.token(claims(c -> c.put("exp", 253_402_300_799L)));
    assertThat(tokens.verify(end, NOW)).isInstanceOf(Verified.Valid.class);
    assertInvalid(HS256.token(claims(c -> c.put("exp", 253_402_300_800L))));
    assertThat(tokens.verify(HS256.token(claims(c -> c.put("nbf", 0))), NOW))
        .isInstanceOf(Verified.Valid.class);
  }

  /** Claims stand where the issuer says, and nowhere else. */
  @Test
  void readsClaimsWhereTheIssuerSays() {
    IssuerDefinition.Claims places =
        new IssuerDefinition.Claims(
            "https://x/email", "/org/id", "/realm_access/roles", "groups", "/a~1b/0/slugs");
    IssuerDefinition own = definition("hs", List.of("HS256"), List.of(), null);
    Issuer issuer =
        Issuer.compile(
            new IssuerDefinition(
                "hs", "https://hs", own.algorithms(), List.of(), null, null, 0, places),
            SECRET);
    Tokens mapped = new Tokens(List.of(issuer));
    Map<String, Object> claims = claims("hs");
    assertThat(mapped.verify(HS256.token(claims), NOW)).isInstanceOf(Verified.Invalid.class);
    claims.put("https://x/email", "a@x.test");
    claims.put("org", Map.of("id", "other"));
    claims.put("realm_access", Map.of("roles", List.of("r1", "r2")));
    claims.put("a/b", List.of(Map.of("slugs", List.of("s"))));
    assertThat(mapped.verify(HS256.token(claims), NOW))
        .isInstanceOfSatisfying(
            Verified.Valid.class,
            valid -> {
              assertThat(valid.principal().subject()).isEqualTo("a@x.test");
              assertThat(valid.principal().tenant()).isEqualTo("other");
              assertThat(valid.principal().roles()).containsExactly("r1", "r2");
              assertThat(valid.principal().slugs()).containsExactly("s");
            });
    claims.put("realm_access", Map.of("roles", "r1"));
    assertThat(mapped.verify(HS256.token(claims), NOW)).isInstanceOf(Verified.Invalid.class);
    claims.put("realm_access", List.of("r1"));
    assertThat(mapped.verify(HS256.token(claims), NOW))
        .isInstanceOfSatisfying(
            Verified.Valid.class, valid -> assertThat(valid.principal().roles()).isEmpty());
  }

  /** Leeway is 5 s; RFC 7519 section 4.1.4: not on or after exp. */
  @ParameterizedTest
  @CsvSource({
    "exp,6,Valid",
    "exp,0,Valid",
    "exp,-4,Valid",
    "exp,-5,Expired",
    "exp,-6,Expired",
    "nbf,-6,Valid",
    "nbf,0,Valid",
    "nbf,5,Valid",
    "nbf,6,Invalid",
    "iat,-6,Valid",
    "iat,5,Valid",
    "iat,6,Invalid"
  })
  void holdsInItsTime(String claim, int seconds, String outcome) {
    String token = HS256.token(claims(c -> c.put(claim, NOW.getEpochSecond() + seconds)));
    assertThat(tokens.verify(token, NOW).getClass().getSimpleName()).isEqualTo(outcome);
  }

  @ParameterizedTest
  @CsvSource({"a,true", "b,false"})
  void holdsForItsAudience(String audience, boolean valid) {
    Issuer issuer = Issuer.compile(definition("hs", List.of("HS256"), List.of(), "a"), SECRET);
    Tokens strict = new Tokens(List.of(issuer));
    for (Object aud : List.of(audience, List.of("x", audience))) {
      assertThat(
              strict.verify(HS256.token(claims(c -> c.put("aud", aud))), NOW)
                  instanceof Verified.Valid)
          .isEqualTo(valid);
    }
    assertThat(strict.verify(HS256.token(claims("hs")), NOW)).isInstanceOf(Verified.Invalid.class);
    for (Object aud : List.of(List.of(), List.of("a", 7), 7, List.of(List.of("a")))) {
      assertThat(strict.verify(HS256.token(claims(c -> c.put("aud", aud))), NOW))
          .as("%s", aud)
          .isInstanceOf(Verified.Invalid.class);
    }
    Map<String, Object> nested = new LinkedHashMap<>(claims("hs"));
    nested.put("aud", Map.of("x", "a"));
    assertThat(strict.verify(HS256.token(nested), NOW)).isInstanceOf(Verified.Invalid.class);
  }

  private static Principal principal() {
    return new Principal(
        "a",
        "t",
        List.of(),
        List.of(),
        Map.of(),
        null,
        null,
        Instant.EPOCH,
        NOW,
        NOW.plusSeconds(10),
        "",
        null);
  }

  /** What a revocation goes by (RFC 7519 sections 4.1.6 and 4.1.7). */
  @Test
  void tellsWhichTokenItIsAndWhenItWasIssued() {
    String token = HS256.token(claims(c -> c.put("jti", "j-1")));
    assertThat(tokens.verify(token, NOW))
        .isInstanceOfSatisfying(
            Verified.Valid.class,
            valid -> {
              assertThat(valid.principal().tokenId()).isEqualTo("j-1");
              assertThat(valid.principal().issuedAt()).isEqualTo(NOW);
            });
    assertThat(tokens.verify(HS256.token(claims(c -> c.remove("iat"))), NOW))
        .isInstanceOfSatisfying(
            Verified.Valid.class,
            valid -> assertThat(valid.principal().issuedAt()).isEqualTo(Instant.EPOCH));
  }

  @Test
  void holdsStillOrNoMoreWhenLookedAtLater() {
    Principal principal = principal();
    assertThat(Tokens.inTime(principal, NOW)).isInstanceOf(Verified.Valid.class);
    assertThat(Tokens.inTime(principal, NOW.minusMillis(1))).isInstanceOf(Verified.Invalid.class);
    assertThat(Tokens.inTime(principal, NOW.plusSeconds(10))).isInstanceOf(Verified.Expired.class);
  }

  @Test
  void refusesWeakKeysAtOnce() {
    assertThatThrownBy(
            () ->
                Issuer.compile(definition("x", List.of("HS512"), List.of(), null), "x".repeat(63)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("xxx");
    assertThatThrownBy(
            () -> Issuer.compile(definition("x", List.of("HS256"), List.of(), null), null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** A key of another kind is no key of the issuer's, whatever put it there. */
  @Test
  void bindsAKeyToAnAlgorithmThatItFitsOnly() {
    IssuerKey key = IssuerKey.ofJwk(jwk(RS256));
    assertThat(VerificationKey.of(key, SigningAlgorithm.RS256).id()).isEqualTo("r1");
    for (SigningAlgorithm other : SigningAlgorithm.values()) {
      if (other != SigningAlgorithm.RS256) {
        assertThatThrownBy(() -> VerificationKey.of(key, other))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
    byte[] secret = SECRET.getBytes(UTF_8);
    assertThatThrownBy(() -> VerificationKey.shared(secret, SigningAlgorithm.RS256))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Issuers give claims many forms; an object has no values. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ["staff","a, b"]  | staff;a, b
          "staff"           | staff
          ["staff",3,null]  | staff;3
          []                |
          {"staff":true}    |
          null              |
          7                 | 7
          """)
  void readsGroupsOnlyWhereTheyAreAskedFor(String groups, String read) throws Exception {
    Map<String, Object> claims = claims("hs");
    claims.put("groups", JSON.readTree(groups));
    String token = HS256.token(claims);
    Tokens asking = new Tokens(List.of(hs("HS256")), null, new Asked(true, Set.of("org", "flags")));
    assertThat(groups(asking.verify(token, NOW)))
        .isEqualTo(read == null ? List.of() : List.of(read.split(";")));
    assertThat(groups(tokens.verify(token, NOW))).isEmpty();
  }

  private static List<String> groups(Verified outcome) {
    return switch (outcome) {
      case Verified.Valid valid -> valid.principal().groups();
      case Verified.Expired expired -> throw new AssertionError(outcome);
      case Verified.Unknown unknown -> throw new AssertionError(outcome);
      case Verified.Invalid invalid -> throw new AssertionError(outcome);
    };
  }

  @Test
  void keepsOnlyTheClaimsThatAreAskedFor() {
    String token =
        HS256.token(
            claims(
                more -> {
                  more.put("org", "acme");
                  more.put("flags", Map.of("a", true));
                  more.put("email", "alice@acme.test");
                }));
    Tokens asking =
        new Tokens(List.of(hs("HS256")), null, new Asked(false, Set.of("org", "flags", "none")));
    assertThat(asking.verify(token, NOW))
        .isInstanceOfSatisfying(
            Verified.Valid.class,
            valid ->
                assertThat(valid.principal().claims())
                    .isEqualTo(Map.of("org", List.of("acme"), "flags", List.of())));
  }

  /** Two issuers of one name: the keys of one may be on their way while the other's are known. */
  @Test
  void waitsForKeysOnlyWhenNoneThatIsKnownSigned() {
    Issuer known = rs(RS256);
    List<String> waited = new ArrayList<>();
    KeySet late =
        new KeySet() {
          @Override
          public List<VerificationKey> keys(SigningAlgorithm algorithm, @Nullable String keyId) {
            return List.of();
          }

          @Override
          public List<VerificationKey> late(SigningAlgorithm algorithm, @Nullable String keyId) {
            waited.add(String.valueOf(keyId));
            return List.of(VerificationKey.of(IssuerKey.ofJwk(jwk(RS256_OTHER)), algorithm));
          }

          @Override
          public Proof proof(VerificationKey key) {
            return now -> now.isBefore(NOW.plusSeconds(1));
          }
        };
    Tokens both = new Tokens(List.of(new Issuer(known.definition(), late, ""), known));

    assertThat(both.verify(RS256.token(claims("rs")), NOW)).isInstanceOf(Verified.Valid.class);
    assertThat(waited).isEmpty();
    assertThat(both.verify(RS256_OTHER.token(claims("rs")), NOW))
        .isInstanceOfSatisfying(
            Verified.Valid.class,
            valid -> {
              VerifiedTokens<String> verified = new VerifiedTokens<>();
              verified.remember("token", both, valid, "access");
              assertThat(verified.find("token", both, NOW)).isNotNull();
              assertThat(verified.find("token", both, NOW.plusSeconds(1))).isNull();
            });
    assertThat(waited).containsExactly("r2");
    assertThat(both.verify(Jwts.key("r3", "RS256").token(claims("rs")), NOW))
        .isEqualTo(new Verified.Invalid("no trusted issuer signed it"));
  }

  @Test
  void forgetsWhatAnIssuerThatChangedHadSigned() {
    VerifiedTokens<String> verified = new VerifiedTokens<>();
    Principal principal = principal();
    verified.remember("token", tokens, new Verified.Valid(principal), "access");
    assertThat(verified.find("token", tokens, NOW)).isNotNull();
    assertThat(verified.find("token", new Tokens(List.of(hs("HS256"), rs(RS256))), NOW)).isNull();
    assertThat(verified.find("other", tokens, NOW)).isNull();
    verified.forgetExpired(NOW.plusSeconds(10));
    assertThat(verified.find("token", tokens, NOW)).isNotNull();
    verified.forgetExpired(NOW.plusSeconds(11));
    assertThat(verified.find("token", tokens, NOW)).isNull();
  }
}
