package dev.aegis.gateway.counts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Counts by outcome. */
final class CountsTest {
  private final Counts<TimeUnit> counts = new Counts<>(TimeUnit.class);

  @Test
  void eachIsCountedApart() {
    counts.add(TimeUnit.NANOSECONDS);
    counts.add(TimeUnit.DAYS);
    counts.add(TimeUnit.DAYS);
    for (TimeUnit unit : TimeUnit.values()) {
      assertThat(counts.of(unit))
          .isEqualTo(
              switch (unit) {
                case NANOSECONDS -> 1;
                case DAYS -> 2;
                case MICROSECONDS, MILLISECONDS, SECONDS, MINUTES, HOURS -> 0;
              });
    }
  }

  @Test
  void noneIsLost() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int n = 0; n < 10_000; n++) {
                      counts.add(TimeUnit.HOURS);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(counts.of(TimeUnit.HOURS)).isEqualTo(40_000);
  }
}
