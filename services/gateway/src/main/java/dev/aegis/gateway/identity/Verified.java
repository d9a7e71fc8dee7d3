package dev.aegis.gateway.identity;

import dev.aegis.tokens.Proof;

/** What came of checking a token. */
public sealed interface Verified {
  /**
   * It holds.
   *
   * @param proof for how long that need not be verified again
   */
  record Valid(Principal principal, Proof proof) implements Verified {
    /** It holds for as long as nothing of its issuer is changed. */
    public Valid(Principal principal) {
      this(principal, Proof.LASTING);
    }
  }

  /** It held once. */
  record Expired() implements Verified {}

  /**
   * Nobody can say: whoever would know does not answer.
   *
   * @param reason why, for the log
   */
  record Unknown(String reason) implements Verified {}

  /**
   * It does not hold.
   *
   * @param reason why, for the log; the caller learns no more than that it is invalid
   */
  record Invalid(String reason) implements Verified {}
}
