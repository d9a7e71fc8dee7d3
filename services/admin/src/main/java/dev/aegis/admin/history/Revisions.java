package dev.aegis.admin.history;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.tenancy.Difference;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalHistory;
import dev.aegis.bus.JournalHistory.Recorded;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Change;
import dev.aegis.journal.Json;
import dev.aegis.journal.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The granted changes, newest first. Records that changed nothing are not shown. */
public final class Revisions {
  private static final int CHUNK = 500;

  /** Most records looked at for one page, so that a rare filter does not read the whole journal. */
  private static final int MOST_READ = 20_000;

  private final JournalReader reader;
  private final JournalHistory history;

  /**
   * @param reader knows which records were granted
   * @param history reads records again
   */
  public Revisions(JournalReader reader, JournalHistory history) {
    this.reader = reader;
    this.history = history;
  }

  /**
   * Some changes, newest first.
   *
   * @param items as a reply shows them
   * @param before revision below which the next page begins, null at the end
   */
  public record Page(List<ObjectNode> items, @Nullable Long before) {}

  /**
   * The newest changes below revision {@code before} that pass {@code filter}.
   *
   * @throws BusUnavailable when Kafka cannot be read
   */
  public Page page(long before, int limit, Predicate<Change> filter) throws BusUnavailable {
    Set<Long> rejected = reader.read(fold -> Set.copyOf(fold.rejected()));
    List<ObjectNode> items = new ArrayList<>();
    long end = Math.min(before, reader.revision() + 1);
    long lowest = Math.max(0, end - MOST_READ);
    while (end > lowest) {
      long from = Math.max(lowest, end - CHUNK);
      List<Recorded> chunk = history.read(from, end - from);
      for (Recorded recorded : chunk.reversed()) {
        if (!rejected.contains(recorded.revision()) && filter.test(recorded.change())) {
          items.add(summary(recorded));
          if (items.size() == limit) {
            return new Page(items, recorded.revision() == 0 ? null : recorded.revision());
          }
        }
      }
      end = from;
    }
    return new Page(items, end == 0 ? null : end);
  }

  /**
   * One change with the document that it published, secrets left out, and the difference from what
   * stood before; null when the journal has no such revision or it changed nothing.
   *
   * @throws BusUnavailable when Kafka cannot be read
   */
  public @Nullable ObjectNode one(long revision) throws BusUnavailable {
    if (revision < 0
        || revision > reader.revision()
        || reader.read(fold -> fold.rejected().contains(revision))) {
      return null;
    }
    Recorded recorded = at(revision);
    if (recorded == null) {
      return null;
    }
    Change change = recorded.change();
    ObjectNode shown = summary(recorded);
    ObjectNode definition = change.definition();
    shown.set(
        "definition", definition == null ? null : Documents.shown(change.key().kind(), definition));
    if (change.expected() == Change.ANY) {
      // The writer did not say what it replaced, so what that was would have to be searched for.
      shown.putNull("previous");
      shown.putNull("diff");
      return shown;
    }
    Recorded previous = change.expected() == Change.ABSENT ? null : at(change.expected());
    if (previous == null) {
      shown.putNull("previous");
    } else {
      shown.put("previous", previous.revision());
    }
    shown.set(
        "diff",
        Difference.between(
            change.key().kind(),
            previous == null ? null : previous.change().definition(),
            definition));
    return shown;
  }

  private @Nullable Recorded at(long revision) throws BusUnavailable {
    for (Recorded recorded : history.read(revision, 1)) {
      if (recorded.revision() == revision) {
        return recorded;
      }
    }
    return null;
  }

  private static ObjectNode summary(Recorded recorded) {
    Change change = recorded.change();
    ObjectKey key = change.key();
    ObjectNode shown = Json.object();
    shown.put("revision", recorded.revision());
    shown.put("at", change.at().toString());
    shown.put("actor", change.actor());
    shown.put("operation", operation(change));
    shown.put("key", Objects.toString(key));
    shown.put("kind", Documents.noun(key.kind()));
    shown.put("tenant", key.tenant());
    shown.put("id", key.id());
    return shown;
  }

  private static String operation(Change change) {
    if (change.definition() == null) {
      return "delete";
    }
    return change.expected() == Change.ABSENT
        ? "create"
        : change.expected() == Change.ANY ? "put" : "update";
  }
}
