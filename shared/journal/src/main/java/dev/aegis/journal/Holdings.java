package dev.aegis.journal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one tenant, or the installation, owns. */
final class Holdings {
  private final Map<Kind, NavigableMap<String, Entry>> byKind = new EnumMap<>(Kind.class);
  private final Map<UnknownKey, UnknownEntry> unknown = new LinkedHashMap<>();
  private @Nullable List<Entry> entries;

  /** Those of kinds that this version does not know. */
  Map<UnknownKey, UnknownEntry> unknown() {
    return unknown;
  }

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

  /** Others with the same objects. */
  Holdings copy() {
    Holdings copy = new Holdings();
    byKind.forEach((kind, objects) -> copy.byKind.put(kind, new TreeMap<>(objects)));
    copy.unknown.putAll(unknown);
    return copy;
  }

  /** Without those of kinds that this version does not know. */
  int size() {
    return byKind.values().stream().mapToInt(Map::size).sum();
  }
}
