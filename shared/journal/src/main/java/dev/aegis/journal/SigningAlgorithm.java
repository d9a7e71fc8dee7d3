package dev.aegis.journal;

import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import org.jspecify.annotations.Nullable;

/**
 * A JWS algorithm that tokens may be signed with (RFC 7518 section 3.1, RFC 8037 section 3.1).
 * {@code none} is not among them (RFC 8725 section 3.2).
 */
public enum SigningAlgorithm {
  /** HMAC with SHA-256. */
  HS256(Family.HMAC, 256),
  /** HMAC with SHA-384. */
  HS384(Family.HMAC, 384),
  /** HMAC with SHA-512. */
  HS512(Family.HMAC, 512),
  /** RSASSA-PKCS1-v1_5 with SHA-256. */
  RS256(Family.RSA, 256),
  /** RSASSA-PKCS1-v1_5 with SHA-384. */
  RS384(Family.RSA, 384),
  /** RSASSA-PKCS1-v1_5 with SHA-512. */
  RS512(Family.RSA, 512),
  /** RSASSA-PSS with SHA-256, MGF1 with SHA-256. */
  PS256(Family.RSA_PSS, 256),
  /** RSASSA-PSS with SHA-384, MGF1 with SHA-384. */
  PS384(Family.RSA_PSS, 384),
  /** RSASSA-PSS with SHA-512, MGF1 with SHA-512. */
  PS512(Family.RSA_PSS, 512),
  /** ECDSA with P-256 and SHA-256. */
  ES256(Family.ECDSA, 256),
  /** ECDSA with P-384 and SHA-384. */
  ES384(Family.ECDSA, 384),
  /** ECDSA with P-521 and SHA-512. */
  ES512(Family.ECDSA, 512),
  /** EdDSA with Ed25519 or Ed448; the key says which. */
  EDDSA(Family.EDDSA, 512);

  /** What kind of key an algorithm takes, and how it signs. */
  public enum Family {
    /** A key that both sides know. */
    HMAC,
    /** RSASSA-PKCS1-v1_5. */
    RSA,
    /** RSASSA-PSS. */
    RSA_PSS,
    /** The curve belongs to the algorithm. */
    ECDSA,
    /** RFC 8032. */
    EDDSA
  }

  private final Family family;
  private final int hashBits;
  private final String text;

  SigningAlgorithm(Family family, int hashBits) {
    this.family = family;
    this.hashBits = hashBits;
    this.text = family == Family.EDDSA ? "EdDSA" : name();
  }

  /** The algorithm of exactly this name, or null. */
  public static @Nullable SigningAlgorithm of(String text) {
    for (SigningAlgorithm algorithm : values()) {
      if (algorithm.text.equals(text)) {
        return algorithm;
      }
    }
    return null;
  }

  /** Its name on the wire, the value of {@code alg}. */
  public String text() {
    return text;
  }

  /** Its family. */
  public Family family() {
    return family;
  }

  /** Bits of its hash; for HMAC the least length of a key, too (RFC 7518 section 3.2). */
  public int hashBits() {
    return hashBits;
  }

  /** Whether both sides have the same key. */
  public boolean symmetric() {
    return family == Family.HMAC;
  }

  /** Whether a key of this kind, and on this curve, can be one of the algorithm. */
  boolean takes(PublicKey key) {
    return switch (family) {
      case HMAC -> false;
      case RSA, RSA_PSS -> key instanceof RSAPublicKey;
      case ECDSA -> key instanceof ECPublicKey point && Curve.of(this).holds(point);
      case EDDSA -> key instanceof EdECPublicKey;
    };
  }
}
