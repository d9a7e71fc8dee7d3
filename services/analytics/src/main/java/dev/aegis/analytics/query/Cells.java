package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.CellKey;
import dev.aegis.analytics.rollup.Granularity;
import org.jspecify.annotations.Nullable;

/** The cells that can be asked here. */
public interface Cells {
  /** What a scan does with each cell. */
  @FunctionalInterface
  interface Visitor {
    /** Takes one cell. */
    void visit(CellKey key, Cell cell);
  }

  /**
   * Visits each cell of {@code granularity} that begins in {@code [from, to)}, in no order that
   * holds across tenants.
   *
   * @param tenant whose, null for all tenants
   * @param from minutes since 1970 UTC
   * @param to minutes since 1970 UTC
   * @throws NotReady when not all of them can be seen at the moment
   */
  void scan(Granularity granularity, @Nullable String tenant, long from, long to, Visitor visitor)
      throws NotReady;

  /**
   * How many requests of the range are known to be in no cell.
   *
   * @throws NotReady when it cannot be told at the moment
   */
  long lost(@Nullable String tenant, long from, long to) throws NotReady;
}
