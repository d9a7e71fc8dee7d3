package dev.aegis.plugins.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Verdict;
import dev.aegis.plugins.builtin.FaultInjection.Config;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which requests meet a fault. */
final class FaultInjectionTest {
  private static final int MANY = 100_000;

  private static BitSet chosen(double percent, long seed) {
    BitSet chosen = new BitSet();
    for (int i = 0; i < MANY; i++) {
      chosen.set(i, FaultInjection.share("0199f0a0-0000-7000-8000-" + i, seed) < percent);
    }
    return chosen;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 10, 50, 99.5})
  void areTheShareThatWasAskedForAndAlwaysTheSame(double percent) {
    BitSet chosen = chosen(percent, 7);
    assertThat(chosen.cardinality() * 100.0 / MANY).isCloseTo(percent, within(0.5));
    assertThat(chosen(percent, 7)).isEqualTo(chosen);
    BitSet others = chosen(percent, 8);
    others.and(chosen);
    assertThat(others.cardinality() * 100.0 / MANY)
        .as("another seed chooses on its own")
        .isCloseTo(percent * percent / 100, within(0.5));
  }

  @Test
  void allAndNone() {
    assertThat(chosen(100, 0).cardinality()).isEqualTo(MANY);
    assertThat(chosen(0, 0).cardinality()).isZero();
  }

  @Test
  void aHeaderFieldNarrowsThem() {
    Filter.Authorizing filter =
        (Filter.Authorizing) new FaultInjection().configure(new Config(100, 0, 503, "X-Fault", 0));
    assertThat(filter.authorize(Asked.with())).isEqualTo(Verdict.PASS);
    assertThat(filter.authorize(Asked.with("x-fault", "")))
        .isInstanceOfSatisfying(
            Verdict.Refuse.class, refuse -> assertThat(refuse.status()).isEqualTo(503));
  }

  @Test
  void configurationsThatMakeNoFaultAreRefused() {
    assertThatThrownBy(() -> new Config(5, 0, 0, "", 0)).hasMessageContaining("delay_ms");
    assertThatThrownBy(() -> new Config(5, 0, 200, "", 0)).hasMessageContaining("400 to 499");
    for (double percent : new double[] {0, -1, 100.1, Double.NaN}) {
      assertThatThrownBy(() -> new Config(percent, 1, 0, "", 0)).hasMessageContaining("percent");
    }
  }
}
