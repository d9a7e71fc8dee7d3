package dev.aegis.admin.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.tenancy.Difference;
import dev.aegis.bus.AuditHistory;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalHistory;
import dev.aegis.bus.JournalHistory.Recorded;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Change;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Origin;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All that operators did and were refused, newest first: the journal's granted changes, which carry
 * the call that they came by, and the notes beside it. So a change and the record of who made it
 * are one, and neither can be lost without the other.
 */
public final class AuditTrail {
  /** Most records looked at for one page, so that a rare filter does not read everything. */
  private static final int MOST_READ = 10_000;

  private final JournalReader reader;
  private final JournalHistory journal;
  private final AuditHistory notes;

  /**
   * @param reader knows which changes were granted
   * @param journal reads them again
   * @param notes reads what is not in the journal
   */
  public AuditTrail(JournalReader reader, JournalHistory journal, AuditHistory notes) {
    this.reader = reader;
    this.journal = journal;
    this.notes = notes;
  }

  /**
   * Where a page begins: below these offsets.
   *
   * @param revision of the journal
   * @param note of the notes
   */
  public record Place(long revision, long note) {
    /** As a cursor has it. */
    public String text() {
      return revision + ":" + note;
    }

    /** Reads what {@link #text} wrote; null when it is anything else. */
    public static @Nullable Place parse(String text) {
      String[] parts = text.split(":", -1);
      try {
        return parts.length == 2
            ? new Place(Long.parseLong(parts[0]), Long.parseLong(parts[1]))
            : null;
      } catch (NumberFormatException e) {
        return null; // not one of ours
      }
    }
  }

  /**
   * Some entries, newest first.
   *
   * @param items as a reply shows them
   * @param next where the next page begins, null at the end
   */
  public record Page(List<ObjectNode> items, @Nullable Place next) {}

  /**
   * Entries that pass {@code filter}, and none before {@code from}.
   *
   * @param before where it begins, null for the newest
   * @throws BusUnavailable when Kafka cannot be read
   */
  public Page page(
      @Nullable Place before, int limit, @Nullable Instant from, Predicate<ObjectNode> filter)
      throws BusUnavailable {
    Set<Long> rejected = reader.read(fold -> Set.copyOf(fold.rejected()));
    long last = reader.revision() + 1;
    Map<Long, Change> granted = new HashMap<>();
    Backwards changes =
        new Backwards(
            (first, count) -> changes(first, count, rejected, granted),
            0,
            before == null ? last : Math.min(last, before.revision()));
    AuditHistory.Extent there = notes.extent();
    Backwards beside =
        new Backwards(
            this::notes,
            there.begin(),
            before == null ? there.end() : Math.min(there.end(), before.note()));
    List<ObjectNode> items = new ArrayList<>();
    for (int read = 0; read < MOST_READ; read++) {
      Backwards.Item change = changes.peek();
      Backwards.Item note = beside.peek();
      boolean first = note == null || change != null && !change.at().isBefore(note.at());
      Backwards.Item next = first ? change : note;
      if (next == null || from != null && next.at().isBefore(from)) {
        return new Page(items, null);
      }
      if (items.size() == limit) {
        break;
      }
      if (filter.test(next.shown())) {
        items.add(first ? detailed(next, granted) : next.shown());
      }
      (first ? changes : beside).pass();
    }
    return new Page(items, new Place(changes.position(), beside.position()));
  }

  /**
   * @param granted where what was read is put, by revision
   */
  private List<Backwards.Item> changes(
      long first, long count, Set<Long> rejected, Map<Long, Change> granted) throws BusUnavailable {
    List<Backwards.Item> items = new ArrayList<>();
    for (Recorded recorded : journal.read(first, count)) {
      if (!rejected.contains(recorded.revision())) {
        granted.put(recorded.revision(), recorded.change());
        items.add(
            new Backwards.Item(
                recorded.revision(), recorded.change().at(), shown(recorded.change(), recorded)));
      }
    }
    return items;
  }

  private List<Backwards.Item> notes(long first, long count) throws BusUnavailable {
    List<Backwards.Item> items = new ArrayList<>();
    for (AuditHistory.Noted noted : notes.read(first, count)) {
      try {
        ObjectNode shown = Json.readObject(noted.data());
        items.add(
            new Backwards.Item(noted.offset(), Instant.parse(shown.path("time").asText()), shown));
      } catch (IOException | DateTimeException e) {
        // Of a later version, perhaps: passed over, since it is no entry that this one can show.
      }
    }
    return items;
  }

  private static ObjectNode shown(Change change, Recorded recorded) {
    Origin origin = change.origin();
    ObjectNode shown = Json.object();
    shown.put("time", change.at().toString());
    shown.put("actor", change.actor());
    shown.put("address", origin == null ? null : origin.address());
    shown.put("method", origin == null ? null : origin.method());
    shown.put("path", origin == null ? null : origin.path());
    shown.put("request_id", origin == null ? null : origin.requestId());
    shown.put("tenant", tenant(change));
    shown.put("action", action(change));
    shown.put("outcome", "applied");
    shown.putNull("status");
    shown.putNull("code");
    shown.put("key", change.key().toString());
    return shown.put("revision", recorded.revision());
  }

  /** Of an operator, the tenant that it is held to. */
  private static @Nullable String tenant(Change change) {
    ObjectNode definition = change.definition();
    return change.key().kind() == Kind.OPERATOR && definition != null
        ? definition.path("tenant").textValue()
        : change.key().tenant();
  }

  private static String action(Change change) {
    if (change.definition() == null) {
      return "delete";
    }
    return change.expected() == Change.ABSENT ? "create" : "update";
  }

  /** The entry with what the change changed; null where its writer did not say what it replaced. */
  private ObjectNode detailed(Backwards.Item entry, Map<Long, Change> granted)
      throws BusUnavailable {
    Change change = granted.get(entry.offset());
    if (change == null || change.expected() == Change.ANY) {
      return entry.shown().putNull("diff");
    }
    Change previous = change.expected() == Change.ABSENT ? null : at(change.expected(), granted);
    return entry
        .shown()
        .set(
            "diff",
            Difference.between(
                change.key().kind(),
                previous == null ? null : previous.definition(),
                change.definition()));
  }

  private @Nullable Change at(long revision, Map<Long, Change> granted) throws BusUnavailable {
    Change known = granted.get(revision);
    if (known != null) {
      return known;
    }
    for (Recorded recorded : journal.read(revision, 1)) {
      if (recorded.revision() == revision) {
        return recorded.change();
      }
    }
    return null;
  }
}
