package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Violation;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which keys of issuers are taken: RFC 7517, RFC 7518 section 6, RFC 8037, RFC 8725. */
final class IssuerKeyTest {
  private static final KeyPair RSA = pair("RSA");

  private static KeyPair pair(String algorithm) {
    try {
      KeyPairGenerator generator;
      if (algorithm.startsWith("secp")) {
        generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(algorithm));
      } else {
        generator = KeyPairGenerator.getInstance(algorithm);
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String base64(BigInteger value, int length) {
    byte[] signed = value.toByteArray();
    byte[] bytes = new byte[length];
    int count = Math.min(signed.length, length);
    System.arraycopy(signed, signed.length - count, bytes, length - count, count);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static ObjectNode rsa(BigInteger modulus, BigInteger exponent) {
    return Json.object()
        .put("kty", "RSA")
        .put("n", base64(modulus, (modulus.bitLength() + 7) / 8))
        .put("e", base64(exponent, (exponent.bitLength() + 7) / 8));
  }

  private static ObjectNode rsa() {
    RSAPublicKey key = (RSAPublicKey) RSA.getPublic();
    return rsa(key.getModulus(), key.getPublicExponent());
  }

  private static ObjectNode ec(String standard, String name, int length) {
    ECPublicKey key = (ECPublicKey) pair(standard).getPublic();
    return Json.object()
        .put("kty", "EC")
        .put("crv", name)
        .put("x", base64(key.getW().getAffineX(), length))
        .put("y", base64(key.getW().getAffineY(), length));
  }

  private static ObjectNode ed25519() {
    return Json.object()
        .put("kty", "OKP")
        .put("crv", "Ed25519")
        .put("x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  }

  private static String pem(PublicKey key) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }

  private static List<String> fitting(IssuerKey key) {
    return List.of(SigningAlgorithm.values()).stream()
        .filter(key::fits)
        .map(SigningAlgorithm::text)
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "RSA,RS256 RS384 RS512 PS256 PS384 PS512",
    "secp256r1,ES256",
    "secp384r1,ES384",
    "secp521r1,ES512",
    "Ed25519,EdDSA",
    "Ed448,EdDSA"
  })
  void fitsTheAlgorithmsOfItsKindAndCurve(String made, String algorithms) {
    PublicKey key = pair(made).getPublic();
    IssuerKey read = IssuerKey.ofPem(pem(key));
    assertThat(read.key()).isEqualTo(key);
    assertThat(read.id()).isNull();
    assertThat(fitting(read)).containsExactly(algorithms.split(" "));
  }

  @ParameterizedTest
  @EnumSource(
      value = SigningAlgorithm.class,
      names = {"RS256", "PS256", "PS512"})
  void fitsTheAlgorithmThatItSaysOnly(SigningAlgorithm algorithm) {
    IssuerKey key = IssuerKey.ofJwk(rsa().put("alg", algorithm.text()).put("kid", "k"));
    assertThat(key.id()).isEqualTo("k");
    assertThat(fitting(key)).containsExactly(algorithm.text());
  }

  @Test
  void readsEachKindOfJwk() {
    assertThat(IssuerKey.ofJwk(rsa()).key()).isEqualTo(RSA.getPublic());
    assertThat(fitting(IssuerKey.ofJwk(ec("secp256r1", "P-256", 32)))).containsExactly("ES256");
    assertThat(fitting(IssuerKey.ofJwk(ec("secp384r1", "P-384", 48)))).containsExactly("ES384");
    assertThat(fitting(IssuerKey.ofJwk(ec("secp521r1", "P-521", 66)))).containsExactly("ES512");
    assertThat(fitting(IssuerKey.ofJwk(ed25519()))).containsExactly("EdDSA");
    // RFC 8032 section 7.4.
    ObjectNode ed448 = Json.object().put("kty", "OKP").put("crv", "Ed448");
    ed448.put("x", "X9dEm1m0Yf0s54fsYWrUah2hNCSFpw4fig6nXYDpZ3jt8SR2m0bHBhvWeD3x5Q9s0foavq_oJWGA");
    assertThat(fitting(IssuerKey.ofJwk(ed448))).containsExactly("EdDSA");
    ObjectNode full = rsa().put("use", "sig").put("x5c", "ignored").put("anything", 7);
    full.putArray("key_ops").add("sign").add("verify");
    assertThat(IssuerKey.ofJwk(full).only()).isNull();
  }

  record Wrong(String what, ObjectNode jwk, String why) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static Wrong wrong(String what, ObjectNode jwk, Consumer<ObjectNode> change, String why) {
    change.accept(jwk);
    return new Wrong(what, jwk, why);
  }

  static List<Wrong> unsound() {
    BigInteger modulus = ((RSAPublicKey) RSA.getPublic()).getModulus();
    BigInteger usual = BigInteger.valueOf(65_537);
    BigInteger odd = BigInteger.ONE;
    ObjectNode p256 = ec("secp256r1", "P-256", 32);
    return List.of(
        wrong("nothing", Json.object(), k -> {}, "kty"),
        wrong("a shared key", Json.object(), k -> k.put("kty", "oct").put("k", "AA"), "private"),
        wrong("oct without k", Json.object(), k -> k.put("kty", "oct"), "kty"),
        wrong("kty is a number", rsa(), k -> k.put("kty", 1), "kty"),
        wrong("kty in other letters", rsa(), k -> k.put("kty", "rsa"), "kty"),
        wrong("a private exponent", rsa(), k -> k.put("d", "AQ"), "private"),
        wrong("a prime", rsa(), k -> k.put("p", "AQ"), "private"),
        wrong("for encryption", rsa(), k -> k.put("use", "enc"), "use"),
        wrong("use is a list", rsa(), k -> k.putArray("use").add("sig"), "use"),
        wrong("for signing only", rsa(), k -> k.putArray("key_ops").add("sign"), "key_ops"),
        wrong("for nothing", rsa(), k -> k.putArray("key_ops"), "key_ops"),
        wrong("key_ops is text", rsa(), k -> k.put("key_ops", "verify"), "key_ops"),
        wrong("key_ops is an object", rsa(), k -> k.putObject("key_ops").put("a", "verify"), "ops"),
        wrong("alg of another kind", rsa(), k -> k.put("alg", "ES256"), "ES256"),
        wrong("alg of encryption", rsa(), k -> k.put("alg", "RSA-OAEP"), "alg"),
        wrong("alg none", rsa(), k -> k.put("alg", "none"), "alg"),
        wrong("alg HS256", rsa(), k -> k.put("alg", "HS256"), "HS256"),
        wrong("alg is a number", rsa(), k -> k.put("alg", 256), "alg"),
        wrong("an empty kid", rsa(), k -> k.put("kid", ""), "kid"),
        wrong("a long kid", rsa(), k -> k.put("kid", "x".repeat(257)), "kid"),
        wrong("kid is a number", rsa(), k -> k.put("kid", 7), "kid"),
        wrong("no modulus", rsa(), k -> k.remove("n"), "\"n\""),
        wrong("no exponent", rsa(), k -> k.remove("e"), "\"e\""),
        wrong("padding", rsa(), k -> k.put("e", "AQAB="), "\"e\""),
        wrong("not Base64url", rsa(), k -> k.put("n", "+".repeat(400)), "\"n\""),
        wrong("a huge modulus", rsa(), k -> k.put("n", "A".repeat(100_000)), "\"n\""),
        wrong("1024 bits", rsa(odd.shiftLeft(1023).add(odd), usual), k -> {}, "2048 to 8192"),
        wrong("2047 bits", rsa(odd.shiftLeft(2046).add(odd), usual), k -> {}, "not 2047"),
        wrong("8193 bits", rsa(odd.shiftLeft(8192).add(odd), usual), k -> {}, "not 8193"),
        wrong("an even modulus", rsa(modulus.clearBit(0), usual), k -> {}, "even"),
        wrong("exponent 1", rsa(modulus, odd), k -> {}, "65537"),
        wrong("exponent 3", rsa(modulus, BigInteger.valueOf(3)), k -> {}, "65537"),
        wrong("an even exponent", rsa(modulus, usual.add(odd)), k -> {}, "odd"),
        wrong("a long exponent", rsa(modulus, odd.shiftLeft(64).add(odd)), k -> {}, "64 bits"),
        wrong("no curve", ec("secp256r1", "P-256", 32), k -> k.remove("crv"), "crv"),
        wrong("a Koblitz curve", p256.deepCopy(), k -> k.put("crv", "secp256k1"), "crv"),
        wrong("another curve", p256.deepCopy(), k -> k.put("crv", "P-384"), "48 bytes"),
        wrong("alg of another curve", p256.deepCopy(), k -> k.put("alg", "ES384"), "ES384"),
        wrong("no y", p256.deepCopy(), k -> k.remove("y"), "\"y\""),
        wrong("not on the curve", p256.deepCopy(), k -> k.set("y", k.get("x")), "point"),
        wrong(
            "the point 0, 0",
            p256.deepCopy(),
            k -> k.put("x", "A".repeat(43)).put("y", "A".repeat(43)),
            "point"),
        wrong(
            "a coordinate beyond the field",
            p256.deepCopy(),
            k -> k.put("x", "_".repeat(42) + "8"),
            "point"),
        wrong("for key agreement", ed25519(), k -> k.put("crv", "X25519"), "crv"),
        wrong("short", ed25519(), k -> k.put("x", "AQAB"), "32 bytes"),
        wrong("not on Ed25519", ed25519(), k -> k.put("x", "Ag" + "A".repeat(41)), "point"),
        wrong("beyond Ed25519's field", ed25519(), k -> k.put("x", "_".repeat(42) + "8"), "point"));
  }

  @ParameterizedTest
  @MethodSource("unsound")
  void refusesAJwk(Wrong wrong) {
    assertThatThrownBy(() -> IssuerKey.ofJwk(wrong.jwk()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(wrong.why());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nothing | one public key",
        "'-----BEGIN PUBLIC KEY-----' | without its end",
        "'-----BEGIN PUBLIC KEY-----AAAA-----END PUBLIC KEY-----' | not a sound",
        "'-----BEGIN PUBLIC KEY-----?-----END PUBLIC KEY-----' | not Base64",
        "'-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----' | private",
        "'-----BEGIN RSA PRIVATE KEY-----AAAA-----END RSA PRIVATE KEY-----' | private",
        "'-----BEGIN RSA PUBLIC KEY-----AAAA-----END RSA PUBLIC KEY-----' | RSA PUBLIC KEY",
        "'-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----' | CERTIFICATE"
      })
  void refusesPem(String text, String why) {
    assertThatThrownBy(() -> IssuerKey.ofPem(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  void refusesPemOfTheWrongKey() {
    for (String made : List.of("X25519", "DSA", "DH")) {
      assertThatThrownBy(() -> IssuerKey.ofPem(pem(pair(made).getPublic())))
          .as(made)
          .isInstanceOf(IllegalArgumentException.class);
    }
    String twice = pem(RSA.getPublic()) + pem(RSA.getPublic());
    assertThatThrownBy(() -> IssuerKey.ofPem(twice)).hasMessageContaining("one public key");
  }

  /** A definition's keys are told apart by their ids, and no message repeats what was sent. */
  @Test
  void namesTheKeyThatIsWrong() {
    ObjectNode issuer = Json.object().put("id", "i").put("issuer", "x");
    issuer.putArray("algorithms").add("RS256").add("EdDSA");
    issuer
        .putArray("public_keys")
        .add(rsa().put("kid", "a"))
        .add(ed25519().put("kid", "a"))
        .add("-----BEGIN PUBLIC KEY-----c2VjcmV0-----END PUBLIC KEY-----");
    assertThatThrownBy(() -> Definition.read(Kind.ISSUER, issuer))
        .isInstanceOfSatisfying(
            InvalidDefinition.class,
            invalid ->
                assertThat(invalid.violations())
                    .extracting(Violation::field)
                    .containsExactly("/public_keys/1", "/public_keys/2"))
        .hasMessageNotContaining("c2VjcmV0");
  }

  @Test
  void takesAFewKeysOnly() {
    ObjectNode issuer = Json.object().put("id", "i").put("issuer", "x");
    issuer.putArray("algorithms").add("EdDSA");
    ArrayNode keys = issuer.putArray("public_keys");
    for (int i = 0; i < 20; i++) {
      keys.add(ed25519().put("kid", "k" + i));
    }
    assertThat(Definition.read(Kind.ISSUER, issuer)).isInstanceOf(IssuerDefinition.class);
    keys.add(ed25519().put("kid", "k20"));
    assertThatThrownBy(() -> Definition.read(Kind.ISSUER, issuer))
        .hasMessageContaining("at most 20");
  }
}
