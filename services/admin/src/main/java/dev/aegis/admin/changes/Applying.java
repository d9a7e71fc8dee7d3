package dev.aegis.admin.changes;

import dev.aegis.admin.access.Operator;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.JournalWriter;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Origin;
import dev.aegis.journal.Verdict;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes many changes without waiting for each, and says what became of them.
 *
 * <p>Each record expects the revision against which it was checked, as a single one does. Those
 * that lost against another writer are checked and written again, as long as some of them succeed
 * within {@link Publishing#PATIENCE}.
 */
final class Applying {
  private static final Logger LOG = LoggerFactory.getLogger(Applying.class);

  /** Records that are under way at once: few enough that Kafka takes them in time. */
  private static final int CHUNK = 1_000;

  private final JournalReader reader;
  private final JournalWriter writer;
  private final BatchDrafting drafting;
  private final Announcing announcing;
  private final Lanes lanes;
  private final Obstacle obstacle;
  private final Underway underway;
  private final InstantSource clock;

  /** Why nothing can be written, or null when it can. */
  @FunctionalInterface
  interface Obstacle {
    @Nullable String look() throws InterruptedException;
  }

  Applying(
      JournalReader reader,
      JournalWriter writer,
      BatchDrafting drafting,
      Announcing announcing,
      Lanes lanes,
      Obstacle obstacle,
      Underway underway,
      InstantSource clock) {
    this.reader = reader;
    this.writer = writer;
    this.drafting = drafting;
    this.announcing = announcing;
    this.lanes = lanes;
    this.obstacle = obstacle;
    this.underway = underway;
    this.clock = clock;
  }

  Outcome apply(
      List<Desired> wanted,
      Operator operator,
      @Nullable Origin origin,
      boolean rehearsal,
      Outlook outlook)
      throws InterruptedException {
    if (rehearsal) {
      Fold scratch = reader.read(Fold::copy);
      long revision = scratch.revision();
      BatchDrafting.Drafted drafted = drafting.draft(scratch, wanted, operator);
      Refusal why = why(drafted, scratch, outlook);
      return why == null
          ? new Outcome.Rehearsed(
              drafted.steps().stream().map(Applying::step).toList(), drafted.unchanged(), revision)
          : new Outcome.Refused(why);
    }
    try (Underway.Tally tally = underway.begin(operator.name(), origin, clock.instant());
        Lanes.Held held =
            lanes.take(wanted.stream().map(Desired::key).toList(), Publishing.PATIENCE)) {
      return held == null
          ? new Outcome.Refused(
              Refusal.of(
                  Refusal.Reason.JOURNAL_UNAVAILABLE,
                  "other changes of the same tenants take too long"))
          : new Round(operator, origin, tally).write(wanted, outlook);
    }
  }

  private static @Nullable Refusal why(
      BatchDrafting.Drafted drafted, Fold wouldBe, Outlook outlook) {
    return drafted.violations().isEmpty()
        ? outlook.judge(wouldBe)
        : Refusal.invalid(drafted.violations());
  }

  private static Outcome.Step step(Draft.Ready ready) {
    return new Outcome.Step(
        ready.key(), ready.before(), ready.after(), ready.revealed(), ready.findings());
  }

  /** One application, as far as it has come. */
  private final class Round {
    private final Operator operator;
    private final String actor;
    private final @Nullable Origin origin;
    private final Underway.Tally tally;
    private final List<Outcome.Step> done = new ArrayList<>();
    private int left;
    private long revision = -1;

    private Round(Operator operator, @Nullable Origin origin, Underway.Tally tally) {
      this.operator = operator;
      this.actor = operator.name();
      this.origin = origin;
      this.tally = tally;
    }

    private Outcome write(List<Desired> wanted, Outlook outlook) throws InterruptedException {
      long end = System.nanoTime() + Publishing.PATIENCE.toNanos();
      int unchanged = 0;
      for (List<Desired> open = wanted; ; ) {
        Fold scratch = reader.read(Fold::copy);
        long seen = scratch.revision();
        BatchDrafting.Drafted drafted = drafting.draft(scratch, open, operator);
        Refusal why = why(drafted, scratch, done.isEmpty() ? outlook : wouldBe -> null);
        if (why != null) {
          return ended(why);
        }
        unchanged += drafted.unchanged();
        int before = done.size();
        Set<ObjectKey> lost = new HashSet<>();
        left = drafted.steps().size();
        tally.stands(before, left);
        Refusal failed = write(drafted.steps(), lost);
        if (failed != null) {
          return ended(failed);
        }
        if (lost.isEmpty()) {
          LOG.info("{} changes by {} in one go, up to revision {}", done.size(), actor, revision);
          return new Outcome.Held(done, unchanged, done.isEmpty() ? seen : revision);
        }
        LOG.info("{} of {} records came too late", lost.size(), drafted.steps().size());
        if (done.size() > before) {
          end = System.nanoTime() + Publishing.PATIENCE.toNanos();
        } else if (System.nanoTime() - end >= 0) {
          return ended(
              Refusal.of(
                  Refusal.Reason.CONTENDED,
                  "others were first with "
                      + lost.size()
                      + " objects at every try of "
                      + Publishing.PATIENCE.toSeconds()
                      + " s"));
        }
        open = open.stream().filter(each -> lost.contains(each.key())).toList();
      }
    }

    private Outcome ended(Refusal why) {
      if (done.isEmpty()) {
        return new Outcome.Refused(why);
      }
      LOG.warn("Only {} changes by {} were written: {}", done.size(), actor, why.detail());
      return new Outcome.Halfway(done, revision, why);
    }

    private @Nullable Refusal write(List<Draft.Ready> steps, Set<ObjectKey> lost)
        throws InterruptedException {
      for (int from = 0; from < steps.size(); from += CHUNK) {
        Refusal failed = chunk(steps.subList(from, Math.min(steps.size(), from + CHUNK)), lost);
        if (failed != null) {
          return failed;
        }
      }
      return null;
    }

    private @Nullable Refusal chunk(List<Draft.Ready> steps, Set<ObjectKey> lost)
        throws InterruptedException {
      String obstructed = obstacle.look();
      if (obstructed != null) {
        return unavailable(obstructed);
      }
      Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
      List<Change> changes = new ArrayList<>();
      for (Draft.Ready step : steps) {
        Entry before = step.before();
        long expected = before == null ? Change.ABSENT : before.revision();
        changes.add(new Change(step.key(), step.after(), expected, actor, now, origin));
      }
      List<Long> revisions;
      try {
        revisions = writer.append(changes);
      } catch (BusUnavailable e) {
        LOG.warn("{} changes could not be written: {}", changes.size(), e.getMessage());
        return unavailable("Kafka did not take the changes");
      }
      for (int i = 0; i < revisions.size(); i++) {
        Draft.Ready step = steps.get(i);
        long written = revisions.get(i);
        Verdict verdict;
        try {
          verdict = reader.await(written, Publishing.PATIENCE);
        } catch (TimeoutException e) {
          LOG.warn("Record {} for {} has not come back", written, step.key());
          return unavailable("record " + written + " is written but has not been read back");
        }
        switch (verdict) {
          case Verdict.Rejected rejected -> lost.add(step.key());
          case Verdict.Kept kept ->
              throw new IllegalStateException(
                  "This version wrote what it does not know: " + kept.key());
          case Verdict.Applied applied -> {
            revision = written;
            done.add(step(step));
            tally.stands(done.size(), --left);
            announcing.changed(step.key(), step.before(), step.after(), written, actor, now);
          }
        }
      }
      return revisions.size() == steps.size()
          ? null
          : unavailable("Kafka did not take all of them");
    }
  }

  private static Refusal unavailable(String detail) {
    return Refusal.of(Refusal.Reason.JOURNAL_UNAVAILABLE, detail);
  }
}
