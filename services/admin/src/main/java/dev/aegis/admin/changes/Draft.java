package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an order comes to against one state of the configuration. */
sealed interface Draft {
  /**
   * It can be written.
   *
   * @param key the object
   * @param before as it stands, null when it does not exist
   * @param after as it shall stand, secrets sealed; null to delete it
   * @param revealed a secret that was made for it and is told once, or null
   * @param findings what is suspicious about it
   */
  record Ready(
      ObjectKey key,
      @Nullable Entry before,
      @Nullable ObjectNode after,
      @Nullable String revealed,
      List<Finding> findings)
      implements Draft, Writable {
    public Ready {
      findings = List.copyOf(findings);
    }
  }

  /** It cannot. */
  record Impossible(Refusal why) implements Draft {}
}
