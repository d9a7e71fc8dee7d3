package dev.aegis.gateway.admission;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Takes shares from the counts of all gateways for callers whose share runs out, by threads of its
 * own: no request waits for that.
 */
public final class Refills implements AutoCloseable {
  private static final int MOST_WAITING = 10_000;
  private static final int THREADS = 4;

  private final SharedCounts shared;
  private final InstantSource clock;
  private final BlockingQueue<Wanted> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final List<Thread> threads = new ArrayList<>();

  private record Wanted(Meter meter, String caller, LeasedCell cell) {}

  /**
   * Begins to wait for callers.
   *
   * @param shared the counts of all gateways
   */
  public Refills(SharedCounts shared, InstantSource clock) {
    this.shared = shared;
    this.clock = clock;
    for (int i = 0; i < THREADS; i++) {
      threads.add(Thread.ofVirtual().name("shares-" + i).start(this::run));
    }
  }

  /** Asks for a share; when too many wait, the next request asks again. */
  void want(Meter meter, String caller, LeasedCell cell) {
    if (!waiting.offer(new Wanted(meter, caller, cell))) {
      synchronized (cell) {
        cell.unanswered();
      }
    }
  }

  private void run() {
    try {
      while (true) {
        Wanted wanted = waiting.take();
        refill(wanted.meter(), wanted.caller(), wanted.cell());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private void refill(Meter meter, String caller, LeasedCell cell) {
    LeasedCell.Asked question;
    synchronized (cell) {
      question = cell.asked();
    }
    long units = question.units();
    Count count = take(meter, caller, units);
    while (count != null && !count.admitted() && count.remaining() > 0) { // then all there is
      units = Math.min(count.remaining(), units - 1);
      count = take(meter, caller, units);
    }
    synchronized (cell) {
      if (count == null) {
        cell.unanswered();
      } else if (count.admitted()) {
        cell.granted(question, units, count.remaining());
      } else {
        cell.refused(question, clock.millis());
      }
    }
  }

  private @Nullable Count take(Meter meter, String caller, long units) {
    List<Count> counts = shared.take(List.of(new Claim(meter, caller, units)), clock.millis());
    return counts == null ? null : counts.getFirst();
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
  }
}
