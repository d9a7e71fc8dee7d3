package dev.aegis.gateway.upstream;

import static dev.aegis.gateway.upstream.CircuitState.CLOSED;
import static dev.aegis.gateway.upstream.CircuitState.HALF_OPEN;
import static dev.aegis.gateway.upstream.CircuitState.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.upstream.CircuitBreaker.Pass;
import dev.aegis.gateway.upstream.CircuitBreaker.Wait;
import dev.aegis.journal.UpstreamDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When requests pass, on a clock of the test's own. */
final class CircuitBreakerTest {
  private static final long OPEN_NANOS = Duration.ofSeconds(30).toNanos();
  private static final UpstreamDefinition.CircuitBreaker RULES =
      new UpstreamDefinition.CircuitBreaker(
          3, 50, 10, Duration.ofSeconds(10), Duration.ofSeconds(30), 2);

  private final List<CircuitState> turns = new ArrayList<>();
  private final CircuitBreaker breaker = new CircuitBreaker(turns::add);
  private long now = Long.MAX_VALUE - Duration.ofSeconds(40).toNanos(); // the clock may wrap

  CircuitBreakerTest() {
    breaker.rules(RULES);
  }

  private Pass pass() {
    assertThat(breaker.ask(now)).isInstanceOf(Pass.class);
    return (Pass) breaker.ask(now);
  }

  private void one(Standing standing) {
    if (breaker.ask(now) instanceof Pass pass) {
      breaker.ended(pass, standing, now);
    }
  }

  private void open() {
    for (int i = 0; i < 3; i++) {
      one(Standing.BAD);
    }
    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  @ParameterizedTest
  @CsvSource({
    // g: good, b: bad, u: unknown, -: eleven seconds pass
    "'',CLOSED",
    "bb,CLOSED",
    "bbb,OPEN",
    "bbub,OPEN",
    "bbgbbgbb,CLOSED",
    "bbgbbgbbg,CLOSED",
    "bbgbbgbbgb,OPEN", // 7 of 10
    "ggggggbbgb,CLOSED", // 3 of 10
    "gbgbgbgbgb,OPEN", // 5 of 10
    "gbgbgbgbg-b,CLOSED", // of different windows
    "bb-b,OPEN", // in a row, however long it takes
    "uuuuuuuuuuuuuu,CLOSED"
  })
  void opensByItsRules(String ends, CircuitState state) {
    for (char end : ends.toCharArray()) {
      switch (end) {
        case 'g' -> one(Standing.GOOD);
        case 'b' -> one(Standing.BAD);
        case 'u' -> one(Standing.UNKNOWN);
        default -> now += Duration.ofSeconds(11).toNanos();
      }
    }
    assertThat(breaker.state()).isEqualTo(state);
  }

  @Test
  void saysHowLongToWait() {
    open();
    assertThat(breaker.ask(now)).isEqualTo(new Wait(OPEN_NANOS));
    now += OPEN_NANOS - 1;
    assertThat(breaker.ask(now)).isEqualTo(new Wait(1));
    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  @Test
  void letsAFewTryAndClosesWhenAllOfThemEndWell() {
    open();
    now += OPEN_NANOS;
    Pass first = (Pass) breaker.ask(now);
    Pass second = (Pass) breaker.ask(now);
    assertThat(breaker.state()).isEqualTo(HALF_OPEN);
    assertThat(breaker.ask(now)).isInstanceOf(Wait.class);
    assertThat(breaker.ended(first, Standing.GOOD, now)).isFalse();
    assertThat(breaker.ended(second, Standing.GOOD, now)).isTrue();
    assertThat(breaker.state()).isEqualTo(CLOSED);
    one(Standing.BAD);
    one(Standing.BAD);
    assertThat(breaker.state()).isEqualTo(CLOSED); // what was before is forgotten
  }

  @Test
  void opensAgainWhenATryEndsBadly() {
    open();
    now += OPEN_NANOS;
    Pass first = (Pass) breaker.ask(now);
    Pass second = (Pass) breaker.ask(now);
    breaker.ended(first, Standing.BAD, now);
    assertThat(breaker.ask(now)).isEqualTo(new Wait(OPEN_NANOS));
    assertThat(breaker.ended(second, Standing.GOOD, now)).isFalse(); // too late
    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  @Test
  void letsAnotherTryWhenOneShowedNothingOrTakesVeryLong() {
    open();
    now += OPEN_NANOS;
    Pass first = (Pass) breaker.ask(now);
    assertThat(breaker.ask(now)).isInstanceOf(Pass.class);
    breaker.ended(first, Standing.UNKNOWN, now);
    assertThat(breaker.ask(now)).isInstanceOf(Pass.class);
    assertThat(breaker.ask(now)).isEqualTo(new Wait(OPEN_NANOS));
    now += OPEN_NANOS;
    assertThat(breaker.ask(now)).isInstanceOf(Pass.class);
  }

  /** A slow request of before the circuit opened must neither close nor open it. */
  @Test
  void forgetsWhatPassedInAnEarlierState() {
    Pass old = pass();
    open();
    assertThat(breaker.ended(old, Standing.GOOD, now)).isFalse();
    now += OPEN_NANOS;
    breaker.ask(now);
    assertThat(breaker.ended(old, Standing.BAD, now)).isFalse();
    assertThat(breaker.state()).isEqualTo(HALF_OPEN);
  }

  @Test
  void keepsItsStateWhenTheRulesChangeAndPassesAllWithoutRules() {
    open();
    breaker.rules(
        new UpstreamDefinition.CircuitBreaker(
            9, 50, 10, Duration.ofSeconds(10), Duration.ofSeconds(60), 2));
    assertThat(breaker.ask(now)).isEqualTo(new Wait(2 * OPEN_NANOS));
    breaker.rules(null);
    assertThat(breaker.state()).isEqualTo(CLOSED);
    for (int i = 0; i < 100; i++) {
      one(Standing.BAD);
    }
    assertThat(breaker.ask(now)).isInstanceOf(Pass.class);
  }

  /** Whatever happens: nobody passes while it is open, and it never stays shut for ever. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void alwaysComesBack(int seed) {
    Random random = new Random(seed);
    List<Pass> under = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      now += random.nextInt(1_000_000_000);
      switch (breaker.ask(now)) {
        case Pass pass -> under.add(pass);
        case Wait(long nanos) -> assertThat(nanos).isBetween(1L, OPEN_NANOS);
      }
      if (random.nextBoolean() && !under.isEmpty()) {
        Standing[] all = Standing.values();
        breaker.ended(
            under.remove(random.nextInt(under.size())), all[random.nextInt(all.length)], now);
      }
    }
    for (int i = 0; i < 10 && breaker.state() != CLOSED; i++) {
      now += OPEN_NANOS;
      one(Standing.GOOD);
    }
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  @Test
  void tellsOfEachTurnOnce() {
    breaker.rules(RULES); // no turn
    open();
    one(Standing.BAD);
    now += OPEN_NANOS;
    Pass late = pass();
    breaker.ended(late, Standing.BAD, now);
    assertThat(turns).containsExactly(OPEN, HALF_OPEN, OPEN);
    breaker.rules(null);
    breaker.rules(null);
    assertThat(turns).containsExactly(OPEN, HALF_OPEN, OPEN, CLOSED);
  }
}
