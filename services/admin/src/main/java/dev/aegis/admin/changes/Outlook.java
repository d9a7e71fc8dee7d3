package dev.aegis.admin.changes;

import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Fold;
import org.jspecify.annotations.Nullable;

/** Has a last word on a batch that is valid, before any of it is written. */
@FunctionalInterface
public interface Outlook {
  /**
   * Why the batch is not to be, or null when it is.
   *
   * @param wouldBe the configuration in which all of it holds; must not be kept
   */
  @Nullable Refusal judge(Fold wouldBe);
}
