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
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What each store does of limits of how many requests may be under way at once. */
public abstract class PlacesContract {
  private static final long START = 1_800_000_000_000L;
  private static final List<String> CALLERS = List.of("a", "b", "");
  private static final int CALLS = 200;

  /** Histories that are tried. */
  protected abstract int histories();

  protected abstract Counts counts();

  /** A limit that nothing has counted yet, in whatever store. */
  protected abstract Meter meter(List<Bound> bounds, boolean reportOnly);

  protected final Meter places(long limit) {
    return meter(List.of(new Bound(Algorithm.CONCURRENCY, limit, 0, limit)), false);
  }

  private long left(Meter meter, String caller) {
    return counts().peek(List.of(new Claim(meter, caller, 1)), START).getFirst().remaining();
  }

  /** Requests of several callers that come and end in any order, some ended twice. */
  @Test
  void holdsAsManyAsAreUnderWay() {
    for (int seed = 0; seed < histories(); seed++) {
      Random random = new Random(seed);
      long limit = 1 + random.nextInt(5);
      Meter meter = places(limit);
      Map<String, Deque<Places>> underWay = new HashMap<>();
      List<Places> ended = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        String at = "seed " + seed + " call " + i;
        String caller = CALLERS.get(random.nextInt(CALLERS.size()));
        Deque<Places> held = underWay.computeIfAbsent(caller, key -> new ArrayDeque<>());
        switch (random.nextInt(5)) {
          case 0, 1 -> {
            Places places = new Places();
            Count count =
                counts().take(List.of(new Claim(meter, caller, 1)), START, places).getFirst();
            assertThat(count.admitted()).as(at).isEqualTo(held.size() < limit);
            if (count.admitted()) {
              held.add(places);
            } else {
              assertThat(count.resetSeconds()).as(at).isEqualTo(1);
              places.close();
            }
            assertThat(count.remaining()).as(at).isEqualTo(limit - held.size());
          }
          case 2, 3 -> {
            Places places = random.nextBoolean() ? held.pollFirst() : held.pollLast();
            if (places != null) {
              places.close();
              ended.add(places);
            }
          }
          default -> {
            if (!ended.isEmpty()) {
              ended.get(random.nextInt(ended.size())).close();
            }
          }
        }
        assertThat(left(meter, caller)).as(at).isEqualTo(limit - held.size());
      }
      underWay.values().forEach(held -> held.forEach(Places::close));
      for (String caller : CALLERS) {
        assertThat(left(meter, caller)).as("seed " + seed).isEqualTo(limit);
      }
    }
  }

  /** With limits per time beside: all or nothing, and nothing that one refuses holds a place. */
  @Test
  void takesNoPlaceOfWhatAnotherLimitRefuses() {
    Meter places = places(2);
    Meter window = meter(List.of(new Bound(Algorithm.FIXED_WINDOW, 3, 86_400_000, 3)), false);
    Meter reports = meter(List.of(new Bound(Algorithm.CONCURRENCY, 1, 0, 1)), true);
    List<Claim> claims =
        List.of(new Claim(window, "a", 1), new Claim(places, "a", 1), new Claim(reports, "a", 1));
    List<Places> underWay = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      underWay.add(new Places());
      List<Count> counts = counts().take(claims, START, underWay.getLast());
      assertThat(counts.stream().map(Count::admitted)).containsExactly(true, true, i == 0);
    }
    Places none = new Places();
    assertThat(counts().take(claims, START, none).get(1).admitted()).isFalse();
    none.close();
    assertThat(left(window, "a")).isEqualTo(1); // refused for want of a place, and not counted
    underWay.forEach(Places::close);
    assertThat(left(places, "a")).isEqualTo(2);
    assertThat(left(reports, "a")).isEqualTo(1);
    Places third = new Places();
    assertThat(counts().take(claims, START, third).stream().allMatch(Count::admitted)).isTrue();
    third.close();
    Places refused = new Places();
    assertThat(counts().take(claims, START, refused).getFirst().admitted()).isFalse();
    assertThat(left(places, "a")).isEqualTo(2);
    refused.close();
    assertThat(left(places, "a")).isEqualTo(2);
  }

  /** Never more than the limit at once, in both orders of two limits, and in the end none. */
  @Test
  void neverHoldsMoreThanTheLimit() throws Exception {
    int limit = 7;
    Meter one = places(limit);
    Meter other = places(1_000);
    AtomicInteger underWay = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Callable<Integer>> callers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      List<Claim> claims =
          i % 2 == 0
              ? List.of(new Claim(one, "a", 1), new Claim(other, "a", 1))
              : List.of(new Claim(other, "a", 1), new Claim(one, "a", 1));
      callers.add(
          () -> {
            int admitted = 0;
            for (int call = 0; call < 40; call++) {
              try (Places held = new Places()) {
                if (counts().take(claims, START, held).stream().allMatch(Count::admitted)) {
                  admitted++;
                  most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                  Thread.yield();
                  underWay.decrementAndGet();
                }
              }
            }
            return admitted;
          });
    }
    int admitted = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Integer> each : threads.invokeAll(callers)) {
        admitted += each.get();
      }
    }
    assertThat(most.get()).isBetween(1, limit);
    assertThat(admitted).isGreaterThanOrEqualTo(limit);
    assertThat(left(one, "a")).isEqualTo(limit);
    assertThat(left(other, "a")).isEqualTo(1_000);
  }
}
