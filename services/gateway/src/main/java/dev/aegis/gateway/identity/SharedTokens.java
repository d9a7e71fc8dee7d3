package dev.aegis.gateway.identity;

import java.time.Instant;

/**
 * Verified tokens that gateways tell each other of, so that a signature which one of them has
 * checked need not be checked by all.
 *
 * <p>It can be away, slow, emptied or full of lies without a wrong answer: what it does not know is
 * verified here, and what no gateway wrote is not believed. Whether a token is revoked, and what
 * its roles allow, is never asked here.
 */
public interface SharedTokens {
  /** Nothing is shared. */
  SharedTokens NONE =
      new SharedTokens() {
        @Override
        public Found find(String scope, String token) {
          return new Found.Nothing();
        }

        @Override
        public void put(String scope, String token, Principal principal, Instant now) {
          // Nobody is told.
        }
      };

  /** What is known of a token. */
  sealed interface Found {
    /** A gateway has verified it; its times are still to be looked at. */
    record Known(Principal principal) implements Found {}

    /** Nobody has verified it. */
    record Nothing() implements Found {}

    /** There was no answer, or none in time. */
    record NoAnswer() implements Found {}

    /** There was an answer that no gateway of this installation wrote. */
    record NotOurs() implements Found {}
  }

  /**
   * Looks a token up. Waits for a few milliseconds at most.
   *
   * @param scope tenant and rules under which it was verified, see {@code IdentityPlan.scope}
   */
  Found find(String scope, String token);

  /** Tells of a token that holds. Does not wait. */
  void put(String scope, String token, Principal principal, Instant now);
}
