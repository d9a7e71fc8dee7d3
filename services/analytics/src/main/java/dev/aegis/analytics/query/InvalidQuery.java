package dev.aegis.analytics.query;

import dev.aegis.model.Violation;
import java.util.List;

/** A question cannot be answered as it was put: everything that is wrong with it. */
public final class InvalidQuery extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<Violation> violations;

  InvalidQuery(List<Violation> violations) {
    super(violations.isEmpty() ? "" : violations.getFirst().message());
    this.violations = List.copyOf(violations);
  }

  /** What is wrong; a violation's field is the name of the query parameter. */
  public List<Violation> violations() {
    return violations;
  }
}
