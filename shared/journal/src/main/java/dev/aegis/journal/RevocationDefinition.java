package dev.aegis.journal;

import java.time.Instant;

/**
 * Tokens of a tenant that are not taken any more, although they were issued and have not expired.
 *
 * @param id unique within the tenant
 * @param what which tokens
 * @param expiresAt from when it is not looked at, because all these tokens have expired; {@link
 *     Instant#MAX} for never
 */
public record RevocationDefinition(String id, Revoked what, Instant expiresAt)
    implements Definition {

  /** Which tokens are revoked. */
  public sealed interface Revoked {
    /** The one with this {@code jti} (RFC 7519 section 4.1.7), whoever issued it. */
    record Token(String id) implements Revoked {}

    /**
     * All of a subject that were issued before a moment; those that do not say when they were count
     * as issued before.
     */
    record Earlier(String subject, Instant issuedBefore) implements Revoked {}
  }

  static RevocationDefinition read(String id, Fields fields) {
    String token = fields.optionalText("jti");
    String subject = fields.optionalText("subject");
    Instant issuedBefore = fields.time("issued_before");
    Instant expiresAt = fields.time("expires_at");
    if (fields.absent("jti") == fields.absent("subject")) {
      fields.reject("jti", "must be there, or else \"subject\" and \"issued_before\"");
    } else if (fields.absent("subject") != fields.absent("issued_before")) {
      fields.reject("issued_before", "must be there beside \"subject\", and only there");
    }
    if (token != null && token.isEmpty()) {
      fields.reject("jti", "must not be empty");
    }
    if (subject != null && subject.isEmpty()) {
      fields.reject("subject", "must not be empty");
    }
    return new RevocationDefinition(
        id,
        subject == null || issuedBefore == null
            ? new Revoked.Token(token == null ? "" : token)
            : new Revoked.Earlier(subject, issuedBefore),
        expiresAt == null ? Instant.MAX : expiresAt);
  }
}
