package dev.aegis.tokens;

import dev.aegis.journal.SigningAlgorithm;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one issuer as they are now. They may be replaced while requests run, without anything
 * else of the tenant being compiled again.
 */
public interface KeySet {
  /**
   * The keys that may have made a signature: those of the algorithm that have this id or none.
   *
   * @param keyId {@code kid} of the token; null when it has none, then any of the algorithm
   */
  List<VerificationKey> keys(SigningAlgorithm algorithm, @Nullable String keyId);

  /**
   * Those that were not known to {@link #keys} and are now, since the issuer was asked for them; it
   * may be waited for, within a bound. Only for a token that none of the known keys has made.
   */
  default List<VerificationKey> late(SigningAlgorithm algorithm, @Nullable String keyId) {
    return List.of();
  }

  /**
   * Why nobody can say now whether a key that is not known is one of the issuer's, for operators;
   * null when it is none.
   */
  default @Nullable String doubt() {
    return null;
  }

  /** What a key of the set that has verified a token is remembered by. */
  default Proof proof(VerificationKey key) {
    return Proof.LASTING;
  }
}
