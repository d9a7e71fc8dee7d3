package dev.aegis.tokens;

import java.time.Instant;

/**
 * That a token was verified: good for as long as the key is that verified it. Asked on every
 * request with the token, so it answers from memory.
 */
@FunctionalInterface
public interface Proof {
  /** One by a key that is good for as long as its issuer is not changed. */
  Proof LASTING = now -> true;

  /** Whether the key is good at {@code now}. */
  boolean holds(Instant now);
}
