package dev.aegis.gateway.admission;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Limits counted in this process. Nobody waits for more than the arithmetic of another request. */
public final class LocalCounts implements Counts {
  @Override
  public List<Count> take(List<Claim> claims, long epochMillis) {
    if (claims.size() == 1) {
      Claim claim = claims.getFirst();
      Meter.Cell cell = claim.meter().cell(claim.caller());
      synchronized (cell) {
        boolean fits = cell.fits(epochMillis, claim.cost());
        boolean counts = fits || claim.meter().countRefused();
        return List.of(cell.count(epochMillis, claim.cost(), counts));
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
      Meter.Cell cell = known == null ? new Meter.Cell(claim.meter()) : known;
      synchronized (cell) {
        cell.fits(epochMillis, claim.cost());
        counts.add(cell.count(epochMillis, claim.cost(), false));
      }
    }
    return counts;
  }

  /** All locks at once, each taken after those of a lower number. */
  private static List<Count> locked(
      Meter.Cell[] inOrder, int next, List<Claim> claims, Meter.Cell[] cells, long epochMillis) {
    if (next == inOrder.length) {
      return decided(claims, cells, epochMillis);
    }
    synchronized (inOrder[next]) {
      return locked(inOrder, next + 1, claims, cells, epochMillis);
    }
  }

  private static List<Count> decided(List<Claim> claims, Meter.Cell[] cells, long epochMillis) {
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
    }
    return counts;
  }
}
