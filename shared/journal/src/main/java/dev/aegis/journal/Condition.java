package dev.aegis.journal;

import java.util.List;

/**
 * What must be true of a caller for a permission to count: of one claim of its token. A claim has
 * the values that it is or lists: texts, and numbers and truth values as JSON writes them.
 */
public sealed interface Condition {
  /** Subject of the caller, which certificates name too. */
  String SUBJECT = "sub";

  /** Name of the claim, at the top of the token; {@code sub} is the caller's subject. */
  String claim();

  /** One of the claim's values is one of these. */
  record In(String claim, List<String> values) implements Condition {}

  /** The claim is there, whatever it says; or it is not. */
  record Present(String claim, boolean present) implements Condition {}

  /** Reads one. */
  static Condition read(Fields fields) {
    String claim = fields.text("claim");
    List<String> values = fields.texts("in");
    boolean present = fields.flag("present", true);
    if (fields.absent("in")) {
      if (fields.absent("present")) {
        fields.reject("in", "is required, or \"present\"");
      }
      return new Present(claim, present);
    }
    if (!fields.absent("present")) {
      fields.reject("present", "must not stand beside \"in\"");
    } else if (values.isEmpty()) {
      fields.reject("in", "must hold at least one value");
    }
    return new In(claim, values);
  }
}
