package dev.aegis.gateway.identity;

/** What came of checking a token. */
public sealed interface Verified {
  /** It holds. */
  record Valid(Principal principal) implements Verified {}

  /** It held once. */
  record Expired() implements Verified {}

  /**
   * It does not hold.
   *
   * @param reason why, for the log; the caller learns no more than that it is invalid
   */
  record Invalid(String reason) implements Verified {}
}
