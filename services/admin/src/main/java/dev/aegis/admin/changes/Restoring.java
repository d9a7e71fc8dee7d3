package dev.aegis.admin.changes;

import dev.aegis.admin.changes.Restoration.Step;
import dev.aegis.admin.changes.Restoration.Target;
import dev.aegis.admin.changes.Restoration.Withheld;
import dev.aegis.admin.changes.Restored.Made;
import dev.aegis.admin.history.Past;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Fold;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Origin;
import dev.aegis.model.Violation;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Goes back to a configuration of the past by new changes.
 *
 * <p>Everything is checked before anything is written. When somebody else was faster, or Kafka went
 * away in between, some of it is written and the rest is not: what is missing is found anew, by
 * this or by the next try.
 */
public final class Restoring {
  private final JournalReader reader;
  private final Publishing publishing;
  private final Consistency consistency;

  /**
   * @param reader this instance's fold
   * @param publishing writes, and waits meanwhile
   * @param consistency checks where it leads
   */
  public Restoring(JournalReader reader, Publishing publishing, Consistency consistency) {
    this.reader = reader;
    this.publishing = publishing;
    this.consistency = consistency;
  }

  /** Goes back, or says what that would change. */
  public Restored restore(
      Past.Then then, Scope scope, String actor, @Nullable Origin origin, boolean rehearsal) {
    Way way = new Way(then, scope);
    if (rehearsal) {
      Batches.Drafted<Step> would = way.draft(null);
      return would.why() == null
          ? new Restored.Rehearsed(new Restoration(would.changes(), way.withheld))
          : new Restored.Refused(would.why());
    }
    try {
      Batches.Written<Step> written =
          publishing.alone(() -> publishing.batches().write(way, actor, origin));
      return written == null
          ? new Restored.Refused(unavailable("other changes take too long"))
          : way.restored(written);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Restored.Refused(unavailable("the service is stopping"));
    }
  }

  /** The way back, which is looked for anew from wherever others have led meanwhile. */
  private final class Way implements Batches.Plan<Step> {
    private final Past.Then then;
    private final Scope scope;
    private List<Withheld> withheld = List.of();

    private Way(Past.Then then, Scope scope) {
      this.then = then;
      this.scope = scope;
    }

    @Override
    public Batches.Drafted<Step> draft(@Nullable Set<ObjectKey> lost) {
      Fold now = reader.read(Fold::copy);
      try {
        // As of this very revision: a key that was revoked a moment ago must not come back.
        Target target = new Target(then.objects(), then.credentials(now.revision()));
        Restoration restoration = new GoingBack(now, target, scope).way();
        withheld = restoration.withheld();
        List<Violation> violations =
            consistency.check(now, restoration.steps(), !(scope instanceof Scope.Everything));
        return new Batches.Drafted<>(
            restoration.steps(), violations.isEmpty() ? null : Refusal.invalid(violations));
      } catch (BusUnavailable e) {
        return new Batches.Drafted<>(
            List.of(), unavailable("The journal's past cannot be read now"));
      }
    }

    private Restored restored(Batches.Written<Step> written) {
      Refusal why = written.why();
      if (why == null) {
        return new Restored.Done(
            written.made().stream().map(made -> new Made(made.change(), made.revision())).toList(),
            withheld);
      }
      String said =
          written.made().isEmpty()
              ? ""
              : "; %d changes are made, the last at revision %d: ask again for the rest"
                  .formatted(written.made().size(), written.revision());
      return new Restored.Refused(new Refusal(why.reason(), why.detail() + said, why.violations()));
    }
  }

  private static Refusal unavailable(String detail) {
    return Refusal.of(Refusal.Reason.JOURNAL_UNAVAILABLE, detail);
  }
}
