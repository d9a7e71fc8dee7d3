package dev.aegis.admin.changes;

import dev.aegis.admin.access.Operator;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Fold;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Origin;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes many objects what they shall be, and says what became of them. */
final class Applying {
  private final JournalReader reader;
  private final BatchDrafting drafting;
  private final Batches batches;
  private final Lanes lanes;

  Applying(JournalReader reader, BatchDrafting drafting, Batches batches, Lanes lanes) {
    this.reader = reader;
    this.drafting = drafting;
    this.batches = batches;
    this.lanes = lanes;
  }

  Outcome apply(
      List<Desired> wanted,
      Operator operator,
      @Nullable Origin origin,
      boolean rehearsal,
      Outlook outlook)
      throws InterruptedException {
    Open open = new Open(wanted, operator, outlook);
    if (rehearsal) {
      Batches.Drafted<Draft.Ready> would = open.draft(null);
      return would.why() == null
          ? new Outcome.Rehearsed(
              would.changes().stream().map(Applying::step).toList(), open.unchanged, open.seen)
          : new Outcome.Refused(would.why());
    }
    try (Lanes.Held held =
        lanes.take(wanted.stream().map(Desired::key).toList(), Publishing.PATIENCE)) {
      return held == null
          ? new Outcome.Refused(
              Refusal.of(
                  Refusal.Reason.JOURNAL_UNAVAILABLE,
                  "other changes of the same tenants take too long"))
          : open.outcome(batches.write(open, operator.name(), origin));
    }
  }

  private static Outcome.Step step(Draft.Ready ready) {
    return new Outcome.Step(
        ready.key(), ready.before(), ready.after(), ready.revealed(), ready.findings());
  }

  /** What of the batch is left to do, and what was found to hold already. */
  private final class Open implements Batches.Plan<Draft.Ready> {
    private final Operator operator;
    private final Outlook outlook;
    private List<Desired> wanted;
    private int unchanged;
    private long seen;

    private Open(List<Desired> wanted, Operator operator, Outlook outlook) {
      this.wanted = wanted;
      this.operator = operator;
      this.outlook = outlook;
    }

    @Override
    public Batches.Drafted<Draft.Ready> draft(@Nullable Set<ObjectKey> lost) {
      if (lost != null) {
        wanted = wanted.stream().filter(each -> lost.contains(each.key())).toList();
      }
      Fold scratch = reader.read(Fold::copy);
      seen = scratch.revision();
      BatchDrafting.Drafted drafted = drafting.draft(scratch, wanted, operator);
      Refusal why =
          !drafted.violations().isEmpty()
              ? Refusal.invalid(drafted.violations())
              : lost == null ? outlook.judge(scratch) : null;
      unchanged += drafted.unchanged();
      return new Batches.Drafted<>(drafted.steps(), why);
    }

    private Outcome outcome(Batches.Written<Draft.Ready> written) {
      List<Outcome.Step> done = written.made().stream().map(made -> step(made.change())).toList();
      Refusal why = written.why();
      if (why == null) {
        return new Outcome.Held(done, unchanged, done.isEmpty() ? seen : written.revision());
      }
      return done.isEmpty()
          ? new Outcome.Refused(why)
          : new Outcome.Halfway(done, written.revision(), why);
    }
  }
}
