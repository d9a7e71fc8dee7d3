package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.identity.Principal;
import org.jspecify.annotations.Nullable;

/**
 * The principal of a request, and what the tenant's roles allow it.
 *
 * @param principal who
 * @param access the compiled union of its roles
 * @param credential by what it was known
 * @param source where what it may do was known from
 * @param keyId of the API key, null without one
 */
public record Caller(
    Principal principal,
    Access access,
    Credential credential,
    Decisions.Source source,
    @Nullable String keyId) {

  /** What callers show to be identified. */
  public enum Credential {
    JWT("jwt"),
    API_KEY("api_key"),
    CLIENT_CERTIFICATE("client_certificate"),
    SIGNATURE("signature"),
    PLUGIN("plugin");

    private final String text;

    Credential(String text) {
      this.text = text;
    }

    /** Its name in records. */
    public String text() {
      return text;
    }
  }

  /**
   * Which of the subject's credentials it is: the id of the API key or of the token, or {@code ""}
   * if it has none.
   */
  public String key() {
    if (keyId != null) {
      return "key " + keyId;
    }
    String tokenId = principal.tokenId();
    return tokenId == null ? "" : "token " + tokenId;
  }
}
