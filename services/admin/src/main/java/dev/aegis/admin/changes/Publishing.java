package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.JournalWriter;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Origin;
import dev.aegis.journal.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes orders into the journal and says what became of them.
 *
 * <p>A record expects the revision against which the order was checked, so whatever another
 * instance wrote in between makes it void, on every reader alike; then the order is checked again
 * against what is there now. Within this instance orders for one tenant go one after the other, so
 * that what a check saw still holds when the record is written: an upstream does not go while a
 * route to it comes.
 */
public final class Publishing {
  private static final Logger LOG = LoggerFactory.getLogger(Publishing.class);

  /**
   * How long an order waits for others of its tenant, for its own record to come back, and goes on
   * while other instances keep being first. Tries are not counted: of two instances that write the
   * same object at full speed, the quicker one is first dozens of times in a row.
   */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration RECONNECT = Duration.ofSeconds(2);
  private static final Duration LOOK = Duration.ofMillis(20);
  private static final String ANOTHER_JOURNAL =
      "Kafka has another journal than the one whose configuration is in force. If it stays so, the"
          + " topic aegis.config was lost or made anew, and a change would replace all there is:"
          + " restore it, or delete fold.jsonl of every service to start empty";

  private final JournalReader reader;
  private final JournalWriter writer;
  private final Drafting drafting;
  private final Announcing announcing;
  private final InstantSource clock;
  private final Lanes lanes = new Lanes();
  private final Underway underway = new Underway();
  private final Batches batches;
  private final Applying applying;

  /**
   * @param reader this instance's fold
   * @param writer where records go
   * @param drafting checks orders
   * @param announcing tells the world
   * @param clock for the time in a record
   */
  public Publishing(
      JournalReader reader,
      JournalWriter writer,
      Drafting drafting,
      Announcing announcing,
      InstantSource clock) {
    this.reader = reader;
    this.writer = writer;
    this.drafting = drafting;
    this.announcing = announcing;
    this.clock = clock;
    this.batches = new Batches(reader, writer, announcing, this::obstacle, underway, clock);
    this.applying = new Applying(reader, drafting.batches(), batches, lanes);
  }

  /**
   * Makes many objects what they shall be, in as few changes as that takes, or says what is wrong
   * with all of them. Whatever holds already is not written again.
   *
   * <p>It is not one transaction: readers may see some of it before the rest.
   *
   * @param wanted in any order, each object at most once
   * @param operator who asks; one that is held to a tenant may want what it may do one by one
   * @param rehearsal whether to say what would happen and change nothing
   */
  public Outcome apply(List<Desired> wanted, Operator operator, boolean rehearsal) {
    return apply(wanted, operator, null, rehearsal, wouldBe -> null);
  }

  /**
   * The same, if {@code outlook} has nothing against it: it is asked once, when the batch is found
   * valid.
   *
   * @param origin the call that asks for it, null when none does
   */
  public Outcome apply(
      List<Desired> wanted,
      Operator operator,
      @Nullable Origin origin,
      boolean rehearsal,
      Outlook outlook) {
    try {
      return applying.apply(wanted, operator, origin, rehearsal, outlook);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome.Refused(
          Refusal.of(Refusal.Reason.JOURNAL_UNAVAILABLE, "the service is stopping"));
    }
  }

  /** What is being written now, beside single changes. */
  public Underway underway() {
    return underway;
  }

  /** Carries out an order, or says why not. */
  public Result publish(Order order) {
    if (order.rehearsal()) {
      return rehearse(order);
    }
    try (Lanes.Held lane = lanes.take(order.kind(), order.tenant(), PATIENCE)) {
      if (lane == null) {
        return unavailable("other changes of the same tenant take too long");
      }
      Result result = write(order);
      if (order.kind() == Kind.REVOCATION && result instanceof Result.Published published) {
        takeAway(published.entry().key());
      }
      return result;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unavailable("the service is stopping");
    }
  }

  /** What somebody does while nothing else is written here. */
  interface Alone<T> {
    T run() throws InterruptedException;
  }

  /** Writes many changes at once. */
  Batches batches() {
    return batches;
  }

  /** Does something while no order is carried out; null when those under way take too long. */
  <T> @Nullable T alone(Alone<T> work) throws InterruptedException {
    try (Lanes.Held all = lanes.takeAll(PATIENCE)) {
      return all == null ? null : work.run();
    }
  }

