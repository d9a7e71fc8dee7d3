package dev.aegis.admin.history;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalHistory;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.JournalRecord;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Whole states of the past, folded anew from the journal's beginning. A million records take some
 * ten seconds; one question is answered at a time, so no more than one old state is in memory.
 */
public final class Past {
  private final JournalHistory history;

  /**
   * @param history reads records again; nobody else uses it, since each of them waits
   */
  public Past(JournalHistory history) {
    this.history = history;
  }

  /** All that there was at one revision, and what became of its credentials since. */
  public final class Then {
    private final Map<ObjectKey, ObjectNode> objects;
    private final Map<ObjectKey, ObjectNode> credentials;
    private final Fold fold;

    private Then(
        Map<ObjectKey, ObjectNode> objects, Map<ObjectKey, ObjectNode> credentials, Fold fold) {
      this.objects = objects;
      this.credentials = credentials;
      this.fold = fold;
    }

    /** Documents as the journal has them, secrets sealed; not to be modified. */
    public Map<ObjectKey, ObjectNode> objects() {
      return objects;
    }

    /**
     * The last of each API key and revocation that was there then or came since, as of revision
     * {@code now}, without those that somebody took away; what went with its tenant is among them.
     * Not to be modified; the next call changes it.
     *
     * @param now not less than in the call before
     * @throws BusUnavailable when the journal cannot be read
     */
    public Map<ObjectKey, ObjectNode> credentials(long now) throws BusUnavailable {
      synchronized (Past.this) {
        history.replay(fold, now, (record, verdict) -> follow(credentials, record, verdict));
        return credentials;
      }
    }
  }

  /**
   * An object that differs between two revisions.
   *
   * @param key which
   * @param before as it was, null when it did not exist
   * @param after as it was later, null when it did not exist any more
   */
  public record Differing(ObjectKey key, @Nullable Entry before, @Nullable Entry after) {}

  /**
   * The state at {@code revision}.
   *
   * @throws BusUnavailable when the journal cannot be read
   */
  public synchronized Then at(long revision) throws BusUnavailable {
    Fold fold = new Fold();
    history.replay(fold, revision, (record, verdict) -> {});
    Map<ObjectKey, ObjectNode> objects = new HashMap<>();
    Map<ObjectKey, ObjectNode> credentials = new HashMap<>();
    for (Entry entry : entries(fold)) {
      objects.put(entry.key(), entry.body());
      if (isCredential(entry.key().kind())) {
        credentials.put(entry.key(), entry.body());
      }
    }
    return new Then(objects, credentials, fold);
  }

  /**
   * What differs between two revisions, by key.
   *
   * @param only what to look at
   * @throws BusUnavailable when the journal cannot be read
   */
  public synchronized List<Differing> between(long from, long to, Predicate<ObjectKey> only)
      throws BusUnavailable {
    Fold fold = new Fold();
    Map<ObjectKey, Entry> first = state(fold, Math.min(from, to), only);
    Map<ObjectKey, Entry> second = state(fold, Math.max(from, to), only);
    Map<ObjectKey, Entry> before = from <= to ? first : second;
    Map<ObjectKey, Entry> after = from <= to ? second : first;
    Map<String, Differing> differing = new TreeMap<>();
    before.forEach(
        (key, entry) -> {
          Entry other = after.get(key);
          if (other == null || !other.body().equals(entry.body())) {
            differing.put(key.toString(), new Differing(key, entry, other));
          }
        });
    after.forEach(
        (key, entry) -> {
          if (!before.containsKey(key)) {
            differing.put(key.toString(), new Differing(key, null, entry));
          }
        });
    return new ArrayList<>(differing.values());
  }

  private Map<ObjectKey, Entry> state(Fold fold, long revision, Predicate<ObjectKey> only)
      throws BusUnavailable {
    history.replay(fold, revision, (record, verdict) -> {});
    Map<ObjectKey, Entry> state = new HashMap<>();
    for (Entry entry : entries(fold)) {
      if (only.test(entry.key())) {
        state.put(entry.key(), entry);
      }
    }
    return state;
  }

  private static void follow(
      Map<ObjectKey, ObjectNode> credentials, JournalRecord record, Verdict verdict) {
    if (verdict instanceof Verdict.Applied
        && record instanceof Change change
        && isCredential(change.key().kind())) {
      ObjectNode definition = change.definition();
      if (definition == null) {
        credentials.remove(change.key());
      } else {
        credentials.put(change.key(), definition);
      }
    }
  }

  private static boolean isCredential(Kind kind) {
    return switch (kind) {
      case API_KEY, REVOCATION -> true;
      case TENANT, UPSTREAM, ROUTE, ISSUER, ROLE, BINDING, PLUGIN, WEBHOOK, CERTIFICATE, OPERATOR ->
          false;
    };
  }

  private static List<Entry> entries(Fold fold) {
    List<Entry> entries = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      if (kind != Kind.TENANT) {
        entries.addAll(fold.list(kind, null));
      }
      for (String tenant : fold.tenants()) {
        entries.addAll(fold.list(kind, tenant));
      }
    }
    return entries;
  }
}
