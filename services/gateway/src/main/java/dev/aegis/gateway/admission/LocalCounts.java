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
  public List<Count> take(List<Claim> claims, long epochMillis, Places held) {
    if (claims.size() == 1) {
      Claim claim = claims.getFirst();
      Meter.Cell cell = claim.meter().cell(claim.caller());
      synchronized (cell) {
        boolean fits = cell.fits(claim.meter(), epochMillis, claim.cost());
        boolean counts = fits || claim.meter().countRefused();
        return List.of(count(claim, cell, epochMillis, counts, held));
      }
    }
    Meter.Cell[] cells = new Meter.Cell[claims.size()];
    for (int i = 0; i < cells.length; i++) {
      cells[i] = claims.get(i).meter().cell(claims.get(i).caller());
    }
    Meter.Cell[] inOrder = cells.clone();
    Arrays.sort(inOrder, Comparator.comparingLong(Meter.Cell::number));
    return locked(inOrder, 0, claims, cells, epochMillis, held);
  }

  @Override
  public List<Count> peek(List<Claim> claims, long epochMillis) {
    List<Count> counts = new ArrayList<>(claims.size());
    for (Claim claim : claims) {
      Meter.Cell known = claim.meter().cellOrNull(claim.caller());
      Meter.Cell cell = known == null ? claim.meter().fresh() : known;
      synchronized (cell) {
        cell.fits(claim.meter(), epochMillis, claim.cost());
        counts.add(cell.count(claim.meter(), epochMillis, claim.cost(), false));
      }
    }
    return counts;
  }

  @Override
  public List<Count> charge(List<Claim> claims, long epochMillis) {
    List<Count> counts = new ArrayList<>(claims.size());
    for (Claim claim : claims) {
      Meter.Cell cell = claim.meter().cell(claim.caller());
      synchronized (cell) {
        cell.fits(claim.meter(), epochMillis, 0);
        cell.count(claim.meter(), epochMillis, claim.cost(), true);
        counts.add(cell.count(claim.meter(), epochMillis, 0, false));
        refill(claim, cell, epochMillis);
      }
    }
    return counts;
  }

  private Count count(Claim claim, Meter.Cell cell, long epochMillis, boolean counts, Places held) {
    Count count = cell.count(claim.meter(), epochMillis, claim.cost(), counts);
    if (counts && claim.meter().places()) {
      held.add(new Taken(cell, claim.cost()));
    }
    refill(claim, cell, epochMillis);
    return count;
  }

  /** A place of a count of this process, which is remembered for as long as anybody holds one. */
  private record Taken(Meter.Cell cell, long cost) implements Places.Place {
    @Override
    public void giveBack() {
      synchronized (cell) {
        cell.giveBack(cost);
      }
    }
  }

  private void refill(Claim claim, Meter.Cell cell, long epochMillis) {
    if (refills != null && cell instanceof LeasedCell leased && leased.wants(epochMillis)) {
      refills.want(claim.meter(), claim.caller(), leased);
    }
  }

  /** All locks at once, each taken after those of a lower number. */
  private List<Count> locked(
      Meter.Cell[] inOrder,
      int next,
      List<Claim> claims,
      Meter.Cell[] cells,
      long epochMillis,
      Places held) {
    if (next == inOrder.length) {
      return decided(claims, cells, epochMillis, held);
    }
    synchronized (inOrder[next]) {
      return locked(inOrder, next + 1, claims, cells, epochMillis, held);
    }
  }

  private List<Count> decided(
      List<Claim> claims, Meter.Cell[] cells, long epochMillis, Places held) {
    boolean admitted = true;
    for (int i = 0; i < cells.length; i++) {
      Claim claim = claims.get(i);
      boolean fits = cells[i].fits(claim.meter(), epochMillis, claim.cost());
      admitted &= fits || claim.meter().reportOnly();
    }
    List<Count> counts = new ArrayList<>(cells.length);
    for (int i = 0; i < cells.length; i++) {
      Claim claim = claims.get(i);
      boolean counted =
          claim.meter().countRefused()
              || admitted && cells[i].fits(claim.meter(), epochMillis, claim.cost());
      counts.add(count(claim, cells[i], epochMillis, counted, held));
    }
    return counts;
  }
}