  /**
   * Takes revocations away that are over, so that they do not pile up. What becomes of it changes
   * nothing about the new one, which is written.
   */
  private void takeAway(ObjectKey beside) {
    try {
      for (Entry over : reader.read(fold -> Bounds.over(fold, beside, clock.instant()))) {
        Guard unchanged = new Guard.Matches(Set.of(over.revision()));
        Order order =
            new Order(
                Kind.REVOCATION,
                over.key().tenant(),
                over.key().id(),
                new Wish.Remove(),
                unchanged,
                Operator.AEGIS,
                null,
                false);
        if (write(order) instanceof Result.Refused(Refusal why)) {
          LOG.info("{} is over and stays for now: {}", over.key(), why.detail());
          return; // whoever asked for the new one has waited long enough
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the service is stopping; the next new one does it
    }
  }

  private Result rehearse(Order order) {
    return switch (reader.read(fold -> drafting.draft(fold, order))) {
      case Draft.Impossible(Refusal why) -> new Result.Refused(why);
      case Draft.Ready ready ->
          new Result.Rehearsed(order.kind(), ready.before(), ready.after(), ready.findings());
    };
  }

  private Result write(Order order) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    do {
      switch (reader.read(fold -> drafting.draft(fold, order))) {
        case Draft.Impossible(Refusal why) -> {
          return new Result.Refused(why);
        }
        case Draft.Ready ready -> {
          Result result = write(order, ready);
          if (result != null) {
            return result;
          }
        }
      }
    } while (System.nanoTime() - end < 0);
    return new Result.Refused(
        Refusal.of(
            Refusal.Reason.CONTENDED,
            "others were first with every try of " + PATIENCE.toSeconds() + " s"));
  }

  /** Writes one record; null when another writer was first and the order is to be checked again. */
  private @Nullable Result write(Order order, Draft.Ready ready) throws InterruptedException {
    String obstacle = obstacle();
    if (obstacle != null) {
      return unavailable(obstacle);
    }
    Entry before = ready.before();
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    long expected = before == null ? Change.ABSENT : before.revision();
    ObjectNode after = ready.after();
    long revision;
    Verdict verdict;
    try {
      revision =
          writer.append(
              new Change(ready.key(), after, expected, order.actor(), now, order.origin()));
    } catch (BusUnavailable e) {
      LOG.warn("A change of {} could not be written: {}", ready.key(), e.getMessage());
      return unavailable("Kafka did not take the change");
    }
    try {
      verdict = reader.await(revision, PATIENCE);
    } catch (TimeoutException e) {
      LOG.warn("Record {} for {} has not come back", revision, ready.key());
      return unavailable(
          "record "
              + revision
              + " is written but has not been read back: look at the object before trying again");
    }
    return switch (verdict) {
      case Verdict.Rejected rejected -> {
        LOG.info("Record {} for {} came too late: {}", revision, ready.key(), rejected.message());
        yield null;
      }
      case Verdict.Kept kept ->
          throw new IllegalStateException(
              "This version wrote what it does not know: " + kept.key());
      case Verdict.Applied applied -> {
        LOG.info(
            "{} {} at revision {} by {}",
            after == null ? "Deleted" : before == null ? "Created" : "Changed",
            ready.key(),
            revision,
            order.actor());
        announcing.changed(ready.key(), before, after, revision, order.actor(), now);
        yield after == null
            ? new Result.Removed(ready.key(), revision)
            : new Result.Published(
                new Entry(
                    ready.key(), revision, before == null ? now : before.createdAt(), now, after),
                before == null,
                ready.revealed());
      }
    };
  }

  /**
   * Why nothing can be written, now and in a moment; null when it can. What is refused here need
   * not be tried in vain, and does no harm.
   */
  private @Nullable String obstacle() throws InterruptedException {
    long end = System.nanoTime() + RECONNECT.toNanos();
    while (!reader.connected() || !reader.current()) {
      if (System.nanoTime() - end >= 0) {
        return reader.connected() ? ANOTHER_JOURNAL : "Kafka cannot be reached";
      }
      Thread.sleep(LOOK);
    }
    return null;
  }

  private static Result unavailable(String detail) {
    return new Result.Refused(Refusal.of(Refusal.Reason.JOURNAL_UNAVAILABLE, detail));
  }
}
