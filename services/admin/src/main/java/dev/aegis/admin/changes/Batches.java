package dev.aegis.admin.changes;

import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.JournalWriter;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
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
 * Writes many changes without waiting for each.
 *
 * <p>Each record expects the revision against which it was checked, as a single one does. Where
 * some lost against another writer, what is left is drafted and written again, as long as some
 * succeed within {@link Publishing#PATIENCE}.
 */
final class Batches {
  private static final Logger LOG = LoggerFactory.getLogger(Batches.class);

  /** Records that are on their way at once: few enough that Kafka takes them in time. */
  private static final int CHUNK = 1_000;

  private final JournalReader reader;
  private final JournalWriter writer;
  private final Announcing announcing;
  private final Obstacle obstacle;
  private final Underway underway;
  private final InstantSource clock;

  /** Why nothing can be written, or null when it can. */
  @FunctionalInterface
  interface Obstacle {
    @Nullable String look() throws InterruptedException;
  }

  Batches(
      JournalReader reader,
      JournalWriter writer,
      Announcing announcing,
      Obstacle obstacle,
      Underway underway,
      InstantSource clock) {
    this.reader = reader;
    this.writer = writer;
    this.announcing = announcing;
    this.obstacle = obstacle;
    this.underway = underway;
    this.clock = clock;
  }

  /** What the changes of a batch are against one state of the configuration. */
  @FunctionalInterface
  interface Plan<C extends Writable> {
    /**
     * Drafts what is left to write against what holds now.
     *
     * @param lost what came too late the last time, null the first time
     */
    Drafted<C> draft(@Nullable Set<ObjectKey> lost);
  }

  /**
   * What came of that.
   *
   * @param changes to be written, in this order
   * @param why they cannot be, or null
   */
  record Drafted<C extends Writable>(List<C> changes, @Nullable Refusal why) {}

  /** A change that was made, and its revision. */
  record Made<C extends Writable>(C change, long revision) {}

  /**
   * How far a batch has come.
   *
   * @param made in the order of the journal
   * @param why it came no further, null when all of it is made
   */
  record Written<C extends Writable>(List<Made<C>> made, @Nullable Refusal why) {
    /** Of the last change, -1 when there is none. */
    long revision() {
      return made.isEmpty() ? -1 : made.getLast().revision();
    }
  }

  /** Writes one batch, while nothing else writes what it is about. */
  <C extends Writable> Written<C> write(Plan<C> plan, String actor, @Nullable Origin origin)
      throws InterruptedException {
    try (Underway.Tally tally = underway.begin(actor, origin, clock.instant())) {
      return new Batch<C>(actor, origin, tally).write(plan);
    }
  }

  /** One batch, as far as it has come. */
  private final class Batch<C extends Writable> {
    private final String actor;
    private final @Nullable Origin origin;
    private final Underway.Tally tally;
    private final List<Made<C>> made = new ArrayList<>();
    private int left;

    private Batch(String actor, @Nullable Origin origin, Underway.Tally tally) {
      this.actor = actor;
      this.origin = origin;
      this.tally = tally;
    }

    private Written<C> write(Plan<C> plan) throws InterruptedException {
      long end = System.nanoTime() + Publishing.PATIENCE.toNanos();
      for (Set<ObjectKey> lost = null; ; ) {
        Drafted<C> drafted = plan.draft(lost);
        if (drafted.why() != null) {
          return ended(drafted.why());
        }
        List<C> changes = drafted.changes();
        int before = made.size();
        left = changes.size();
        tally.stands(before, left);
        lost = new HashSet<>();
        Refusal failed = write(changes, lost);
        if (failed != null) {
          return ended(failed);
        }
        if (lost.isEmpty()) {
          LOG.info("{} changes by {} in one go", made.size(), actor);
          return new Written<>(made, null);
        }
        LOG.info("{} of {} records came too late", lost.size(), changes.size());
        if (made.size() > before) {
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
      }
    }

    private Written<C> ended(Refusal why) {
      if (!made.isEmpty()) {
        LOG.warn("Only {} changes by {} were written: {}", made.size(), actor, why.detail());
      }
      return new Written<>(made, why);
    }

    private @Nullable Refusal write(List<C> changes, Set<ObjectKey> lost)
        throws InterruptedException {
      for (int from = 0; from < changes.size(); from += CHUNK) {
        Refusal failed = chunk(changes.subList(from, Math.min(changes.size(), from + CHUNK)), lost);
        if (failed != null) {
          return failed;
        }
      }
      return null;
    }

    private @Nullable Refusal chunk(List<C> changes, Set<ObjectKey> lost)
        throws InterruptedException {
      String obstructed = obstacle.look();
      if (obstructed != null) {
        return unavailable(obstructed);
      }
      Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
      List<Long> revisions;
      try {
        revisions = writer.append(changes.stream().map(change -> record(change, now)).toList());
      } catch (BusUnavailable e) {
        LOG.warn("{} changes could not be written: {}", changes.size(), e.getMessage());
        return unavailable("Kafka did not take the changes");
      }
      for (int i = 0; i < revisions.size(); i++) {
        C change = changes.get(i);
        long revision = revisions.get(i);
        Verdict verdict;
        try {
          verdict = reader.await(revision, Publishing.PATIENCE);
        } catch (TimeoutException e) {
          LOG.warn("Record {} for {} has not come back", revision, change.key());
          return unavailable("record " + revision + " is written but has not been read back");
        }
        switch (verdict) {
          case Verdict.Rejected rejected -> lost.add(change.key());
          case Verdict.Kept kept ->
              throw new IllegalStateException(
                  "This version wrote what it does not know: " + kept.key());
          case Verdict.Applied applied -> {
            made.add(new Made<>(change, revision));
            tally.stands(made.size(), --left);
            announcing.changed(change.key(), change.before(), change.after(), revision, actor, now);
          }
        }
      }
      return revisions.size() == changes.size()
          ? null
          : unavailable("Kafka did not take all of them");
    }

    private Change record(C change, Instant now) {
      Entry before = change.before();
      long expected = before == null ? Change.ABSENT : before.revision();
      return new Change(change.key(), change.after(), expected, actor, now, origin);
    }
  }

  private static Refusal unavailable(String detail) {
    return Refusal.of(Refusal.Reason.JOURNAL_UNAVAILABLE, detail);
  }
}
