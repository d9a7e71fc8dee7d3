package dev.aegis.admin.changes;

import dev.aegis.admin.changes.Restoration.Step;
import dev.aegis.admin.changes.Restoration.Withheld;
import dev.aegis.admin.tenancy.Refusal;
import java.util.List;

/** What became of the wish to go back. */
public sealed interface Restored {
  /**
   * A change that was made.
   *
   * @param step what
   * @param revision its revision
   */
  record Made(Step step, long revision) {}

  /**
   * It is as it was.
   *
   * @param made what was changed for it, in this order
   * @param withheld what stays as it is nevertheless
   */
  record Done(List<Made> made, List<Withheld> withheld) implements Restored {
    public Done {
      made = List.copyOf(made);
      withheld = List.copyOf(withheld);
    }
  }

  /** What would have been changed. */
  record Rehearsed(Restoration restoration) implements Restored {}

  /** It is not; the reason says how much was changed, if anything was. */
  record Refused(Refusal why) implements Restored {}
}
