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
 * beyond that the ones not seen for longest begin anew.
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
    this(name, bounds, reportOnly, countRefused, 0);
  }

  private Meter(
      String name, List<Bound> bounds, boolean reportOnly, boolean countRefused, long share) {
    this.share = share;
    this.name = name;
    this.bounds = List.copyOf(bounds);
    this.reportOnly = reportOnly;
    this.countRefused = countRefused;
    this.forgottenMillis = bounds.stream().mapToLong(Meter::forgottenMillis).max().orElseThrow();
    this.cells =
        Caffeine.newBuilder()
            .maximumSize(MAX_CALLERS)
            .expireAfterAccess(Duration.ofMillis(forgottenMillis))
            .executor(Runnable::run)
            .build();
  }

  /** After how long without a request its state is that of a new one, however full it is. */
  private static long forgottenMillis(Bound bound) {
    long full = Math.ceilDiv(2 * bound.room() * bound.lengthMillis(), bound.limit());
    return switch (bound.algorithm()) {
      case FIXED_WINDOW, SLIDING_WINDOW -> 2 * bound.lengthMillis();
      case TOKEN_BUCKET, LEAKY_BUCKET -> full;
    };
  }

  /** One that spends shares of this one, which is counted elsewhere. */
  public Meter leased(long units) {
    return new Meter(name, bounds, reportOnly, countRefused, units);
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
    private final Meter meter;
    private final long[][] states;

    Cell(Meter meter) {
      this.meter = meter;
      this.states = new long[meter.bounds.size()][Bound.NUMBERS];
    }

    long number() {
      return number;
    }

    /** Whether a request of this cost may pass, once the state is brought to this time. */
    boolean fits(long epochMillis, long cost) {
      boolean fits = true;
      for (int i = 0; i < states.length; i++) {
        Bound bound = meter.bounds.get(i);
        bound.roll(states[i], epochMillis);
        fits &= cost <= bound.remaining(states[i], epochMillis);
      }
      return fits;
    }

    /** What weighs of each bound, at the time to which the state was brought. */
    List<Long> used(long epochMillis) {
      fits(epochMillis, 0);
      List<Long> used = new ArrayList<>();
      for (int i = 0; i < states.length; i++) {
        used.add(meter.bounds.get(i).used(states[i], epochMillis));
      }
      return used;
    }

    /** Where it stands, after the request is counted if it {@code counts}. */
    Count count(long epochMillis, long cost, boolean counts) {
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
