package dev.aegis.gateway.admission;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Limits counted in this process. Nobody waits for more than the arithmetic of another request. */
public final class LocalCounts implements Counts {
  private final @Nullable Refills refills;

  /** Of which none is leased. */
  public LocalCounts() {
    this.refills = null;
  }

  /**
   * @param refills gets the shares that are spent here
   */
  public LocalCounts(Refills refills) {
    this.refills = refills;
  }

  @Override
  public List<Count> take(List<Claim> claims, long epochMillis) {
    if (claims.size() == 1) {
      Claim claim = claims.getFirst();
      Meter.Cell cell = claim.meter().cell(claim.caller());
      synchronized (cell) {
        boolean fits = cell.fits(epochMillis, claim.cost());
        boolean counts = fits || claim.meter().countRefused();
        Count count = cell.count(epochMillis, claim.cost(), counts);
        refill(claim, cell, epochMillis);
        return List.of(count);
      }
    }
    Meter.Cell[] cells = new Meter.Cell[claims.size()];
    for (int i = 0; i < cells.length; i++) {
      cells[i] = claims.get(i).meter().cell(claims.get(i).caller());
    }
    Meter.Cell[] inOrder = cells.clone();
    Arrays.sort(inOrder, Comparator.comparingLong(Meter.Cell::number));
    return locked(inOrder, 0, claims, cells, epochMillis);
  }

  @Override
  public List<Count> peek(List<Claim> claims, long epochMillis) {
    List<Count> counts = new ArrayList<>(claims.size());
    for (Claim claim : claims) {
      Meter.Cell known = claim.meter().cellOrNull(claim.caller());
      Meter.Cell cell = known == null ? claim.meter().fresh() : known;
      synchronized (cell) {
        cell.fits(epochMillis, claim.cost());
        counts.add(cell.count(epochMillis, claim.cost(), false));
      }
    }
    return counts;
  }

  private void refill(Claim claim, Meter.Cell cell, long epochMillis) {
    if (refills != null && cell instanceof LeasedCell leased && leased.wants(epochMillis)) {
      refills.want(claim.meter(), claim.caller(), leased);
    }
  }

  /** All locks at once, each taken after those of a lower number. */
  private List<Count> locked(
      Meter.Cell[] inOrder, int next, List<Claim> claims, Meter.Cell[] cells, long epochMillis) {
    if (next == inOrder.length) {
      return decided(claims, cells, epochMillis);
    }
    synchronized (inOrder[next]) {
      return locked(inOrder, next + 1, claims, cells, epochMillis);
    }
  }

  private List<Count> decided(List<Claim> claims, Meter.Cell[] cells, long epochMillis) {
    boolean admitted = true;
    for (int i = 0; i < cells.length; i++) {
      Claim claim = claims.get(i);
      boolean fits = cells[i].fits(epochMillis, claim.cost());
      admitted &= fits || claim.meter().reportOnly();
    }
    List<Count> counts = new ArrayList<>(cells.length);
    for (int i = 0; i < cells.length; i++) {
      Claim claim = claims.get(i);
      boolean counted =
          claim.meter().countRefused() || admitted && cells[i].fits(epochMillis, claim.cost());
      counts.add(cells[i].count(epochMillis, claim.cost(), counted));
      refill(claim, cells[i], epochMillis);
    }
    return counts;
  }
}
