package dev.aegis.tokens;

import dev.aegis.journal.IssuerKey;
import dev.aegis.journal.SigningAlgorithm;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** A key bound to one algorithm, so that no token can choose another (RFC 8725 section 3.1). */
public sealed interface VerificationKey {
  /** Its {@code kid}, or null: then it may be meant by any token. */
  @Nullable String id();

  /** The only algorithm it is used with. */
  SigningAlgorithm algorithm();

  /** Whether {@code signature} is one of {@code content} under this key. */
  boolean verifies(byte[] content, byte[] signature);

  /**
   * A public key of an issuer.
   *
   * @throws IllegalArgumentException when it cannot be used with the algorithm
   */
  static VerificationKey of(IssuerKey key, SigningAlgorithm algorithm) {
    if (!key.fits(algorithm)) {
      throw new IllegalArgumentException("one of its keys is not for " + algorithm.text());
    }
    return new Public(key.id(), algorithm, key.key());
  }

  /**
   * A key that the issuer shares.
   *
   * @throws IllegalArgumentException when it is shorter than the hash (RFC 7518 section 3.2)
   */
  static VerificationKey shared(byte[] secret, SigningAlgorithm algorithm) {
    int least = algorithm.hashBits() / 8;
    if (!algorithm.symmetric() || secret.length < least) {
      throw new IllegalArgumentException(
          "its secret is shorter than the " + least + " bytes that " + algorithm.text() + " needs");
    }
    return new Shared(algorithm, new SecretKeySpec(secret, "HmacSHA" + algorithm.hashBits()));
  }

  /** A key of HMAC (RFC 7518 section 3.2). */
  record Shared(SigningAlgorithm algorithm, SecretKey key) implements VerificationKey {
    @Override
    public @Nullable String id() {
      return null;
    }

    @Override
    public boolean verifies(byte[] content, byte[] signature) {
      try {
        Mac mac = Mac.getInstance(key.getAlgorithm());
        mac.init(key);
        // Takes as long whichever byte differs, so that nobody can guess byte after byte.
        return MessageDigest.isEqual(mac.doFinal(content), signature);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("The JDK knows " + key.getAlgorithm(), e);
      }
    }
  }

  /** A public key (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1). */
  record Public(@Nullable String id, SigningAlgorithm algorithm, PublicKey key)
      implements VerificationKey {
    @Override
    public boolean verifies(byte[] content, byte[] signature) {
      if (algorithm.family() == SigningAlgorithm.Family.ECDSA && !hasTwoNumbers(signature)) {
        return false;
      }
      Signature check;
      try {
        check = scheme(algorithm);
        check.initVerify(key);
        check.update(content);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("A key that was checked can be used", e);
      }
      try {
        return check.verify(signature);
      } catch (SignatureException e) {
        return false; // one of the wrong length, or that is no signature at all
      }
    }

    /**
     * Whether it is r and s of the curve's length and neither is 0. A verifier that takes 0 takes
     * every token (CVE-2022-21449), so this is not left to one.
     */
    private boolean hasTwoNumbers(byte[] signature) {
      int half =
          switch (algorithm.hashBits()) {
            case 256 -> 32;
            case 384 -> 48;
            default -> 66;
          };
      return signature.length == 2 * half
          && !isZero(signature, 0, half)
          && !isZero(signature, half, 2 * half);
    }

    private static boolean isZero(byte[] bytes, int from, int to) {
      for (int i = from; i < to; i++) {
        if (bytes[i] != 0) {
          return false;
        }
      }
      return true;
    }

    private static Signature scheme(SigningAlgorithm algorithm) throws GeneralSecurityException {
      int bits = algorithm.hashBits();
      return switch (algorithm.family()) {
        case RSA -> Signature.getInstance("SHA" + bits + "withRSA");
        case RSA_PSS -> {
          String hash = "SHA-" + bits;
          Signature scheme = Signature.getInstance("RSASSA-PSS");
          scheme.setParameter(
              new PSSParameterSpec(
                  hash,
                  "MGF1",
                  new MGF1ParameterSpec(hash),
                  bits / 8, // the salt is as long as the hash (RFC 7518 section 3.5)
                  PSSParameterSpec.TRAILER_FIELD_BC));
          yield scheme;
        }
        case ECDSA -> Signature.getInstance("SHA" + bits + "withECDSAinP1363Format");
        case EDDSA -> Signature.getInstance("EdDSA");
        case HMAC -> throw new IllegalStateException("HMAC has no public key");
      };
    }
  }
}
