package dev.aegis.gateway.identity;

import dev.aegis.journal.IssuerDefinition;

/**
 * The issuer of those tokens of a tenant that are no JWTs. There is one: a token is a secret that
 * nobody is shown but who made it.
 *
 * @param definition how its answers are read
 * @param introspector asks it
 * @param tenant that published it
 */
public record OpaqueIssuer(IssuerDefinition definition, Introspector introspector, String tenant) {

  /** Whether this is spelled as a token: {@code b64token} of RFC 6750 section 2.1. */
  static boolean spells(String token) {
    int end = token.length();
    while (end > 0 && token.charAt(end - 1) == '=') {
      end--;
    }
    for (int i = 0; i < end; i++) {
      char c = token.charAt(i);
      boolean fits =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || "-._~+/".indexOf(c) >= 0;
      if (!fits) {
        return false;
      }
    }
    return end > 0;
  }
}
