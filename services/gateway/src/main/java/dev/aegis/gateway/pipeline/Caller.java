package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.identity.Principal;

/**
 * The principal of a request, and what the tenant's roles allow it.
 *
 * @param principal who
 * @param access the compiled union of its roles
 * @param credential by what it was known
 * @param source where what it may do was known from
 */
public record Caller(
    Principal principal, Access access, Credential credential, Decisions.Source source) {

  /** What callers show to be identified. */
  public enum Credential {
    JWT("jwt"),
    API_KEY("api_key"),
    CLIENT_CERTIFICATE("client_certificate"),
    SIGNATURE("signature");

    private final String text;

    Credential(String text) {
      this.text = text;
    }

    /** Its name in records. */
    public String text() {
      return text;
    }
  }
}
