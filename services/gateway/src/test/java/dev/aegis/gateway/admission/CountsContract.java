package dev.aegis.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.RateLimitConfig.Algorithm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What each store of limits per time does, against an oracle on simulated time. */
public abstract class CountsContract {
  protected static final long START = 1_800_000_000_000L;
  private static final List<String> CALLERS = List.of("a", "b", "");
  private static final int CALLS = 60;

  /** Histories that are tried of each kind. */
  protected abstract int histories();

  protected abstract Counts counts();

  /** A limit that nothing has counted yet, in whatever store. */
  protected abstract Meter meter(List<Bound> bounds, boolean reportOnly, boolean countRefused);

  private Meter meter(Bound... bounds) {
    return meter(List.of(bounds), false, false);
  }

  private static Bound bound(Algorithm algorithm, Random random) {
    long limit = 1 + random.nextInt(7);
    long room = LimitOracle.bucket(algorithm) ? 1 + random.nextInt(5) : limit;
    return new Bound(algorithm, limit, 1000L * (1 + random.nextInt(3)), room);
  }

  /** Admits exactly what the definition does, says what is left, and when to come again. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CONCURRENCY")
  void countsAsItsDefinitionSays(Algorithm algorithm) {
    for (int seed = 0; seed < histories(); seed++) {
      Random random = new Random(seed);
      Bound bound = bound(algorithm, random);
      Meter meter = meter(bound);
      Map<String, LimitOracle> oracles = new HashMap<>();
      long now = START + random.nextInt(3000);
      for (int i = 0; i < CALLS; i++) {
        now += random.nextInt(5) == 0 ? random.nextInt(4000) : random.nextInt(300);
        String caller = CALLERS.get(random.nextInt(CALLERS.size()));
        LimitOracle oracle = oracles.computeIfAbsent(caller, key -> new LimitOracle(bound));
        long cost = Math.min(random.nextInt(3), bound.room());
        List<Claim> claims = List.of(new Claim(meter, caller, cost));
        String at = algorithm + " seed " + seed + " call " + i;
        boolean fits = oracle.fits(now, cost);
        Count peeked = counts().peek(claims, now).getFirst();
        assertThat(peeked.admitted()).as(at).isEqualTo(fits);
        assertThat(peeked.remaining()).as(at).isEqualTo(oracle.room(now));
        Count count = counts().take(claims, now).getFirst();
        assertThat(count.admitted()).as(at).isEqualTo(fits);
        if (fits) {
          oracle.add(now, cost);
        } else {
          assertThat(oracle.fits(now + count.resetSeconds() * 1000, cost)).as(at).isTrue();
          assertThat(oracle.fits(now + count.resetSeconds() * 1000 - 1001, cost)).as(at).isFalse();
        }
        assertThat(count.remaining()).as(at).isEqualTo(oracle.room(now));
        assertThat(count.limit()).as(at).isEqualTo(bound.room());
      }
    }
  }

  /** What requests turn out to cost weighs on those that follow, even where it is too much. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CONCURRENCY")
  void chargesAfterwards(Algorithm algorithm) {
    for (int seed = 0; seed < histories(); seed++) {
      Random random = new Random(seed);
      Bound bound = bound(algorithm, random);
      Meter meter = meter(bound);
      LimitOracle oracle = new LimitOracle(bound);
      long now = START + random.nextInt(3000);
      for (int i = 0; i < CALLS; i++) {
        now += random.nextInt(5) == 0 ? random.nextInt(4000) : random.nextInt(300);
        String at = algorithm + " seed " + seed + " call " + i;
        if (random.nextBoolean() && oracle.room(now) > 0) {
          long more = random.nextInt((int) bound.room() + 1);
          Count count = counts().charge(List.of(new Claim(meter, "a", more)), now).getFirst();
          oracle.add(now, more);
          assertThat(count.admitted()).as(at).isTrue();
          assertThat(count.remaining()).as(at).isEqualTo(oracle.room(now));
        }
        boolean fits = oracle.fits(now, 1);
        Count count = counts().take(List.of(new Claim(meter, "a", 1)), now).getFirst();
        assertThat(count.admitted()).as(at).isEqualTo(fits);
        if (fits) {
          oracle.add(now, 1);
        } else {
          assertThat(oracle.fits(now + count.resetSeconds() * 1000, 1)).as(at).isTrue();
          assertThat(oracle.fits(now + count.resetSeconds() * 1000 - 1001, 1)).as(at).isFalse();
        }
        assertThat(count.remaining()).as(at).isEqualTo(oracle.room(now));
      }
    }
  }

  /** Who owes more than twice the limit owes no more than that. */
  @Test
  void whatIsOwedHasABound() {
    Meter meter = meter(new Bound(Algorithm.FIXED_WINDOW, 5, 1000, 5));
    Meter bucket = meter(new Bound(Algorithm.TOKEN_BUCKET, 5, 1000, 5));
    for (int i = 0; i < 100; i++) {
      counts().charge(List.of(new Claim(meter, "a", 5), new Claim(bucket, "a", 5)), START);
    }
    List<Claim> claims = List.of(new Claim(meter, "a", 1), new Claim(bucket, "a", 1));
    assertThat(counts().take(claims, START + 999).stream().anyMatch(Count::admitted)).isFalse();
    assertThat(counts().take(claims, START + 1_200).stream().allMatch(Count::admitted)).isTrue();
  }

