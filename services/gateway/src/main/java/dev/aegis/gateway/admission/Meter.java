package dev.aegis.gateway.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One limit and the counts of its callers in this process. It remembers 100,000 of them at most;
 * beyond that the ones not seen for longest begin anew. Callers that hold places are remembered for
 * as long as they do, whatever their number.
 */
public final class Meter {
  private static final int MAX_CALLERS = 100_000;

  /** Numbers the cells of all meters, so that who needs several locks them in one order. */
  private static final AtomicLong CELLS = new AtomicLong();

  /** How much longer another store keeps a state than it means anything. */
  private static final long SPARE_MILLIS = 60_000;

  private final String name;
  private final List<Bound> bounds;
  private final boolean reportOnly;
  private final boolean countRefused;
  private final long share;
  private final long forgottenMillis;
  private final Cache<String, Cell> cells;

  /**
   * @param name of its counts where gateways share them, the same in all of them
   * @param bounds all that must hold at once
   * @param reportOnly whether what it would refuse is let pass
   * @param countRefused whether requests that are refused are counted too
   */
  public Meter(String name, List<Bound> bounds, boolean reportOnly, boolean countRefused) {
    this(name, bounds, reportOnly, countRefused, 0, cells(bounds));
  }

  private Meter(
      String name,
      List<Bound> bounds,
      boolean reportOnly,
      boolean countRefused,
      long share,
      Cache<String, Cell> cells) {
    this.share = share;
    this.name = name;
    this.bounds = List.copyOf(bounds);
    this.reportOnly = reportOnly;
    this.countRefused = countRefused;
    this.forgottenMillis = forgottenMillis(bounds);
    this.cells = cells;
  }

  private static Cache<String, Cell> cells(List<Bound> bounds) {
    Caffeine<Object, Object> cells = Caffeine.newBuilder().executor(Runnable::run);
    return bounds.stream().anyMatch(Bound::places)
        ? cells.weakValues().build()
        : cells
            .maximumSize(MAX_CALLERS)
            .expireAfterAccess(Duration.ofMillis(forgottenMillis(bounds)))
            .build();
  }

  private static long forgottenMillis(List<Bound> bounds) {
    return bounds.stream().mapToLong(Meter::forgottenMillis).max().orElseThrow();
  }

  /** After how long without a request its state is that of a new one, however full it is. */
  private static long forgottenMillis(Bound bound) {
    return switch (bound.algorithm()) {
      case FIXED_WINDOW, SLIDING_WINDOW -> 2 * bound.lengthMillis();
      case TOKEN_BUCKET, LEAKY_BUCKET ->
          Math.ceilDiv(2 * bound.room() * bound.lengthMillis(), bound.limit());
      case CONCURRENCY -> 0;
    };
  }

  /** One that spends shares of this one, which is counted elsewhere. */
  public Meter leased(long units) {
    return new Meter(name, bounds, reportOnly, countRefused, units, cells(bounds));
  }

  /** One of the same places that lets take no more than these. */
  public Meter within(List<Bound> narrower) {
    return new Meter(name, narrower, reportOnly, countRefused, 0, cells);
  }

  /** Whether requests take places of it. */
  public boolean places() {
    return bounds.getFirst().places();
  }

  /** The name of its counts where gateways share them. */
  public String name() {
    return name;
  }

  /** How long another store has to keep a state that nobody looks at. */
  public long keptMillis() {
    return forgottenMillis + SPARE_MILLIS;
  }

  /** What must hold. */
  public List<Bound> bounds() {
    return bounds;
  }

  /** Whether what it would refuse is let pass. */
  public boolean reportOnly() {
    return reportOnly;
  }

  /** Whether requests that are refused are counted too. */
  public boolean countRefused() {
    return countRefused;
  }

  Cell cell(String caller) {
    return cells.get(caller, key -> fresh());
  }

  /** The counts of a caller that has not been seen. */
  Cell fresh() {
    return share > 0 ? new LeasedCell(this, share) : new Cell(this);
  }

  @Nullable Cell cellOrNull(String caller) {
    return cells.getIfPresent(caller);
  }

  /** The counts of one caller; whoever looks at them has its lock. Leased ones are others. */
  static class Cell {
    private final long number = CELLS.incrementAndGet();
    private final long[][] states;

    Cell(Meter meter) {
      this.states = new long[meter.bounds.size()][Bound.NUMBERS];
    }

    long number() {
      return number;
    }

    /** Whether a request of this cost may pass, once the state is brought to this time. */
    boolean fits(Meter meter, long epochMillis, long cost) {
      boolean fits = true;
      for (int i = 0; i < states.length; i++) {
        Bound bound = meter.bounds.get(i);
        bound.roll(states[i], epochMillis);
        fits &= cost <= bound.remaining(states[i], epochMillis);
      }
      return fits;
    }

    /** Gives back what was taken of places. */
    void giveBack(long cost) {
      for (long[] state : states) {
        Bound.giveBack(state, cost);
      }
    }

    /** What weighs of each bound, at the time to which the state was brought. */
    List<Long> used(Meter meter, long epochMillis) {
      fits(meter, epochMillis, 0);
      List<Long> used = new ArrayList<>();
      for (int i = 0; i < states.length; i++) {
        used.add(meter.bounds.get(i).used(states[i], epochMillis));
      }
      return used;
    }

    /** Where it stands, after the request is counted if it {@code counts}. */
    Count count(Meter meter, long epochMillis, long cost, boolean counts) {
      Count least = null;
      for (int i = 0; i < states.length; i++) {
        Bound bound = meter.bounds.get(i);
        long[] state = states[i];
        boolean fits = cost <= bound.remaining(state, epochMillis);
        long delay = bound.delayMillis(state);
        long wait = fits ? 0 : bound.waitMillis(state, epochMillis, cost);
        if (counts) {
          bound.add(state, cost);
        }
        long millis = fits ? bound.resetMillis(state, epochMillis) : wait;
        Count count = Count.of(fits, bound, bound.remaining(state, epochMillis), millis, delay);
        least = least == null ? count : least.and(count);
      }
      if (least == null) {
        throw new IllegalStateException("a limit has a window");
      }
      return least;
    }
  }
}
