package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Finding;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
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
 * the same state, whatever its version, clock or place. So what an older version does not know is
 * kept by the same rules as everything else. Not thread-safe: one thread owns it.
 */
public final class Fold {
  /** Rejected revisions remembered, so that history can leave them out. */
  private static final int MAX_REJECTED = 100_000;

  private final NavigableMap<String, Holdings> tenants = new TreeMap<>();
  private final Map<String, TreeSet<String>> children = new HashMap<>();
  private Holdings installation = new Holdings();

  /** How many objects there are of each kind that this version does not know, by collection. */
  private final Map<String, Integer> unknown = new TreeMap<>();

  private final TreeSet<Long> rejected = new TreeSet<>();
  private long revision = -1;

  /**
   * A fold with the same objects, which goes its own way from here: for looking at what changes
   * would come to. The objects themselves are shared, as they do not change. While it is made, this
   * one must not change.
   */
  public Fold copy() {
    Fold copy = new Fold();
    tenants.forEach((id, objects) -> copy.tenants.put(id, objects.copy()));
    children.forEach((id, below) -> copy.children.put(id, new TreeSet<>(below)));
    copy.installation = installation.copy();
    copy.unknown.putAll(unknown);
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
  public Verdict apply(long at, JournalRecord record) {
    advance(at);
    Verdict verdict =
        switch (record) {
          case Change change -> {
            ObjectNode definition = change.definition();
            yield definition == null ? delete(change) : put(at, change, definition);
          }
          case UnknownChange change -> keep(at, change);
        };
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

  /** What there is of kinds that this version does not know, a finding for each of them. */
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    unknown.forEach(
        (collection, count) ->
            findings.add(
                Finding.error(
                    collection,
                    "objects of a kind that this version does not know: "
                        + count
                        + "; they are kept, and in force nowhere")));
    return findings;
  }

  /** How many objects there are, without those of kinds that this version does not know. */
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

  /** All objects of kinds that this version does not know. */
  List<UnknownEntry> unknownEntries() {
    List<UnknownEntry> entries = new ArrayList<>();
    if (!unknown.isEmpty()) {
      entries.addAll(installation.unknown().values());
      tenants.values().forEach(objects -> entries.addAll(objects.unknown().values()));
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

  /** Puts back what {@link FoldFile} kept. */
  void restore(UnknownEntry entry) {
    String tenant = entry.key().tenant();
    put(
        entry,
        tenant == null ? installation : tenants.computeIfAbsent(tenant, id -> new Holdings()));
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
        return noTenant(key.tenant());
      }
      objects = new Holdings();
    }
    Entry current = objects.of(key.kind()).get(key.id());
    Verdict stale =
        stale(key, change.expected(), current == null ? Change.ABSENT : current.revision());
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
    Verdict stale =
        stale(key, change.expected(), current == null ? Change.ABSENT : current.revision());
    if (stale != null) {
      return stale;
    }
    if (objects == null || current == null) {
      return new Verdict.Rejected(Verdict.Reason.MISSING, "there is no " + key);
    }
    if (key.kind() == Kind.TENANT) {
      settle(key, current, null);
      tenants.remove(key.id());
      objects.unknown().keySet().forEach(this::forget);
    } else {
      objects.remove(key);
    }
    return new Verdict.Applied(key);
  }

  /** What {@link #put} and {@link #delete} do, to an object of a kind that is not known. */
  private Verdict keep(long at, UnknownChange change) {
    UnknownKey key = change.key();
    ObjectNode definition = change.definition();
    Holdings objects = objects(key.tenant());
    if (objects == null && definition != null) {
      return noTenant(key.tenant());
    }
    UnknownEntry current = objects == null ? null : objects.unknown().get(key);
    Verdict stale =
        stale(key, change.expected(), current == null ? Change.ABSENT : current.revision());
    if (stale != null) {
      return stale;
    }
    if (objects != null && definition != null) {
      Instant created = current == null ? change.at() : current.createdAt();
      put(new UnknownEntry(key, at, created, change.at(), definition), objects);
    } else if (objects == null || objects.unknown().remove(key) == null) {
      return new Verdict.Rejected(Verdict.Reason.MISSING, "there is no " + key);
    } else {
      forget(key);
    }
    return new Verdict.Kept(key);
  }

  private void put(UnknownEntry entry, Holdings objects) {
    if (objects.unknown().put(entry.key(), entry) == null) {
      unknown.merge(entry.key().collection(), 1, Integer::sum);
    }
  }

  private void forget(UnknownKey gone) {
    unknown.computeIfPresent(
        gone.collection(), (collection, count) -> count == 1 ? null : count - 1);
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

  private static Verdict noTenant(@Nullable String tenant) {
    return new Verdict.Rejected(Verdict.Reason.NO_TENANT, "there is no tenant \"" + tenant + "\"");
  }

  private static @Nullable Verdict stale(Object key, long expected, long actual) {
    if (expected == Change.ANY || expected == actual) {
      return null;
    }
    return new Verdict.Rejected(
        Verdict.Reason.STALE,
        actual == Change.ABSENT ? key + " does not exist" : key + " is at revision " + actual);
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
}
