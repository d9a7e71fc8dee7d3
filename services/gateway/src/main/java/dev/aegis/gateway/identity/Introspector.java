package dev.aegis.gateway.identity;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.tokens.Proof;

/** Asks an issuer about tokens that only it can read, or remembers what it said. */
@FunctionalInterface
public interface Introspector {
  /** What the issuer says of {@code token}; may wait for it, within a bound. */
  Answer ask(String token);

  /** What an issuer says of a token. */
  sealed interface Answer {
    /**
     * It is active.
     *
     * @param claims what else the issuer says of it; not to be changed
     * @param proof for how long that need not be asked again
     */
    record Active(ObjectNode claims, Proof proof) implements Answer {}

    /** It is not, or not for those who ask. */
    record Inactive() implements Answer {}

    /**
     * The issuer does not say.
     *
     * @param why for the log
     */
    record Unanswered(String why) implements Answer {}
  }
}
