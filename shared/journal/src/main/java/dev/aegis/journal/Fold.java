package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The state that follows from the journal's records in their order.
 *
 * <p>Deterministic: it looks at nothing but the records, so every reader of the same prefix holds
 * the same state, whatever its version, clock or place. Not thread-safe: one thread owns it.
 */
public final class Fold {
  /** Rejected revisions remembered, so that history can leave them out. */
  private static final int MAX_REJECTED = 100_000;

  private final NavigableMap<String, Holdings> tenants = new TreeMap<>();
  private final Map<String, TreeSet<String>> children = new HashMap<>();
  private final Holdings installation = new Holdings();
  private final TreeSet<Long> rejected = new TreeSet<>();
  private long revision = -1;

  /**
   * A fold with the same objects, which goes its own way from here: for looking at what changes
   * would come to. The objects themselves are shared, as they do not change.
   */
  public Fold copy() {
    Fold copy = new Fold();
    tenants.forEach((id, objects) -> copy.tenants.put(id, objects.copy()));
    children.forEach((id, below) -> copy.children.put(id, new TreeSet<>(below)));
    copy.installation.add(installation);
    copy.rejected.addAll(rejected);
    copy.revision = revision;
    return copy;
  }

  /** Offset of the last record seen, -1 before the first. */
  public long revision() {
    return revision;
  }

  /** Revisions that changed nothing, oldest first. */
  public Set<Long> rejected() {
    return Collections.unmodifiableSet(rejected);
  }

  /**
   * Takes the next record.
   *
   * @param at its offset; larger than {@link #revision()}
   */
  public Verdict apply(long at, Change change) {
    advance(at);
    ObjectNode definition = change.definition();
    Verdict verdict = definition == null ? delete(change) : put(at, change, definition);
    if (verdict instanceof Verdict.Rejected) {
      reject(at);
    }
    return verdict;
  }

  /** Passes over a record that cannot be read. */
  public Verdict skip(long at, String why) {
    advance(at);
    reject(at);
    return new Verdict.Rejected(Verdict.Reason.UNREADABLE, why);
  }

  /** The object with this key, or null. */
  public @Nullable Entry find(ObjectKey key) {
    Holdings objects = objects(key.tenant());
    return objects == null ? null : objects.of(key.kind()).get(key.id());
  }

  /** Holdings of a kind in a tenant (null: of the whole installation), by id. */
  public Collection<Entry> list(Kind kind, @Nullable String tenant) {
    Holdings objects = objects(tenant);
    return objects == null
        ? List.of()
        : Collections.unmodifiableCollection(objects.of(kind).values());
  }

  /** Ids of all tenants, in order. */
  public Set<String> tenants() {
    return Collections.unmodifiableSet(tenants.keySet());
  }

  /** Ids of the tenants that name {@code tenant} as the one above them, in order. */
  public Set<String> children(String tenant) {
    TreeSet<String> below = children.get(tenant);
    return below == null ? Set.of() : Collections.unmodifiableSet(below);
  }

  /** How many objects there are. */
  public int size() {
    int size = installation.size();
    for (Holdings objects : tenants.values()) {
      size += objects.size();
    }
    return size;
  }

