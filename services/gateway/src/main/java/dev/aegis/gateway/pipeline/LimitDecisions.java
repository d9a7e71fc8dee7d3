package dev.aegis.gateway.pipeline;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Tells what came of requests at limits; each combination is looked up once, and again when the
 * board has changed.
 */
public final class LimitDecisions {
  private static final int MAX_SERIES = 10_000;
  private static final long BETWEEN_CLEARINGS = Duration.ofMinutes(1).toNanos();

  private final ConcurrentHashMap<Series, Runnable> counters = new ConcurrentHashMap<>();
  private final Board board;
  private final LongSupplier nanos;
  private final AtomicLong cleared;
  private volatile long changes;

  /** What came of a request at one limit. */
  public enum Outcome {
    ALLOWED,
    REFUSED,
    /** The limit only reports: it would have refused the request, and let it pass. */
    WOULD_REFUSE,
    /** Nobody could count the request, and it was let pass. */
    OPEN,
    /** Nobody could count the request, and it was refused. */
    CLOSED;

    /** As in the metric. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where decisions are counted. */
  @FunctionalInterface
  public interface Board {
    /** What counts one decision more of this combination. */
    Runnable counter(String tenant, String policy, Outcome outcome);

    /** Moves when counters that were given out are to be asked for again. */
    default long changes() {
      return 0;
    }
  }

  private record Series(String tenant, String policy, Outcome outcome) {}

  /**
   * @param board where they are counted
   */
  public LimitDecisions(Board board) {
    this(board, System::nanoTime);
  }

  LimitDecisions(Board board, LongSupplier nanos) {
    this.board = board;
    this.nanos = nanos;
    this.cleared = new AtomicLong(nanos.getAsLong());
  }

  void add(String tenant, String policy, Outcome outcome) {
    long now = board.changes();
    if (now != changes) {
      changes = now;
      counters.clear();
    }
    Series series = new Series(tenant, policy, outcome);
    Runnable counter = counters.get(series);
    if (counter == null) {
      counter = board.counter(tenant, policy, outcome);
      if (room()) {
        counters.put(series, counter);
        if (board.changes() != now) {
          counters.remove(series, counter); // it may have been taken out before it was put in
        }
      }
    }
    counter.run();
  }

  /** Whether one more may be remembered. Of those that are, many may be over: once a minute. */
  private boolean room() {
    if (counters.mappingCount() < MAX_SERIES) {
      return true;
    }
    long last = cleared.get();
    long time = nanos.getAsLong();
    if (time - last < BETWEEN_CLEARINGS || !cleared.compareAndSet(last, time)) {
      return false;
    }
    counters.clear();
    return true;
  }
}
