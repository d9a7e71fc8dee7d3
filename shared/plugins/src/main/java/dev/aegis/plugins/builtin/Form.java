package dev.aegis.plugins.builtin;

import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import org.jspecify.annotations.Nullable;

/** What requests are held against. */
sealed interface Form permits OfSchemas, OfDocument {
  /**
   * Whether all of a request but its body has this form.
   *
   * @throws Effort.Exhausted when that cannot be said in time
   */
  Verdict head(Request request, Faults faults);

  /** What its body has to be. */
  Wanted body(Request request);

  /** What a body has to be. */
  sealed interface Wanted {}

  /** Whatever it is: it is not looked at. */
  record Anything() implements Wanted {}

  /** There may be none. */
  record Nothing() implements Wanted {}

  /**
   * JSON.
   *
   * @param required whether there has to be one
   * @param schema null when any will do
   */
  record Json(boolean required, @Nullable RequestSchema schema) implements Wanted {}
}