  /** All objects: those of the installation, then each tenant before what it owns. */
  List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    entries.addAll(installation.entries());
    for (Holdings objects : tenants.values()) {
      entries.addAll(objects.entries());
    }
    return entries;
  }

  /** Puts back what {@link FoldFile} kept. */
  void restore(Entry entry) {
    ObjectKey key = entry.key();
    Holdings objects =
        key.tenant() == null
            ? installation
            : tenants.computeIfAbsent(key.tenant(), id -> new Holdings());
    settle(key, objects.of(key.kind()).get(key.id()), entry);
    objects.put(entry);
  }

  void restore(long at, Collection<Long> rejectedThen) {
    revision = at;
    rejected.addAll(rejectedThen);
  }

  private Verdict put(long at, Change change, ObjectNode definition) {
    ObjectKey key = change.key();
    Holdings objects = objects(key.tenant());
    if (objects == null) {
      if (key.kind() != Kind.TENANT) {
        return new Verdict.Rejected(
            Verdict.Reason.NO_TENANT, "there is no tenant \"" + key.tenant() + "\"");
      }
      objects = new Holdings();
    }
    Entry current = objects.of(key.kind()).get(key.id());
    Verdict stale = stale(change, current);
    if (stale != null) {
      return stale;
    }
    Instant created = current == null ? change.at() : current.createdAt();
    Entry entry = new Entry(key, at, created, change.at(), definition);
    settle(key, current, entry);
    objects.put(entry);
    if (key.kind() == Kind.TENANT) {
      tenants.put(key.id(), objects);
    }
    return new Verdict.Applied(key);
  }

  private Verdict delete(Change change) {
    ObjectKey key = change.key();
    Holdings objects = objects(key.tenant());
    Entry current = objects == null ? null : objects.of(key.kind()).get(key.id());
    Verdict stale = stale(change, current);
    if (stale != null) {
      return stale;
    }
    if (objects == null || current == null) {
      return new Verdict.Rejected(Verdict.Reason.MISSING, "there is no " + key);
    }
    if (key.kind() == Kind.TENANT) {
      settle(key, current, null);
      tenants.remove(key.id());
    } else {
      objects.remove(key);
    }
    return new Verdict.Applied(key);
  }

  /** Puts a tenant below the one that it names now, whether or not that exists. */
  private void settle(ObjectKey key, @Nullable Entry before, @Nullable Entry after) {
    String left = parent(before);
    String joined = parent(after);
    if (key.kind() != Kind.TENANT || Objects.equals(left, joined)) {
      return;
    }
    TreeSet<String> siblings = left == null ? null : children.get(left);
    if (siblings != null && siblings.remove(key.id()) && siblings.isEmpty()) {
      children.remove(left);
    }
    if (joined != null) {
      children.computeIfAbsent(joined, id -> new TreeSet<>()).add(key.id());
    }
  }

  private static @Nullable String parent(@Nullable Entry tenant) {
    return tenant == null ? null : tenant.body().path("parent").textValue();
  }

  private static @Nullable Verdict stale(Change change, @Nullable Entry current) {
    long actual = current == null ? Change.ABSENT : current.revision();
    if (change.expected() == Change.ANY || change.expected() == actual) {
      return null;
    }
    return new Verdict.Rejected(
        Verdict.Reason.STALE,
        current == null
            ? change.key() + " does not exist"
            : change.key() + " is at revision " + actual);
  }

  private void advance(long at) {
    if (at <= revision) {
      throw new IllegalArgumentException("Record " + at + " after revision " + revision);
    }
    revision = at;
  }

  private void reject(long at) {
    rejected.add(at);
    if (rejected.size() > MAX_REJECTED) {
      rejected.pollFirst();
    }
  }

  private @Nullable Holdings objects(@Nullable String tenant) {
    return tenant == null ? installation : tenants.get(tenant);
  }

  /** What one tenant, or the installation, owns. */
  private static final class Holdings {
    private final Map<Kind, NavigableMap<String, Entry>> byKind = new EnumMap<>(Kind.class);
    private @Nullable List<Entry> entries;

    /** To look at only: readers do so at the same time, so it makes nothing. */
    NavigableMap<String, Entry> of(Kind kind) {
      NavigableMap<String, Entry> found = byKind.get(kind);
      return found == null ? Collections.emptyNavigableMap() : found;
    }

    void put(Entry entry) {
      entries = null;
      byKind
          .computeIfAbsent(entry.key().kind(), kind -> new TreeMap<>())
          .put(entry.key().id(), entry);
    }

    Holdings copy() {
      Holdings copy = new Holdings();
      copy.add(this);
      return copy;
    }

    void add(Holdings others) {
      entries = null;
      others.byKind.forEach((kind, objects) -> byKind.put(kind, new TreeMap<>(objects)));
    }

    void remove(ObjectKey key) {
      entries = null;
      NavigableMap<String, Entry> found = byKind.get(key.kind());
      if (found != null) {
        found.remove(key.id());
      }
    }

    /**
     * All of them, kept until one changes: to walk through the maps of all tenants takes long. Only
     * the thread that owns the fold asks.
     */
    List<Entry> entries() {
      List<Entry> known = entries;
      if (known == null) {
        known = new ArrayList<>();
        for (NavigableMap<String, Entry> objects : byKind.values()) {
          known.addAll(objects.values());
        }
        entries = known;
      }
      return known;
    }

    int size() {
      return byKind.values().stream().mapToInt(Map::size).sum();
    }
  }
}
