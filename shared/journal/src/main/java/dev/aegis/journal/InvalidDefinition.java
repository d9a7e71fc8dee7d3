package dev.aegis.journal;

import dev.aegis.model.Violation;
import java.util.List;

/** Thrown at the rim where a document is read: it is not a definition, and here is why. */
public final class InvalidDefinition extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Violation> violations;

  /**
   * @param violations what is wrong, not empty
   */
  public InvalidDefinition(List<Violation> violations) {
    super(summary(violations));
    this.violations = List.copyOf(violations);
  }

  /** Everything that is wrong. */
  public List<Violation> violations() {
    return violations;
  }

  private static String summary(List<Violation> violations) {
    StringBuilder text = new StringBuilder();
    for (Violation violation : violations) {
      text.append(text.isEmpty() ? "" : "; ")
          .append(violation.field())
          .append(' ')
          .append(violation.message());
    }
    return text.toString();
  }
}
