package dev.aegis.gateway.pipeline;

import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells what came of requests at limits; each combination is looked up once, and again when the
 * board has changed.
 */
public final class LimitDecisions {
  private static final int MAX_SERIES = 10_000;

  private final ConcurrentHashMap<Series, Runnable> counters = new ConcurrentHashMap<>();
  private final Board board;
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
    this.board = board;
  }

  void add(String tenant, String policy, Outcome outcome) {
    long now = board.changes();
    if (now != changes || counters.mappingCount() >= MAX_SERIES) {
      changes = now;
      counters.clear();
    }
    Series series = new Series(tenant, policy, outcome);
    Runnable counter = counters.get(series);
    if (counter == null) {
      counter = board.counter(tenant, policy, outcome);
      counters.put(series, counter);
    }
    counter.run();
  }
}
