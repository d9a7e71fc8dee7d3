package dev.aegis.admin.api;

import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.model.Violation;
import java.util.List;

/** Thrown where a request is read: it cannot be, and here is why. */
final class RefusedCall extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Refusal why;

  RefusedCall(Refusal why) {
    super(why.detail());
    this.why = why;
  }

  /** A request that cannot be understood. */
  static RefusedCall malformed(String detail) {
    return new RefusedCall(Refusal.of(Refusal.Reason.MALFORMED, detail));
  }

  /** A query parameter that cannot be understood. */
  static RefusedCall parameter(String name, String message) {
    return new RefusedCall(
        new Refusal(
            Refusal.Reason.MALFORMED,
            "Query parameter \"" + name + "\" " + message,
            List.of(new Violation("?" + name, message))));
  }

  Refusal why() {
    return why;
  }
}
