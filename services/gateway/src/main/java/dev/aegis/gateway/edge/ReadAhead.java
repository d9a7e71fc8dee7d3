package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.upstream.Deadlines;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Finds out that a caller of HTTP/1.1 is gone while its reply is waited for, so that nothing is
 * done for nobody. There is no way to ask a socket but to read from it; so when a reply takes long
 * a thread reads what the caller sends next, and keeps it for the next request. Most replies do not
 * take long, and cost a look at the clock.
 */
final class ReadAhead extends Deadlines.Wait {
  private static final Duration LONG = Duration.ofSeconds(1);

  private final Deadlines deadlines;
  private final Source source;
  private final AtomicReference<State> state = new AtomicReference<>(State.OFF);
  private Runnable whenGone = () -> {};
  private volatile boolean added;
  private volatile boolean gone;
  private volatile @Nullable Reader reader;

  ReadAhead(Deadlines deadlines, Source source) {
    this.deadlines = deadlines;
    this.source = source;
  }

  private enum State {
    OFF,
    /** A reply is waited for; from some time on the caller is watched. */
    WATCHING,
    /** A thread reads; what it gets must be fetched. */
    READING
  }

  /** Where the bytes come from. */
  interface Source {
    /** Waits for bytes; null when the caller has ended. */
    byte @Nullable [] next() throws LegFailure;
  }

  /** Watches from now on; runs {@code action} when the caller is gone. */
  void begin(Runnable action) {
    Reader reading = reader;
    if (reading != null && taken()) {
      reading.tell(action); // bytes of this request came together with those of the one before
      return;
    }
    whenGone = action;
    if (!added) {
      added = true;
      deadlines.add(this);
    }
    state.set(State.WATCHING);
    deadlines.begin(this, LONG);
  }

  /** Watches no more: when this returns, the action does not run any more. */
  void end() {
    if (state.compareAndSet(State.WATCHING, State.OFF)) {
      deadlines.end(this);
    }
    Reader reading = reader;
    if (reading != null) {
      reading.tell(null);
    }
  }

  void release() {
    deadlines.remove(this);
  }

  /** Whether the caller is known to be gone. */
  boolean gone() {
    return gone;
  }

  /** Whether bytes were read ahead, or are being read: they come before all others. */
  boolean taken() {
    return state.get() == State.READING;
  }

  /** Waits for what is read ahead; null when the caller has ended. */
  byte @Nullable [] take() throws LegFailure {
    Reader reading = reader;
    if (reading == null) {
      throw new IllegalStateException("Nothing is read ahead");
    }
    byte[] bytes = reading.await();
    reader = null;
    state.set(State.OFF);
    return bytes;
  }

  @Override
  protected void expire() {
    Reader reading = new Reader(whenGone);
    reader = reading;
    if (state.compareAndSet(State.WATCHING, State.READING)) {
      Thread.ofVirtual().name("ahead").start(reading);
    } else {
      reader = null;
    }
  }

  /** Reads once. */
  private final class Reader implements Runnable {
    private final CountDownLatch done = new CountDownLatch(1);
    private @Nullable Runnable action; // guarded by this
    private byte @Nullable [] bytes;
    private @Nullable LegFailure failure;

    Reader(Runnable action) {
      this.action = action;
    }

    @Override
    public void run() {
      try {
        bytes = source.next();
      } catch (LegFailure e) {
        failure = e;
      }
      if (bytes == null) {
        goneNow();
      }
      done.countDown();
    }

    private synchronized void goneNow() {
      gone = true;
      if (action != null) {
        action.run();
      }
    }

    synchronized void tell(@Nullable Runnable newer) {
      action = newer;
      if (gone && newer != null) {
        newer.run();
      }
    }

    /** Waits for its end, which the end of the connection brings, whose bounds hold. */
    byte @Nullable [] await() throws LegFailure {
      try {
        done.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LegFailure(LegFailure.Leg.CALLER, false, e);
      }
      if (failure != null) {
        throw failure;
      }
      return bytes;
    }
  }
}
