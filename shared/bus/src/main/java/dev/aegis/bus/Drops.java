package dev.aegis.bus;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the events that were lost, and says so once per change of state. */
final class Drops {
  private static final Logger LOG = LoggerFactory.getLogger(Drops.class);

  private final Map<String, AtomicLong> byType = new ConcurrentHashMap<>();
  private boolean dropping;
  private long count;

  /** Notes a lost event. */
  void add(String type, String why) {
    byType.computeIfAbsent(type, t -> new AtomicLong()).incrementAndGet();
    count++;
    if (!dropping) {
      LOG.error("Events are being lost, first one of type {}: {}", type, why);
    }
    dropping = true;
  }

  /** Notes that an event was not lost. */
  void none() {
    if (dropping) {
      LOG.warn("No events are being lost any more; {} were so far", count);
      dropping = false;
    }
  }

  Map<String, Long> byType() {
    Map<String, Long> counts = new TreeMap<>();
    byType.forEach((type, lost) -> counts.put(type, lost.get()));
    return counts;
  }
}