  /** Several limits of several windows: all or nothing. */
  @Test
  void countsAgainstAllLimitsOrNone() {
    Algorithm[] algorithms = {
      Algorithm.FIXED_WINDOW,
      Algorithm.SLIDING_WINDOW,
      Algorithm.TOKEN_BUCKET,
      Algorithm.LEAKY_BUCKET
    };
    for (int seed = 0; seed < histories(); seed++) {
      Random random = new Random(seed);
      List<List<Bound>> bounds = new ArrayList<>();
      List<Meter> meters = new ArrayList<>();
      List<LimitOracle> oracles = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Algorithm algorithm = algorithms[random.nextInt(algorithms.length)];
        List<Bound> both = List.of(bound(algorithm, random), bound(algorithm, random));
        bounds.add(both);
        meters.add(meter(both, i == 2, false)); // the last one only reports
        both.forEach(each -> oracles.add(new LimitOracle(each)));
      }
      long now = START;
      for (int i = 0; i < CALLS; i++) {
        now += random.nextInt(400);
        List<Claim> claims = meters.stream().map(meter -> new Claim(meter, "x", 1)).toList();
        long at = now;
        List<Boolean> fits = new ArrayList<>();
        for (int m = 0; m < meters.size(); m++) {
          fits.add(oracles.get(2 * m).fits(at, 1) && oracles.get(2 * m + 1).fits(at, 1));
        }
        boolean admitted = fits.get(0) && fits.get(1);
        List<Count> counts = counts().take(claims, now);
        assertThat(counts.stream().map(Count::admitted)).as("seed " + seed).isEqualTo(fits);
        for (int m = 0; m < meters.size(); m++) {
          if (admitted && fits.get(m)) {
            oracles.get(2 * m).add(now, 1);
            oracles.get(2 * m + 1).add(now, 1);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CONCURRENCY")
  void aClockThatIsSetBackLetsNobodyIn(Algorithm algorithm) {
    Meter meter = meter(new Bound(algorithm, 2, 1000, 2));
    List<Claim> claims = List.of(new Claim(meter, "a", 2));
    assertThat(counts().take(claims, START).getFirst().admitted()).isTrue();
    assertThat(counts().take(claims, START - 5_000).getFirst().admitted()).isFalse();
    assertThat(counts().take(claims, START + 2_000).getFirst().admitted()).isTrue();
  }

  @Test
  void refusedRequestsCountWhereThatIsAskedFor() {
    Meter meter = meter(List.of(new Bound(Algorithm.TOKEN_BUCKET, 1, 1000, 1)), false, true);
    List<Claim> claims = List.of(new Claim(meter, "a", 1));
    assertThat(counts().take(claims, START).getFirst().admitted()).isTrue();
    for (int tenths = 1; tenths < 50; tenths++) {
      Count count = counts().take(claims, START + 100L * tenths).getFirst();
      assertThat(count.admitted()).isFalse();
    }
    assertThat(counts().take(claims, START + 4_900 + 2_000).getFirst().admitted()).isTrue();
  }

  @Test
  void aQueueTellsEachRequestItsTurn() {
    Meter meter = meter(new Bound(Algorithm.LEAKY_BUCKET, 10, 1000, 4));
    List<Claim> claims = List.of(new Claim(meter, "a", 1));
    List<Long> delays = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      delays.add(counts().take(claims, START).getFirst().delayMillis());
    }
    assertThat(delays).containsExactly(0L, 100L, 200L, 300L);
    assertThat(counts().take(claims, START).getFirst().admitted()).isFalse();
    assertThat(counts().take(claims, START + 100).getFirst().delayMillis()).isEqualTo(300);
  }

  /** 200 callers at once, on two limits in both orders: no deadlock, and exactly the limit. */
  @Test
  void admitsExactlyTheLimitAtOnce() throws Exception {
    Meter narrow = meter(new Bound(Algorithm.FIXED_WINDOW, 137, 3_600_000, 137));
    Meter wide = meter(new Bound(Algorithm.TOKEN_BUCKET, 1000, 3_600_000, 1000));
    List<Callable<Long>> callers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      List<Claim> claims =
          i % 2 == 0
              ? List.of(new Claim(narrow, "a", 1), new Claim(wide, "a", 1))
              : List.of(new Claim(wide, "a", 1), new Claim(narrow, "a", 1));
      callers.add(
          () -> {
            long admitted = 0;
            for (int call = 0; call < 3; call++) {
              if (counts().take(claims, START).stream().allMatch(Count::admitted)) {
                admitted++;
              }
            }
            return admitted;
          });
    }
    long admitted = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Long> each : threads.invokeAll(callers)) {
        admitted += each.get();
      }
    }
    assertThat(admitted).isEqualTo(137);
    Claim rest = new Claim(wide, "a", 1);
    assertThat(counts().peek(List.of(rest), START).getFirst().remaining()).isEqualTo(1000 - 137);
  }
}
