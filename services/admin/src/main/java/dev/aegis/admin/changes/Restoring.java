package dev.aegis.admin.changes;

import dev.aegis.admin.changes.Restoration.Step;
import dev.aegis.admin.changes.Restoration.Target;
import dev.aegis.admin.changes.Restored.Made;
import dev.aegis.admin.history.Past;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.JournalWriter;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Origin;
import dev.aegis.journal.Verdict;
import dev.aegis.model.Violation;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes back to a configuration of the past by new changes.
 *
 * <p>Everything is checked before anything is written. Each record expects the revision that the
 * check saw. When somebody else was faster, or Kafka went away in between, some of it is written
 * and the rest is not: what is missing is found anew, by this or by the next try.
 */
public final class Restoring {
  private static final Logger LOG = LoggerFactory.getLogger(Restoring.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int CHUNK = 500;
  private static final int ATTEMPTS = 4;

  private final JournalReader reader;
  private final JournalWriter writer;
  private final Publishing publishing;
  private final Consistency consistency;
  private final Announcing announcing;
  private final InstantSource clock;

  /**
   * @param reader this instance's fold
   * @param writer where records go
   * @param publishing waits meanwhile
   * @param consistency checks where it leads
   * @param announcing tells the world
   * @param clock for the time in a record
   */
  public Restoring(
      JournalReader reader,
      JournalWriter writer,
      Publishing publishing,
      Consistency consistency,
      Announcing announcing,
      InstantSource clock) {
    this.reader = reader;
    this.writer = writer;
    this.publishing = publishing;
    this.consistency = consistency;
    this.announcing = announcing;
    this.clock = clock;
  }

  /** What the way back comes to against one state of the configuration. */
  private sealed interface Draft {
    record Ready(Restoration restoration) implements Draft {}

    record Impossible(Refusal why) implements Draft {}
  }

  /** Goes back, or says what that would change. */
  public Restored restore(
      Past.Then then, Scope scope, String actor, @Nullable Origin origin, boolean rehearsal) {
    if (rehearsal) {
      try {
        return switch (draft(then, scope)) {
          case Draft.Ready(Restoration restoration) -> new Restored.Rehearsed(restoration);
          case Draft.Impossible(Refusal why) -> new Restored.Refused(why);
        };
      } catch (BusUnavailable e) {
        return unavailable("The journal's past cannot be read now");
      }
    }
    try (Underway.Tally tally = publishing.underway().begin(actor, origin, clock.instant())) {
      Restored restored = publishing.alone(() -> write(then, scope, actor, origin, tally));
      return restored == null ? unavailable("other changes take too long") : restored;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unavailable("the service is stopping");
    }
  }

  private Draft draft(Past.Then then, Scope scope) throws BusUnavailable {
    Fold now = reader.read(Fold::copy);
    // As of this very revision: a key that was revoked a moment ago must not come back.
    Target target = new Target(then.objects(), then.credentials(now.revision()));
    Restoration restoration = new GoingBack(now, target, scope).way();
    List<Violation> violations =
        consistency.check(now, restoration.steps(), !(scope instanceof Scope.Everything));
    return violations.isEmpty()
        ? new Draft.Ready(restoration)
        : new Draft.Impossible(Refusal.invalid(violations));
  }

  private Restored write(
      Past.Then then, Scope scope, String actor, @Nullable Origin origin, Underway.Tally tally)
      throws InterruptedException {
    List<Made> made = new ArrayList<>();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      String obstacle = publishing.obstacle();
      if (obstacle != null) {
        return unavailable(obstacle + said(made));
      }
      try {
        switch (draft(then, scope)) {
          case Draft.Impossible(Refusal why) -> {
            return new Restored.Refused(
                new Refusal(why.reason(), why.detail() + said(made), why.violations()));
          }
          case Draft.Ready(Restoration restoration) -> {
            if (write(restoration.steps(), actor, origin, made, tally)) {
              LOG.info("Went back by {} changes, for {}", made.size(), actor);
              return new Restored.Done(made, restoration.withheld());
            }
          }
        }
      } catch (BusUnavailable | TimeoutException e) {
        LOG.warn("Going back stopped after {} changes: {}", made.size(), e.getMessage());
        return unavailable("Kafka did not give or take all of it" + said(made));
      }
    }
    return new Restored.Refused(
        Refusal.of(
            Refusal.Reason.CONTENDED,
            "others changed the same objects "
                + ATTEMPTS
                + " times while this was tried"
                + said(made)));
  }

  /** Writes the steps; false when another writer was first with one of them. */
  private boolean write(
      List<Step> steps,
      String actor,
      @Nullable Origin origin,
      List<Made> made,
      Underway.Tally tally)
      throws BusUnavailable, TimeoutException, InterruptedException {
    boolean granted = true;
    int left = steps.size();
    tally.stands(made.size(), left);
    for (int from = 0; from < steps.size() && granted; from += CHUNK) {
      List<Step> chunk = steps.subList(from, Math.min(from + CHUNK, steps.size()));
      Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
      List<Long> revisions =
          writer.append(chunk.stream().map(step -> change(step, actor, origin, now)).toList());
      for (int i = 0; i < revisions.size(); i++) {
        long revision = revisions.get(i);
        Step step = chunk.get(i);
        switch (reader.await(revision, PATIENCE)) {
          case Verdict.Applied applied -> {
            made.add(new Made(step, revision));
            tally.stands(made.size(), --left);
            announcing.changed(step.key(), step.before(), step.after(), revision, actor, now);
          }
          case Verdict.Rejected rejected -> {
            LOG.info("Record {} came too late: {}", revision, rejected.message());
            granted = false;
          }
          case Verdict.Kept kept ->
              throw new IllegalStateException("This version does not know " + kept.key());
        }
      }
      if (revisions.size() < chunk.size()) {
        throw new TimeoutException(
            "only " + revisions.size() + " of " + chunk.size() + " records were confirmed");
      }
    }
    return granted;
  }

  private static Change change(Step step, String actor, @Nullable Origin origin, Instant now) {
    Entry before = step.before();
    return new Change(
        step.key(),
        step.after(),
        before == null ? Change.ABSENT : before.revision(),
        actor,
        now,
        origin);
  }

  /** How far it came, as the end of a sentence. */
  private static String said(List<Made> made) {
    return made.isEmpty()
        ? ""
        : "; "
            + made.size()
            + " changes are made, the last at revision "
            + made.getLast().revision()
            + ": ask again for the rest";
  }

  private static Restored unavailable(String detail) {
    return new Restored.Refused(Refusal.of(Refusal.Reason.JOURNAL_UNAVAILABLE, detail));
  }
}
