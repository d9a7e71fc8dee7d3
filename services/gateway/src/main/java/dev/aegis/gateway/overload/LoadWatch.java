package dev.aegis.gateway.overload;

import java.util.concurrent.locks.LockSupport;

/**
 * Lowers the bound on requests under way while virtual threads have to wait for a processor, and
 * raises it afterwards. It is such a thread itself: it asks to be woken, and sees how much later
 * than that it runs, behind all that had to run before.
 */
public final class LoadWatch implements AutoCloseable {
  private static final long PAUSE_NANOS = 10_000_000;

  private final Load load;
  private final Thread thread;
  private volatile boolean closed;

  /** Begins to watch. */
  public LoadWatch(Load load) {
    this.load = load;
    this.thread = Thread.ofVirtual().name("load-watch").start(this::run);
  }

  private void run() {
    Waiting waiting = new Waiting(System.nanoTime());
    while (!closed) {
      long asked = System.nanoTime();
      LockSupport.parkNanos(PAUSE_NANOS);
      long now = System.nanoTime();
      switch (waiting.served(now - asked - PAUSE_NANOS, now)) {
        case OPEN -> {}
        case PASSING -> load.adjust(false);
        case STANDING -> load.adjust(true);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
