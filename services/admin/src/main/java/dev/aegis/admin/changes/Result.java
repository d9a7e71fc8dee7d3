package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of an order. */
public sealed interface Result {
  /**
   * It is in force as {@code entry}.
   *
   * @param entry the object
   * @param created whether it did not exist before
   * @param revealed a secret that was made for it and is told once, or null
   */
  record Published(Entry entry, boolean created, @Nullable String revealed) implements Result {}

  /** It is gone since {@code revision}. */
  record Removed(ObjectKey key, long revision) implements Result {}

  /**
   * What would have happened.
   *
   * @param kind of the object
   * @param before as it stands, null when it does not exist
   * @param after as it would stand, null when it would be gone
   * @param findings what is suspicious about it
   */
  record Rehearsed(
      Kind kind, @Nullable Entry before, @Nullable ObjectNode after, List<Finding> findings)
      implements Result {
    public Rehearsed {
      findings = List.copyOf(findings);
    }
  }

  /** Nothing was changed. */
  record Refused(Refusal why) implements Result {}
}
