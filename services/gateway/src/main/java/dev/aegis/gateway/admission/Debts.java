package dev.aegis.gateway.admission;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What was let pass while a shared store was away, as far as it still weighs. It keeps 100,000
 * callers at most; of further ones nothing is told afterwards.
 */
public final class Debts {
  private static final int MAX_DEBTORS = 100_000;

  private final Map<Debtor, Owed> owed = new ConcurrentHashMap<>();

  private record Debtor(Meter meter, String caller) {}

  private record Owed(Meter.Cell cell, long epochMillis) {}

  /**
   * What one caller owes.
   *
   * @param used of each bound of the meter
   * @param epochMillis when it was last added to
   */
  public record Debt(Meter meter, String caller, List<Long> used, long epochMillis) {}

  /** Adds what requests took. */
  public void add(List<Claim> claims, long epochMillis) {
    for (Claim claim : claims) {
      Debtor debtor = new Debtor(claim.meter(), claim.caller());
      if (owed.size() < MAX_DEBTORS || owed.containsKey(debtor)) {
        owed.compute(
            debtor,
            (key, known) -> {
              Meter.Cell cell = known == null ? new Meter.Cell(key.meter()) : known.cell();
              cell.fits(key.meter(), epochMillis, 0);
              cell.count(key.meter(), epochMillis, claim.cost(), true);
              return new Owed(cell, epochMillis);
            });
      }
    }
  }

  /** Takes one out, as much as still weighs at this time; null when nothing is owed. */
  public @Nullable Debt poll(long epochMillis) {
    Iterator<Debtor> debtors = owed.keySet().iterator();
    while (debtors.hasNext()) {
      Debtor debtor = debtors.next();
      Owed taken = owed.remove(debtor);
      if (taken != null) {
        List<Long> used =
            taken.cell().used(debtor.meter(), Math.max(epochMillis, taken.epochMillis()));
        return new Debt(debtor.meter(), debtor.caller(), used, taken.epochMillis());
      }
    }
    return null;
  }
}
