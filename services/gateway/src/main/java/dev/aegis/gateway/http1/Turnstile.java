package dev.aegis.gateway.http1;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets in what waits outside while all processors are busy with connections.
 *
 * <p>A carrier of virtual threads runs those that others of its own have made ready, and looks at
 * what comes from elsewhere (new connections, timers, answers that platform threads have got) only
 * when there are none ({@link java.util.concurrent.ForkJoinPool}: a worker's own queue goes first).
 * With a thousand busy connections there always is one, and a new connection waits until the load
 * is over. So a probe comes from elsewhere every 20 ms. While one has not been looked at, threads
 * that are about to read from a connection wait here, the carriers run dry, the probe is looked at
 * like all that came before it, and it opens the turnstile again.
 *
 * <p>There is one in a process, as there is one scheduler of virtual threads.
 */
public final class Turnstile {
  private static final long TICK_NANOS = 20_000_000;

  private static volatile @Nullable Gate closed;
  private static volatile boolean answered = true;

  static {
    Thread.ofPlatform().daemon().name("turnstile").start(Turnstile::watch);
  }

  private Turnstile() {}

  /** Waits while others have waited for too long. To be called before each read. */
  public static void pass() {
    Gate gate = closed;
    if (gate != null && Thread.currentThread().isVirtual()) {
      gate.await();
    }
  }

  private static void watch() {
    while (true) {
      LockSupport.parkNanos(TICK_NANOS);
      if (answered) {
        answered = false;
        Thread.ofVirtual().name("turnstile-probe").start(Turnstile::answer);
      } else if (closed == null) {
        closed = new Gate();
      }
    }
  }

  private static void answer() {
    Gate gate = closed;
    closed = null;
    if (gate != null) {
      gate.open();
    }
    answered = true; // last: a gate closed meanwhile is opened by the next probe
  }

  /** One time of waiting. */
  private static final class Gate {
    private final Queue<Thread> waiting = new ConcurrentLinkedQueue<>();
    private volatile boolean open;

    void await() {
      waiting.add(Thread.currentThread());
      while (!open) {
        LockSupport.park(this);
      }
    }

    void open() {
      open = true;
      for (Thread thread = waiting.poll(); thread != null; thread = waiting.poll()) {
        LockSupport.unpark(thread);
      }
    }
  }
}
