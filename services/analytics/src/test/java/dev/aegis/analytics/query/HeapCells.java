package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.CellKey;
import dev.aegis.analytics.rollup.Granularity;
import dev.aegis.analytics.rollup.Observation;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Cells in a map: the plainest thing that keeps what {@link Cells} promises. */
public final class HeapCells implements Cells {
  private final Map<CellKey, Cell> cells = new HashMap<>();
  private long lost;
  private @Nullable String notReady;

  /** Counts one request in the cell of each length. */
  public void add(Observation one) {
    for (Granularity granularity : Granularity.values()) {
      cells.merge(CellKey.of(granularity, one), Cell.EMPTY.plus(one), Cell::plus);
    }
  }

  /** Counts one request that is in no cell. */
  public void lose() {
    lost++;
  }

  /** Refuses from now on, or no more when null. */
  public void notReady(@Nullable String why) {
    notReady = why;
  }

  @Override
  public void scan(
      Granularity granularity, @Nullable String tenant, long from, long to, Visitor visitor)
      throws NotReady {
    if (notReady != null) {
      throw new NotReady(notReady);
    }
    cells.forEach(
        (key, cell) -> {
          if (key.granularity() == granularity
              && (tenant == null || tenant.equals(key.tenant()))
              && key.minute() >= from
              && key.minute() < to) {
            visitor.visit(key, cell);
          }
        });
  }

  @Override
  public long lost(@Nullable String tenant, long from, long to) throws NotReady {
    if (notReady != null) {
      throw new NotReady(notReady);
    }
    return lost;
  }
}
