package dev.aegis.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.KeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A public key under which an issuer signs, checked as soon as it is read: a key that is weak, or
 * for something else, never gets as far as a token.
 *
 * @param id its {@code kid}, or null
 * @param only the only algorithm that it is for, as it says itself, or null
 * @param key an RSA key of 2048 to 8192 bits, one on P-256, P-384 or P-521, or one of Ed25519 or
 *     Ed448
 */
public record IssuerKey(@Nullable String id, @Nullable SigningAlgorithm only, PublicKey key) {
  private static final int LEAST_RSA_BITS = 2048;
  private static final int MOST_RSA_BITS = 8192;
  private static final BigInteger LEAST_EXPONENT = BigInteger.valueOf(65_537);

  /** More would only make each check dearer. */
  private static final int MOST_EXPONENT_BITS = 64;

  private static final int MAX_ID = 256;
  private static final int MAX_NUMBER = 2_048;

  /** Members that only private and shared keys have (RFC 7518 sections 6.2.2, 6.3.2, 6.4). */
  private static final List<String> PRIVATE = List.of("d", "p", "q", "dp", "dq", "qi", "oth", "k");

  /**
   * Reads a JSON Web Key (RFC 7517, RFC 7518 section 6, RFC 8037 section 2). Members that say
   * nothing about the key's use here are passed over.
   *
   * @throws IllegalArgumentException when it is no public key for signatures that may be trusted;
   *     the message says why, without repeating the key
   */
  public static IssuerKey ofJwk(ObjectNode jwk) {
    for (String member : PRIVATE) {
      if (jwk.has(member)) {
        throw new IllegalArgumentException("has a private part (\"" + member + "\")");
      }
    }
    String use = text(jwk, "use");
    if (use != null && !use.equals("sig")) {
      throw new IllegalArgumentException("is not for signatures (\"use\")");
    }
    if (!verifies(jwk.path("key_ops"))) {
      throw new IllegalArgumentException("is not for verifying (\"key_ops\")");
    }
    String id = text(jwk, "kid");
    if (id != null && (id.isEmpty() || id.length() > MAX_ID)) {
      throw new IllegalArgumentException("must have a \"kid\" of 1 to " + MAX_ID + " characters");
    }
    String bound = text(jwk, "alg");
    SigningAlgorithm only = bound == null ? null : SigningAlgorithm.of(bound);
    if (bound != null && only == null) {
      throw new IllegalArgumentException("is for an algorithm that is not let in (\"alg\")");
    }
    PublicKey key = key(jwk);
    if (only != null && !only.takes(key)) {
      throw new IllegalArgumentException("is no key for " + only.text() + ", which it says");
    }
    return new IssuerKey(id, only, key);
  }

  /**
   * Reads a public key in PEM ({@code BEGIN PUBLIC KEY}, RFC 7468 section 13). It has no id.
   *
   * @throws IllegalArgumentException as {@link #ofJwk} does
   */
  public static IssuerKey ofPem(String pem) {
    return new IssuerKey(null, null, checked(Pem.publicKey(pem)));
  }

  /** Whether it may be used with the algorithm. */
  public boolean fits(SigningAlgorithm algorithm) {
    return (only == null || only == algorithm) && algorithm.takes(key);
  }

  private static boolean verifies(JsonNode operations) {
    if (operations.isMissingNode()) {
      return true;
    }
    for (JsonNode operation : operations) {
      if (operations.isArray() && "verify".equals(operation.textValue())) {
        return true;
      }
    }
    return false;
  }

  private static PublicKey key(ObjectNode jwk) {
    String type = text(jwk, "kty");
    try {
      return switch (type) {
        case "RSA" -> rsa(number(jwk, "n"), number(jwk, "e"));
        case "EC" -> onCurve(jwk);
        case "OKP" -> edwards(jwk);
        case null, default ->
            throw new IllegalArgumentException("must be of \"kty\" RSA, EC or OKP");
      };
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("is not a sound " + type + " key", e);
    }
  }

  private static PublicKey made(String kind, KeySpec spec) throws GeneralSecurityException {
    return KeyFactory.getInstance(kind).generatePublic(spec);
  }

  private static PublicKey rsa(BigInteger modulus, BigInteger exponent)
      throws GeneralSecurityException {
    check(modulus, exponent); // before the JDK does, which says less
    return made("RSA", new RSAPublicKeySpec(modulus, exponent));
  }

