package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition.Bounds;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;

/**
 * How many attempts a target serves at once, and who waits for one to end: first come, first
 * served, never longer than each is willing to. Without a bound nobody takes the lock; with one it
 * is held for a few steps and never while anybody waits.
 */
final class Seats {
  // Guarded by this.
  private final ArrayDeque<Waiting> line = new ArrayDeque<>();
  private int taken;

  /** One who waits: the lock's holder gives it the seat, or it has left the line by itself. */
  private static final class Waiting {
    private final Thread thread = Thread.currentThread();
    private volatile boolean seated;
  }

  /** A place that {@link #leave} gives back, once; unless there is no bound. */
  enum Answer {
    /** There is no bound, and nothing to be given back. */
    UNBOUNDED,
    SEATED,
    /** Too many wait already, or none was free in time. */
    TURNED_AWAY
  }

  /** Whether whoever comes now would have to wait. */
  boolean full(Bounds bounds) {
    if (bounds.connections() == 0) {
      return false;
    }
    synchronized (this) {
      return taken >= bounds.connections();
    }
  }

  /**
   * Takes a seat, waiting for it.
   *
   * @param nanos how long at most
   */
  Answer take(Bounds bounds, long nanos) {
    if (bounds.connections() == 0) {
      return Answer.UNBOUNDED;
    }
    Waiting me;
    synchronized (this) {
      if (taken < bounds.connections() && line.isEmpty()) {
        taken++;
        return Answer.SEATED;
      }
      if (line.size() >= bounds.pending()) {
        return Answer.TURNED_AWAY;
      }
      me = new Waiting();
      line.addLast(me);
      seat(bounds); // as when the bound was raised
    }
    long until = System.nanoTime() + nanos;
    for (long left = nanos; !me.seated && left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(this, left);
      if (Thread.currentThread().isInterrupted()) {
        break;
      }
    }
    synchronized (this) {
      if (!me.seated) {
        line.remove(me);
        return Answer.TURNED_AWAY;
      }
      return Answer.SEATED;
    }
  }

  /** Gives a seat back, to whoever has waited longest. */
  synchronized void leave(Bounds bounds) {
    taken--;
    seat(bounds);
  }

  private void seat(Bounds bounds) {
    // The bound may be gone by now: then all that wait may go.
    while (!line.isEmpty() && (bounds.connections() == 0 || taken < bounds.connections())) {
      Waiting next = line.removeFirst();
      taken++;
      next.seated = true;
      LockSupport.unpark(next.thread);
    }
  }
}
