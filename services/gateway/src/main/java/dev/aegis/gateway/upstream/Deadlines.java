package dev.aegis.gateway.upstream;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends waits that take too long, on either leg. A connection writes down when its current wait must
 * be over; one thread looks around a few times a second and closes those that are late, which wakes
 * the thread that waits. So a wait costs a look at the clock, two plain writes and no timer.
 */
public final class Deadlines implements AutoCloseable {
  private static final long TICK_MILLIS = 100;
  private static final long NEVER = Long.MAX_VALUE;

  private final Set<Wait> waits = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private volatile boolean closed;

  /** Starts looking around. */
  public Deadlines() {
    thread = Thread.ofPlatform().daemon().name("deadlines").start(this::run);
  }

  /** Something that can be waited for, with the bound of the current wait. */
  public abstract static class Wait {
    private volatile long until = NEVER;
    private volatile boolean expired;

    /** Ends what is waited for; called from another thread, once. */
    protected abstract void expire();

    /** Whether the last wait took too long. */
    public final boolean expired() {
      return expired;
    }
  }

  /** Begins to look after {@code wait}. */
  public void add(Wait wait) {
    waits.add(wait);
  }

  /** Ends looking after {@code wait}. */
  public void remove(Wait wait) {
    waits.remove(wait);
  }

  /** The wait that begins must be over after {@code bound}, give or take a tick. */
  public void begin(Wait wait, Duration bound) {
    wait.until = System.nanoTime() + bound.toNanos();
  }

  /** The same, with a point on the monotonic clock. */
  void until(Wait wait, long nanoTime) {
    wait.until = nanoTime;
  }

  /** The wait is over. */
  public void end(Wait wait) {
    wait.until = NEVER;
  }

  private void run() {
    while (!closed) {
      long now = System.nanoTime();
      for (Wait wait : waits) {
        long until = wait.until;
        if (until != NEVER && until - now < 0) {
          wait.until = NEVER;
          wait.expired = true;
          wait.expire();
        }
      }
      java.util.concurrent.locks.LockSupport.parkNanos(TICK_MILLIS * 1_000_000);
    }
  }

  @Override
  public void close() {
    closed = true;
    java.util.concurrent.locks.LockSupport.unpark(thread);
  }
}
