package dev.aegis.admin.changes;

import dev.aegis.journal.Origin;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The batches that this instance is about to write, and how far each has come, so that whoever
 * waits for the reply to one can be told meanwhile.
 */
public final class Underway {
  private final Set<Tally> tallies = ConcurrentHashMap.newKeySet();

  /**
   * One batch.
   *
   * @param actor who asked for it
   * @param origin the call by which, null when it was none
   * @param since when it came
   * @param written changes that are made
   * @param total changes that it comes to; null while it is checked
   */
  public record Batch(
      String actor, @Nullable Origin origin, Instant since, int written, @Nullable Integer total) {}

  /** All of them, the oldest first. */
  public List<Batch> batches() {
    return tallies.stream()
        .map(tally -> tally.now)
        .sorted(Comparator.comparing(Batch::since))
        .toList();
  }

  /** Begins to count a batch, which is under way until that is closed. */
  Tally begin(String actor, @Nullable Origin origin, Instant since) {
    Tally tally = new Tally(new Batch(actor, origin, since, 0, null));
    tallies.add(tally);
    return tally;
  }

  /** The count of one batch, kept by the one thread that writes it. */
  final class Tally implements AutoCloseable {
    private volatile Batch now;

    private Tally(Batch begun) {
      this.now = begun;
    }

    /** Notes how many changes are made, and how many are left to make. */
    void stands(int written, int left) {
      now = new Batch(now.actor(), now.origin(), now.since(), written, written + left);
    }

    @Override
    public void close() {
      tallies.remove(this);
    }
  }
}
