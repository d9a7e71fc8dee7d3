package dev.aegis.gateway.recent;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The last lines of the access log, as many as fit into so many bytes, in the batches in which they
 * were written. Nothing is read, copied or sorted before somebody asks, so that what nobody looks
 * at costs next to nothing.
 */
public final class RecentLines {
  /** What a batch takes beside its lines, about, in bytes. */
  static final int OVERHEAD = 64;

  private final long most;
  private final Deque<Batch> batches = new ArrayDeque<>();
  private long held;
  private long last;
  private long forgotten;

  /**
   * @param most bytes to keep, those of the batches themselves included; with 0 nothing is kept
   */
  public RecentLines(long most) {
    this.most = most;
  }

  /**
   * Lines that were written together.
   *
   * @param number of this batch, from 1, without gaps
   * @param lines each ends with a line feed; not to be changed
   */
  @SuppressWarnings("ArrayRecordComponent") // shared as it is: copies are what is saved here
  record Batch(long number, byte[] lines) {
    private long size() {
      return (long) lines.length + OVERHEAD;
    }
  }

  /**
   * Batches behind a place.
   *
   * @param newestFirst the batches
   * @param last number of the newest batch ever, 0 before the first
   * @param lost whether batches behind the place are not kept any more
   */
  record Held(List<Batch> newestFirst, long last, boolean lost) {
    Held {
      newestFirst = List.copyOf(newestFirst);
    }
  }

  /**
   * Keeps a batch. Older ones go when there is no room; a batch that is too large by itself goes
   * with them.
   *
   * @param lines whole lines, not to be changed any more
   */
  public synchronized void add(byte[] lines) {
    if (most <= 0) {
      return;
    }
    Batch batch = new Batch(++last, lines);
    batches.addLast(batch);
    held += batch.size();
    while (held > most) {
      Batch oldest = batches.removeFirst();
      held -= oldest.size();
      forgotten = oldest.number();
    }
  }

  /** What is kept of the batches behind number {@code after}, 0 for all. */
  synchronized Held after(long after) {
    List<Batch> behind = new ArrayList<>();
    for (Iterator<Batch> back = batches.descendingIterator(); back.hasNext(); ) {
      Batch batch = back.next();
      if (batch.number() <= after) {
        break;
      }
      behind.add(batch);
    }
    return new Held(behind, last, forgotten > after);
  }
}
