package dev.aegis.gateway.edge;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** Who has to be told when the gateway is about to stop; whoever comes later is told at once. */
final class Departures {
  private final Set<Entry> entries = ConcurrentHashMap.newKeySet();
  private volatile boolean begun;

  /** One to be told, once. */
  static final class Entry {
    private final Runnable action;
    private final AtomicBoolean told = new AtomicBoolean();

    private Entry(Runnable action) {
      this.action = action;
    }

    private void tell() {
      if (!told.getAndSet(true)) {
        action.run();
      }
    }
  }

  /** {@code action} is run, by any thread, when it begins; it must not wait. */
  Entry add(Runnable action) {
    Entry entry = new Entry(action);
    entries.add(entry);
    if (begun) {
      entry.tell();
    }
    return entry;
  }

  /** It needs to be told no more. */
  void remove(Entry entry) {
    entries.remove(entry);
  }

  /** Tells all. */
  void begin() {
    begun = true;
    entries.forEach(Entry::tell);
  }

  boolean begun() {
    return begun;
  }
}
