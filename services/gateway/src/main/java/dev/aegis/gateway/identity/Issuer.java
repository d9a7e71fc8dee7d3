package dev.aegis.gateway.identity;

import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.tokens.FixedKeys;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.Proof;
import dev.aegis.tokens.SignedToken;
import dev.aegis.tokens.VerificationKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An issuer ready to check signatures.
 *
 * @param definition which algorithms it signs with, and how its tokens are read
 * @param keys its keys; only those bound to one of its algorithms count
 * @param tenant that published it, {@code ""} when that is not known
 */
public record Issuer(IssuerDefinition definition, KeySet keys, String tenant) {

  /** The same as one that {@code tenant} published. */
  public Issuer of(String tenant) {
    return new Issuer(definition, keys, tenant);
  }

  /**
   * Compiles an issuer whose keys are in its definition.
   *
   * @param secret the opened shared key of HS algorithms, null for the others
   * @throws IllegalArgumentException when the shared key is missing or too short; the message does
   *     not repeat it
   */
  public static Issuer compile(IssuerDefinition definition, @Nullable String secret) {
    List<SigningAlgorithm> algorithms = definition.algorithms();
    if (algorithms.isEmpty() || !algorithms.stream().allMatch(SigningAlgorithm::symmetric)) {
      return new Issuer(definition, FixedKeys.of(definition.publicKeys(), algorithms), "");
    }
    if (secret == null) {
      throw new IllegalArgumentException("it has no secret");
    }
    byte[] key = secret.getBytes(StandardCharsets.UTF_8);
    return new Issuer(definition, FixedKeys.shared(key, algorithms), "");
  }

  /** By which of its keys, the named one if one is named, this was made; null when by none. */
  @Nullable Proof proof(SignedToken token) {
    return takes(token) ? proof(token, keys.keys(token.algorithm(), token.keyId())) : null;
  }

  /** The same for keys that were not known until now; may wait for them. */
  @Nullable Proof lateProof(SignedToken token) {
    return takes(token) ? proof(token, keys.late(token.algorithm(), token.keyId())) : null;
  }

  private boolean takes(SignedToken token) {
    return definition.algorithms().contains(token.algorithm());
  }

  private @Nullable Proof proof(SignedToken token, List<VerificationKey> candidates) {
    for (VerificationKey key : candidates) {
      if (key.verifies(token.content(), token.signature())) {
        return keys.proof(key);
      }
    }
    return null;
  }
}
