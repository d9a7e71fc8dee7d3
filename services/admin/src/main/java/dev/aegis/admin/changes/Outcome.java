package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of many changes that were wanted in one go. */
public sealed interface Outcome {
  /**
   * One change.
   *
   * @param key the object
   * @param before as it stood, null when it did not exist
   * @param after as it stands now, null when it is gone
   * @param revealed a secret that was made for it and is told once, or null
   * @param findings what is suspicious about it
   */
  record Step(
      ObjectKey key,
      @Nullable Entry before,
      @Nullable ObjectNode after,
      @Nullable String revealed,
      List<Finding> findings) {
    public Step {
      findings = List.copyOf(findings);
    }
  }

  /**
   * Everything holds.
   *
   * @param steps what had to be changed for it, in the order of the journal
   * @param unchanged how many objects held already
   * @param revision of the last change, or the one that was looked at when there was none
   */
  record Held(List<Step> steps, int unchanged, long revision) implements Outcome {
    public Held {
      steps = List.copyOf(steps);
    }
  }

  /**
   * What would have to be changed; nothing was.
   *
   * @param steps in the order in which they would be written
   * @param unchanged how many objects hold already
   * @param revision that was looked at
   */
  record Rehearsed(List<Step> steps, int unchanged, long revision) implements Outcome {
    public Rehearsed {
      steps = List.copyOf(steps);
    }
  }

  /** Nothing was changed. */
  record Refused(Refusal why) implements Outcome {}

  /**
   * Some of it holds: the journal was lost, or another writer made the rest impossible. To want the
   * same again changes what is left.
   *
   * @param done what was changed
   * @param revision of the last change
   * @param why not all
   */
  record Halfway(List<Step> done, long revision, Refusal why) implements Outcome {
    public Halfway {
      done = List.copyOf(done);
    }
  }
}
