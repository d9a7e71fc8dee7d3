package dev.aegis.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.RateLimitConfig.Algorithm;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Shares of one limit, spent by several gateways whose questions are answered late. */
final class LeasedCellTest {
  private static final long START = 1_700_000_000_000L;
  private static final long LENGTH = 1_000;
  private static final Meter METER =
      new Meter("l", List.of(new Bound(Algorithm.FIXED_WINDOW, 100, LENGTH, 100)), false, false);

  /** A question that is under way. */
  private record UnderWay(int gateway, LeasedCell.Asked asked) {}

  @Test
  void neverAdmitsMoreThanOneShareOfEachGatewayBeyondTheLimit() {
    long most = 0;
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      int gateways = 1 + random.nextInt(4);
      long limit = 1 + random.nextInt(200);
      long share = 1 + random.nextInt((int) limit);
      long over = mostInAWindow(random, gateways, limit, share) - limit;
      assertThat(over).as("seed %d", seed).isLessThanOrEqualTo(gateways * share);
      most = Math.max(most, over);
    }
    assertThat(most).isPositive(); // the bound is needed
  }

  private static long mostInAWindow(Random random, int gateways, long limit, long share) {
    Meter meter =
        new Meter(
            "l", List.of(new Bound(Algorithm.FIXED_WINDOW, limit, LENGTH, limit)), false, false);
    LocalCounts together = new LocalCounts();
    List<LeasedCell> cells = new ArrayList<>();
    for (int i = 0; i < gateways; i++) {
      cells.add(new LeasedCell(meter, share));
    }
    Deque<UnderWay> underWay = new ArrayDeque<>();
    Map<Long, Long> admitted = new HashMap<>();
    long now = START;
    for (int step = 0; step < 2_000; step++) {
      now += random.nextInt(3);
      int gateway = random.nextInt(gateways);
      LeasedCell cell = cells.get(gateway);
      boolean fits = cell.fits(meter, now, 1);
      cell.count(meter, now, 1, fits);
      if (fits) {
        admitted.merge(now / LENGTH, 1L, Long::sum);
      }
      if (cell.wants(now)) {
        underWay.add(new UnderWay(gateway, cell.asked()));
      }
      if (!underWay.isEmpty() && random.nextInt(4) == 0) {
        UnderWay next = underWay.remove();
        answer(together, meter, cells.get(next.gateway()), next.asked(), now);
      }
    }
    return admitted.values().stream().mapToLong(Long::longValue).max().orElseThrow();
  }

  private static void answer(
      LocalCounts together, Meter meter, LeasedCell cell, LeasedCell.Asked asked, long now) {
    Count count = together.take(List.of(new Claim(meter, "alice", asked.units())), now).getFirst();
    if (count.admitted()) {
      cell.granted(asked, asked.units(), count.remaining());
    } else {
      cell.refused(asked, now);
    }
  }

  @Test
  void asksOnceAndAgainWhenHalfIsSpent() {
    LeasedCell cell = cell(10);
    spend(cell, 1);
    assertThat(cell.wants(START)).isTrue();
    assertThat(cell.wants(START)).isFalse();
    LeasedCell.Asked asked = cell.asked();
    assertThat(asked.units()).isEqualTo(11); // a share, and what was spent in advance
    cell.granted(asked, 11, 89);
    spend(cell, 5);
    assertThat(cell.wants(START)).isFalse();
    spend(cell, 1);
    assertThat(cell.wants(START)).isTrue();
  }

  @Test
  void tellsWhatAllHaveLeft() {
    LeasedCell cell = cell(10);
    spend(cell, 1);
    assertThat(cell.wants(START)).isTrue();
    cell.granted(cell.asked(), 11, 40); // others have taken 49
    assertThat(cell.count(METER, START, 1, false).remaining()).isEqualTo(50);
  }

  @Test
  void spendsNothingInAdvanceOnceAllIsGone() {
    LeasedCell cell = cell(10);
    spend(cell, 1);
    assertThat(cell.wants(START)).isTrue();
    cell.refused(cell.asked(), START);
    assertThat(cell.fits(METER, START, 1)).isFalse();
    assertThat(cell.count(METER, START, 1, false).remaining()).isZero();
    assertThat(cell.wants(START + 999)).isFalse();
    assertThat(cell.fits(METER, START + LENGTH, 1)).isTrue();
  }

  @Test
  void anAnswerOfAnotherWindowGrantsNothing() {
    LeasedCell cell = cell(10);
    spend(cell, 1);
    assertThat(cell.wants(START)).isTrue();
    LeasedCell.Asked asked = cell.asked();
    assertThat(cell.fits(METER, START + LENGTH, 1)).isTrue();
    cell.granted(asked, 50, 50);
    assertThat(cell.fits(METER, START + LENGTH, 11)).isFalse();
    assertThat(cell.wants(START + LENGTH)).isTrue();
  }

  private static LeasedCell cell(long share) {
    return new LeasedCell(METER, share);
  }

  private static void spend(LeasedCell cell, int units) {
    for (int i = 0; i < units; i++) {
      assertThat(cell.fits(METER, START, 1)).isTrue();
      cell.count(METER, START, 1, true);
    }
  }
}
