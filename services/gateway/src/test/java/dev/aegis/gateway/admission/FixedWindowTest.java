package dev.aegis.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Counting in fixed windows, against a slow oracle on simulated time. */
final class FixedWindowTest {
  private static final long START = 1_800_000_000_000L;

  record Call(String caller, long afterMillis) {}

  @Property(tries = 500)
  void countsAsAnOracleDoes(
      @ForAll("calls") List<Call> calls,
      @ForAll @IntRange(min = 1, max = 5) int limit,
      @ForAll @IntRange(min = 1, max = 3) int seconds) {
    FixedWindow window = new FixedWindow(limit, Duration.ofSeconds(seconds));
    Map<String, Integer> oracle = new HashMap<>();
    long now = START;
    for (Call call : calls) {
      now += call.afterMillis();
      long number = now / (seconds * 1000L);
      int before = oracle.getOrDefault(call.caller() + number, 0);
      FixedWindow.Count count = window.take(call.caller(), now);
      assertThat(count.admitted()).isEqualTo(before < limit);
      assertThat(count.remaining()).isEqualTo(Math.max(limit - before - 1, 0));
      assertThat(count.limit()).isEqualTo(limit);
      long reset = (number + 1) * seconds * 1000L - now;
      assertThat(count.resetSeconds())
          .isEqualTo((reset + 999) / 1000)
          .isBetween(1L, (long) seconds);
      if (count.admitted()) {
        oracle.merge(call.caller() + number, 1, Integer::sum);
      }
    }
  }

  @Provide
  Arbitrary<List<Call>> calls() {
    return Combinators.combine(
            Arbitraries.of("a", "b", ""),
            Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(5, Arbitraries.longs().between(0, 50)),
                net.jqwik.api.Tuple.of(1, Arbitraries.longs().between(0, 4000))))
        .as(Call::new)
        .list()
        .ofMaxSize(80);
  }

  @Test
  void beginsAnewAtTheFullSecondOnly() {
    FixedWindow window = new FixedWindow(1, Duration.ofSeconds(1));
    assertThat(window.take("a", START + 999).admitted()).isTrue();
    FixedWindow.Count refused = window.take("a", START + 999);
    assertThat(refused.admitted()).isFalse();
    assertThat(refused.resetSeconds()).isEqualTo(1);
    assertThat(window.take("a", START + 1000).admitted()).isTrue();
  }

  /** A clock that jumps back gives nobody a second helping, and says when there really is more. */
  @Test
  void opensNoWindowAgainWhenTheClockIsSetBack() {
    FixedWindow window = new FixedWindow(2, Duration.ofSeconds(10));
    assertThat(window.take("a", START + 10_000).admitted()).isTrue();
    FixedWindow.Count back = window.take("a", START + 9_000);
    assertThat(back.admitted()).isTrue();
    assertThat(back.remaining()).isZero();
    FixedWindow.Count refused = window.take("a", START + 9_000);
    assertThat(refused.admitted()).isFalse();
    assertThat(refused.resetSeconds()).isEqualTo(11);
    assertThat(window.take("a", START + 19_999).admitted()).isFalse();
    assertThat(window.take("a", START + 20_000).admitted()).isTrue();
  }

  @Test
  void countsUpToTheLargestLimit() {
    FixedWindow window = new FixedWindow(1_000_000_000, Duration.ofDays(1));
    assertThat(window.take("a", START).remaining()).isEqualTo(999_999_999);
    assertThat(window.take("a", START).remaining()).isEqualTo(999_999_998);
  }

  @Test
  void neverAdmitsMoreWhoeverComesAtOnce() throws Exception {
    int limit = 1000;
    int threads = 8;
    FixedWindow window = new FixedWindow(limit, Duration.ofSeconds(10));
    CountDownLatch go = new CountDownLatch(1);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<int[]>> admitted = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        admitted.add(
            pool.submit(
                () -> {
                  int[] perWindow = new int[3];
                  go.await();
                  for (int w = 0; w < 3; w++) {
                    for (int i = 0; i < limit; i++) {
                      if (window.take("a", START + w * 10_000L).admitted()) {
                        perWindow[w]++;
                      }
                    }
                  }
                  return perWindow;
                }));
      }
      go.countDown();
      int[] total = new int[3];
      for (Future<int[]> one : admitted) {
        for (int w = 0; w < 3; w++) {
          total[w] += one.get()[w];
        }
      }
      // Threads that lag find a later window open, which must not count twice either: the sum of
      // all is bounded, and the last window is always used up.
      assertThat(total[0] + total[1] + total[2]).isLessThanOrEqualTo(3 * limit);
      assertThat(total[2]).isPositive();
      assertThat(window.take("a", START + 20_000L).admitted()).isFalse();
    }
  }

  @Test
  void looksWithoutCounting() {
    FixedWindow window = new FixedWindow(2, Duration.ofSeconds(60));
    for (int i = 0; i < 5; i++) {
      assertThat(window.peek("a", 90_000)).isEqualTo(new FixedWindow.Count(true, 2, 2, 30));
    }
    window.take("a", 90_000);
    assertThat(window.peek("a", 90_000)).isEqualTo(new FixedWindow.Count(true, 2, 1, 30));
    window.take("a", 90_000);
    assertThat(window.peek("a", 90_000)).isEqualTo(new FixedWindow.Count(false, 2, 0, 30));
    assertThat(window.peek("b", 90_000).remaining()).isEqualTo(2);
    assertThat(window.peek("a", 120_000)).isEqualTo(new FixedWindow.Count(true, 2, 2, 60));
    // A clock set back does not open a window again.
    window.take("a", 120_000);
    assertThat(window.peek("a", 90_000).remaining()).isEqualTo(1);
  }
}
