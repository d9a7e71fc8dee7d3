package dev.aegis.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An answer that says what went wrong, as {@code application/problem+json} (RFC 9457).
 *
 * @param status HTTP status, 400 to 599
 * @param code stable machine-readable reason, such as {@code rate_limited}; the same in the log
 *     line, the metric and the event
 * @param title the same sentence for every problem of this code
 * @param detail what happened this time; never carries a secret
 * @param instance path of the request that failed
 * @param requestId id under which logs and events know the request
 * @param violations everything wrong with a submitted document, empty for other problems
 */
public record Problem(
    int status,
    String code,
    String title,
    String detail,
    @Nullable String instance,
    @Nullable String requestId,
    List<Violation> violations) {
  /** Media type of a problem. */
  public static final String MEDIA_TYPE = "application/problem+json";

  public Problem {
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("A problem's status is 400 to 599, not " + status);
    }
    violations = List.copyOf(violations);
  }

  /** A problem without violations. */
  public Problem(
      int status,
      String code,
      String title,
      String detail,
      @Nullable String instance,
      @Nullable String requestId) {
    this(status, code, title, detail, instance, requestId, List.of());
  }

  /** URI that names the kind of problem; a name, not a page that must resolve. */
  public String type() {
    return "urn:aegis:problem:" + code;
  }
}
