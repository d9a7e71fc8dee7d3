package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.UpstreamDefinition.Retries;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many further attempts there are, on a clock of the test's own. */
final class RetryBudgetTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final RetryBudget budget = new RetryBudget();

  private static Retries rules(int percent, int perSecond) {
    return new Retries(
        3, Duration.ZERO, Duration.ZERO, Duration.ZERO, Set.of(), percent, perSecond);
  }

  private int taken(Retries rules, long now) {
    int taken = 0;
    while (budget.take(rules, now)) {
      taken++;
    }
    return taken;
  }

  @ParameterizedTest
  @CsvSource({
    // requests, percent, per second, seconds, further attempts at the end of them
    "0,20,10,0,10",
    "0,20,0,0,0",
    "50,20,0,0,10",
    "5,20,0,0,1",
    "4,20,0,0,0",
    "100000,20,0,0,10", // not saved up for ever
    "100000,20,10,0,100",
    "100,0,0,0,0",
    "0,0,3,0,3"
  })
  void isAShareAndAFewASecond(int requests, int percent, int perSecond, int seconds, int expected) {
    for (int i = 0; i < requests; i++) {
      budget.request();
    }
    assertThat(taken(rules(percent, perSecond), seconds * SECOND)).isEqualTo(expected);
  }

  @Test
  void growsWithTime() {
    long now = Long.MAX_VALUE - SECOND; // the clock may wrap
    assertThat(taken(rules(20, 5), now)).isEqualTo(5);
    assertThat(taken(rules(20, 5), now + 2 * SECOND)).isEqualTo(10);
    assertThat(taken(rules(20, 5), now + 2 * SECOND)).isZero();
    assertThat(taken(rules(20, 5), now + 1000 * SECOND)).isEqualTo(50);
  }

  /** When all fails, the load stays what it was and a fifth. */
  @Test
  void neverMultipliesAnOutage() {
    Random random = new Random(11);
    long now = 0;
    int taken = 0;
    int requests = 100_000;
    for (int i = 0; i < requests; i++) {
      now += random.nextInt(200_000); // about 10,000 a second
      budget.request();
      for (int more = 0; more < 2 && budget.take(rules(20, 10), now); more++) {
        taken++;
      }
    }
    assertThat(taken).isBetween(requests / 5, requests / 5 + 11 * 12);
  }
}
