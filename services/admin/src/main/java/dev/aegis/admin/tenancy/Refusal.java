package dev.aegis.admin.tenancy;

import dev.aegis.model.Violation;
import java.util.List;

/**
 * Why the admin API does not do what it was asked.
 *
 * @param reason the closed list that clients program against
 * @param detail what happened this time, for a person; never carries a secret
 * @param violations everything wrong with the document or the parameters, empty for other reasons
 */
public record Refusal(Reason reason, String detail, List<Violation> violations) {
  public Refusal {
    violations = List.copyOf(violations);
  }

  /** A refusal without violations. */
  public static Refusal of(Reason reason, String detail) {
    return new Refusal(reason, detail, List.of());
  }

  /** A document that cannot stand as it is. */
  public static Refusal invalid(List<Violation> violations) {
    return new Refusal(
        Reason.INVALID,
        violations.size() == 1
            ? violations.getFirst().field() + " " + violations.getFirst().message()
            : violations.size() + " things are wrong with the document",
        violations);
  }

  /** The reasons, with their HTTP status and stable code. */
  public enum Reason {
    /** The request cannot be read: JSON, a parameter or a header. */
    MALFORMED(400, "malformed_request", "The request cannot be understood"),
    /** No credential, or one that is not accepted. */
    UNAUTHENTICATED(401, "invalid_token", "A valid operator token is required"),
    /** The operator's role does not allow it. */
    FORBIDDEN(403, "forbidden", "The operator may not do this"),
    /** Nothing stands under this path. */
    NOT_FOUND(404, "not_found", "There is no such object"),
    /** The path knows other methods. */
    METHOD_NOT_ALLOWED(405, "method_not_allowed", "The method is not available here"),
    /** The id is taken. */
    ALREADY_EXISTS(409, "already_exists", "The object exists already"),
    /** Another tenant answers under this host. */
    HOST_CONFLICT(409, "host_conflict", "The host belongs to another tenant"),
    /** Something else names the object. */
    IN_USE(409, "in_use", "The object is in use"),
    /** The tenant has as many as it may have. */
    TOO_MANY(409, "too_many", "There is no room for another object of this kind"),
    /** The same key is being worked on. */
    KEY_IN_PROGRESS(
        409, "idempotency_key_in_progress", "A request with this Idempotency-Key is under way"),
    /** The object was given elsewhere in the meantime and keeps changing. */
    CONTENDED(409, "contended", "The object keeps being changed by others"),
    /** The caller's {@code If-Match} is not the object's revision. */
    STALE_REVISION(412, "stale_revision", "The object has changed since it was read"),
    /** {@code If-None-Match: *} and the object exists. */
    EXISTS_ALREADY(412, "already_exists", "The object exists already"),
    /** The body is larger than the API takes. */
    TOO_LARGE(413, "payload_too_large", "The body is too large"),
    /** The body is not of a media type that the operation reads. */
    UNSUPPORTED_MEDIA_TYPE(
        415, "unsupported_media_type", "The body is not of a supported media type"),
    /** The document was read and cannot stand. */
    INVALID(422, "invalid", "The document is not valid"),
    /** The same key came with another request before. */
    KEY_REUSED(422, "idempotency_key_reused", "The Idempotency-Key was used for another request"),
    /** Too many tokens from the caller's address were wrong. */
    TOO_MANY_ATTEMPTS(429, "too_many_attempts", "Too many tokens were wrong"),
    /** The service behind this part of the API gave no usable answer. */
    BAD_BACKEND(502, "bad_backend", "A service behind the admin API failed"),
    /** Kafka cannot be written, or has not answered. */
    JOURNAL_UNAVAILABLE(503, "journal_unavailable", "The configuration cannot be changed now"),
    /** Nobody can say whether the token is one of an operator. */
    IDENTITY_UNAVAILABLE(503, "identity_unavailable", "The issuer of operators does not answer"),
    /** As many do this already as may at once. */
    OVERLOADED(503, "overloaded", "Too much at once"),
    /** The service behind this part of the API cannot be reached. */
    BACKEND_UNAVAILABLE(503, "service_unavailable", "A service behind the admin API is away");

    private final int status;
    private final String code;
    private final String title;

    Reason(int status, String code, String title) {
      this.status = status;
      this.code = code;
      this.title = title;
    }

    /** HTTP status, 400 to 599. */
    public int status() {
      return status;
    }

    /** Stable code of the problem. */
    public String code() {
      return code;
    }

    /** The same sentence for every problem of this reason. */
    public String title() {
      return title;
    }
  }
}
