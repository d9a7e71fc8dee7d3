package dev.aegis.admin.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.bus.BusUnavailable;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The records of one log, the newest first, read as far as somebody asks. */
final class Backwards {
  private static final long CHUNK = 500;

  private final Source source;
  private final Deque<Item> ready = new ArrayDeque<>();
  private final long begin;
  private long end;

  /**
   * A record as a reply shows it.
   *
   * @param offset its place in the log
   */
  record Item(long offset, Instant at, ObjectNode shown) {}

  /** Where records are read from. */
  @FunctionalInterface
  interface Source {
    /** Those from an offset on, at most so many, the oldest first. */
    List<Item> read(long from, long count) throws BusUnavailable;
  }

  /**
   * @param begin offset of the oldest record that there is
   * @param end offset below which it begins to read
   */
  Backwards(Source source, long begin, long end) {
    this.source = source;
    this.begin = begin;
    this.end = end;
  }

  /** The next one, which stays the next; null when there is none. */
  @Nullable Item peek() throws BusUnavailable {
    while (ready.isEmpty() && end > begin) {
      long from = Math.max(begin, end - CHUNK);
      source.read(from, end - from).forEach(ready::addFirst);
      end = from;
    }
    return ready.peekFirst();
  }

  /** Goes past the next one. */
  void pass() {
    ready.removeFirst();
  }

  /** Offset below which a later reader goes on. */
  long position() {
    Item next = ready.peekFirst();
    return next == null ? end : next.offset() + 1;
  }
}