  private static PublicKey onCurve(ObjectNode jwk) throws GeneralSecurityException {
    Curve curve = Curve.of(String.valueOf(text(jwk, "crv")));
    if (curve == null) {
      throw new IllegalArgumentException("must be on the curve P-256, P-384 or P-521 (\"crv\")");
    }
    BigInteger x = new BigInteger(1, bytes(jwk, "x", curve.bytes()));
    BigInteger y = new BigInteger(1, bytes(jwk, "y", curve.bytes()));
    return checked(made("EC", new ECPublicKeySpec(new ECPoint(x, y), curve.parameters())));
  }

  /** RFC 8032 sections 5.1.2 and 5.2.2: y in little endian, the last bit is that of x. */
  private static PublicKey edwards(ObjectNode jwk) throws GeneralSecurityException {
    NamedParameterSpec curve;
    int length;
    switch (text(jwk, "crv")) {
      case "Ed25519" -> {
        curve = NamedParameterSpec.ED25519;
        length = 32;
      }
      case "Ed448" -> {
        curve = NamedParameterSpec.ED448;
        length = 57;
      }
      case null, default ->
          throw new IllegalArgumentException("must be on the curve Ed25519 or Ed448 (\"crv\")");
    }
    byte[] encoded = bytes(jwk, "x", length);
    byte[] bigEndian = new byte[length];
    for (int i = 0; i < length; i++) {
      bigEndian[i] = encoded[length - 1 - i];
    }
    boolean odd = (bigEndian[0] & 0x80) != 0;
    bigEndian[0] &= 0x7f;
    EdECPoint point = new EdECPoint(odd, new BigInteger(1, bigEndian));
    return checked(made("EdDSA", new EdECPublicKeySpec(curve, point)));
  }

  private static PublicKey checked(PublicKey key) {
    switch (key) {
      case RSAPublicKey rsa -> check(rsa.getModulus(), rsa.getPublicExponent());
      case ECPublicKey point -> check(point);
      case EdECPublicKey point -> check(point);
      default -> throw new IllegalArgumentException("must be an RSA, EC or EdDSA key");
    }
    return key;
  }

  /** RFC 7518 section 3.3, RFC 8725 section 3.5. */
  private static void check(BigInteger modulus, BigInteger exponent) {
    int bits = modulus.bitLength();
    if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS) {
      throw new IllegalArgumentException("must have 2048 to 8192 bits, not " + bits);
    }
    if (!modulus.testBit(0)) {
      throw new IllegalArgumentException("is not a sound RSA key: its modulus is even");
    }
    if (exponent.compareTo(LEAST_EXPONENT) < 0
        || exponent.bitLength() > MOST_EXPONENT_BITS
        || !exponent.testBit(0)) {
      throw new IllegalArgumentException(
          "must have an odd public exponent of 65537 or more, in at most 64 bits");
    }
    if (FactorableModulus.is(modulus)) {
      throw new IllegalArgumentException("is a weak key of a faulty generator (CVE-2017-15361)");
    }
  }

  /** RFC 8725 section 3.4: a point that is not on the curve gives the key away, or accepts more. */
  private static void check(ECPublicKey key) {
    for (Curve curve : Curve.ALL) {
      if (curve.holds(key)) {
        if (!curve.holds(key.getW())) {
          throw new IllegalArgumentException("is not a point on its curve");
        }
        return;
      }
    }
    throw new IllegalArgumentException("must be on the curve P-256, P-384 or P-521");
  }

  /** Only a signature object looks whether the point exists. */
  private static void check(EdECPublicKey key) {
    try {
      Signature.getInstance("EdDSA").initVerify(key);
    } catch (InvalidKeyException e) {
      throw new IllegalArgumentException("is not a point on its curve", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The JDK knows EdDSA", e);
    }
  }

  private static @Nullable String text(ObjectNode jwk, String name) {
    JsonNode value = jwk.path(name);
    if (!value.isMissingNode() && !value.isTextual()) {
      throw new IllegalArgumentException("must have a string for \"" + name + "\"");
    }
    return value.textValue();
  }

  private static BigInteger number(ObjectNode jwk, String name) {
    return new BigInteger(1, decoded(jwk, name));
  }

  private static byte[] bytes(ObjectNode jwk, String name, int length) {
    byte[] bytes = decoded(jwk, name);
    if (bytes.length != length) {
      throw new IllegalArgumentException(
          "must have " + length + " bytes for \"" + name + "\", not " + bytes.length);
    }
    return bytes;
  }

  private static byte[] decoded(ObjectNode jwk, String name) {
    String text = text(jwk, name);
    if (text == null || text.isEmpty() || text.length() > MAX_NUMBER || text.indexOf('=') >= 0) {
      throw new IllegalArgumentException(
          "must have Base64url without padding for \"" + name + "\" (RFC 7515 section 2)");
    }
    try {
      return Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("must have Base64url for \"" + name + "\"", e);
    }
  }
}
