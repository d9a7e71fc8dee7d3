package dev.aegis.analytics.rollup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  static final long HOUR = 3_600_000_000L;

  @Property
  void theMiddleOfABucketIsWithinTheStatedErrorOfEachDurationInIt(
      @ForAll @LongRange(min = 0, max = LatencyBucket.MAX_MICROS) long micros) {
    double middle = LatencyBucket.middle(LatencyBucket.of(micros));

    assertThat(Math.abs(middle - micros))
        .isLessThanOrEqualTo(micros * LatencyBucket.RELATIVE_ERROR);
  }

  @Property
  void bucketsAreInTheOrderOfDurations(
      @ForAll @LongRange(min = 0, max = HOUR) long a,
      @ForAll @LongRange(min = 0, max = HOUR) long b) {
    assertThat(LatencyBucket.of(Math.max(a, b)))
        .isGreaterThanOrEqualTo(LatencyBucket.of(Math.min(a, b)));
  }

  @Test
  void durationsOutsideTheScaleCountAtItsEnds() {
    assertThat(LatencyBucket.of(-5)).isZero();
    assertThat(LatencyBucket.of(Long.MIN_VALUE)).isZero();
    assertThat(LatencyBucket.of(Long.MAX_VALUE)).isEqualTo(LatencyBucket.COUNT - 1);
  }

  @Property
  void aQuantileIsWithinTheStatedErrorOfTheExactOne(
      @ForAll @NotEmpty @Size(max = 300) List<@LongRange(min = 0, max = HOUR) Long> durations,
      @ForAll @DoubleRange(min = 0.01, max = 1) double quantile) {
    long exact =
        durations.stream().sorted().toList().get((int) Math.ceil(quantile * durations.size()) - 1);

    assertThat(counted(durations).quantile(quantile).orElseThrow())
        .isCloseTo((double) exact, within(exact * LatencyBucket.RELATIVE_ERROR));
  }

  @Property
  void sumsOfPartsAreTheWhole(
      @ForAll @Size(max = 100) List<@LongRange(min = 0, max = HOUR) Long> some,
      @ForAll @Size(max = 100) List<@LongRange(min = 0, max = HOUR) Long> others) {
    List<Long> all = new java.util.ArrayList<>(some);
    all.addAll(others);

    assertThat(counted(some).plus(counted(others)))
        .isEqualTo(counted(all))
        .isEqualTo(counted(others).plus(counted(some)));
    assertThat(counted(all).count()).isEqualTo(all.size());
  }

  @Test
  void nothingHasNoQuantile() {
    assertThat(Latencies.NONE.quantile(0.5)).isEmpty();
    assertThatThrownBy(() -> Latencies.NONE.quantile(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Latencies.NONE.quantile(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Latencies counted(List<Long> durations) {
    Latencies latencies = Latencies.NONE;
    for (long micros : durations) {
      latencies = latencies.plus(micros);
    }
    return latencies;
  }
}
