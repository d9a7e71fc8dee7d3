package dev.aegis.tokens;

import dev.aegis.journal.IssuerKey;
import dev.aegis.journal.SigningAlgorithm;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keys that stand in the issuer's definition, or came from elsewhere all at once. */
public final class FixedKeys implements KeySet {
  private final List<VerificationKey> keys;

  private FixedKeys(List<VerificationKey> keys) {
    this.keys = List.copyOf(keys);
  }

  /** Each of the public keys for each of the algorithms that it fits; others are passed over. */
  public static FixedKeys of(List<IssuerKey> shown, List<SigningAlgorithm> algorithms) {
    List<VerificationKey> keys = new ArrayList<>();
    for (IssuerKey key : shown) {
      for (SigningAlgorithm algorithm : algorithms) {
        if (key.fits(algorithm)) {
          keys.add(VerificationKey.of(key, algorithm));
        }
      }
    }
    return new FixedKeys(keys);
  }

  /**
   * One shared key for each of the algorithms.
   *
   * @throws IllegalArgumentException when it is too short for one of them
   */
  public static FixedKeys shared(byte[] secret, List<SigningAlgorithm> algorithms) {
    return new FixedKeys(
        algorithms.stream().map(algorithm -> VerificationKey.shared(secret, algorithm)).toList());
  }

  @Override
  public List<VerificationKey> keys(SigningAlgorithm algorithm, @Nullable String keyId) {
    List<VerificationKey> meant = new ArrayList<>();
    for (VerificationKey key : keys) {
      if (key.algorithm() == algorithm
          && (keyId == null || key.id() == null || keyId.equals(key.id()))) {
        meant.add(key);
      }
    }
    return meant;
  }
}
