package dev.aegis.gateway.overload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.overload.Load.Entry;
import dev.aegis.gateway.overload.Load.Share;
import dev.aegis.gateway.overload.Waiting.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Whose request is turned away when there are too many, and when there are. */
final class LoadTest {
  private static final int MANY = 1_000_000;

  /**
   * Whatever begins and ends in whatever order: below the bound all get in; nobody below an equal
   * share is refused; whoever is refused has that share; and there are never more than twice the
   * bound.
   */
  @Property
  void sharesAreFair(
      @ForAll @IntRange(min = 1, max = 12) int bound,
      @ForAll @IntRange(min = 1, max = 6) int tenants,
      @ForAll @Size(max = 300) List<@IntRange(min = -6, max = 5) Integer> steps) {
    Load load = new Load(bound);
    int[] active = new int[tenants];
    for (int step : steps) {
      int tenant = Math.floorMod(step, 6) % tenants;
      Share share = load.share("t" + tenant);
      int all = sum(active);
      if (step < 0) {
        if (active[tenant] > 0) {
          load.end(share);
          active[tenant]--;
        }
        continue;
      }
      int with = count(active) + (active[tenant] == 0 ? 1 : 0);
      boolean belowShare = active[tenant] + 1 <= Math.max(1, bound / with);
      boolean expected = all < bound || belowShare && all < 2 * bound;
      Entry entry = load.begin(share, MANY);
      assertThat(entry).isEqualTo(expected ? Entry.BEGUN : Entry.FULL);
      if (entry == Entry.BEGUN) {
        active[tenant]++;
      }
      assertThat(load.active()).isEqualTo(sum(active)).isLessThanOrEqualTo(2 * bound);
      assertThat(share.active()).isEqualTo(active[tenant]);
    }
  }

  private static int sum(int[] active) {
    int sum = 0;
    for (int each : active) {
      sum += each;
    }
    return sum;
  }

  private static int count(int[] active) {
    int count = 0;
    for (int each : active) {
      count += each > 0 ? 1 : 0;
    }
    return count;
  }

  /** However long one tenant has flooded, in the long run each gets what is equal. */
  @Property
  void aFloodEndsAtTheShareOfOthers(@ForAll @IntRange(min = 4, max = 100) int bound) {
    Load load = new Load(bound);
    Share flood = load.share("flood");
    Share other = load.share("other");
    while (load.begin(flood, MANY) == Entry.BEGUN) {
      assertThat(flood.active()).isLessThanOrEqualTo(bound);
    }
    assertThat(flood.active()).isEqualTo(bound);
    // The other comes and stays; each end of the flood's is followed by an attempt to begin again.
    for (int i = 0; i < bound / 2; i++) {
      assertThat(load.begin(other, MANY)).isEqualTo(Entry.BEGUN);
    }
    for (int i = 0; i < 10 * bound; i++) {
      load.end(flood);
      if (load.begin(flood, MANY) == Entry.FULL && flood.active() == 0) {
        break;
      }
      if (flood.active() <= bound / 2) {
        break;
      }
    }
    assertThat(flood.active()).isLessThanOrEqualTo(bound / 2 + 1);
    assertThat(load.begin(other, MANY)).isEqualTo(load.active() < bound ? Entry.BEGUN : Entry.FULL);
  }

  @Test
  void aTenantHasItsOwnBound() {
    Load load = new Load(100);
    Share share = load.share("t");
    assertThat(load.begin(share, 2)).isEqualTo(Entry.BEGUN);
    assertThat(load.begin(share, 2)).isEqualTo(Entry.BEGUN);
    assertThat(load.begin(share, 2)).isEqualTo(Entry.TENANT_FULL);
    load.end(share);
    assertThat(load.begin(share, 2)).isEqualTo(Entry.BEGUN);
    assertThat(load.share("t")).isSameAs(share);
    assertThat(load.active()).isEqualTo(2);
  }

  /** No count is lost, whoever comes at the same time. */
  @Test
  void countsAddUpUnderContention() throws Exception {
    Load load = new Load(8);
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Share share = load.share("t" + i % 3);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      go.await();
                    } catch (InterruptedException e) {
                      throw new IllegalStateException(e);
                    }
                    for (int round = 0; round < 50_000; round++) {
                      if (load.begin(share, 3) == Entry.BEGUN) {
                        load.end(share);
                      }
                    }
                  }));
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(load.active()).isZero();
    for (int i = 0; i < 8; i++) {
      assertThat(load.begin(load.share("t" + i % 3), 9)).isEqualTo(Entry.BEGUN);
    }
    assertThat(load.begin(load.share("t0"), 9)).isEqualTo(Entry.FULL);
    assertThat(load.begin(load.share("new"), 9)).isEqualTo(Entry.BEGUN);
  }

  @Test
  void theBoundFollowsWhatCanBeServed() {
    Load load = new Load(1000);
    Share share = load.share("t");
    for (int i = 0; i < 500; i++) {
      load.begin(share, MANY);
    }
    load.adjust(true);
    assertThat(load.bound()).isEqualTo(450);
    assertThat(load.begin(share, MANY)).isEqualTo(Entry.FULL);
    assertThat(load.begin(load.share("other"), MANY)).isEqualTo(Entry.BEGUN);
    for (int i = 0; i < 100; i++) {
      load.adjust(true);
    }
    assertThat(load.bound()).isEqualTo(Load.LEAST);
    load.adjust(false);
    assertThat(load.bound()).isEqualTo(Load.LEAST + 50);
    for (int i = 0; i < 100; i++) {
      load.adjust(false);
    }
    assertThat(load.bound()).isEqualTo(1000);
    Load small = new Load(3);
    small.adjust(true);
    assertThat(small.bound()).isEqualTo(3);
  }

  @Test
  void onlyAQueueThatNeverEmptiesStands() {
    long target = Waiting.TARGET_NANOS;
    long interval = Waiting.INTERVAL_NANOS;
    Waiting waiting = new Waiting(0);
    assertThat(waiting.served(target + 1, interval / 2)).isEqualTo(Verdict.OPEN);
    assertThat(waiting.served(target + 1, interval)).isEqualTo(Verdict.STANDING);
    // A pause of the whole process: one long wait among short ones.
    assertThat(waiting.served(0, interval + interval / 2)).isEqualTo(Verdict.OPEN);
    assertThat(waiting.served(50 * target, 2 * interval)).isEqualTo(Verdict.PASSING);
    // Each interval counts alone, and the target itself is fine.
    assertThat(waiting.served(target, 3 * interval)).isEqualTo(Verdict.PASSING);
    assertThat(waiting.served(2 * target, 4 * interval)).isEqualTo(Verdict.STANDING);
  }
}
