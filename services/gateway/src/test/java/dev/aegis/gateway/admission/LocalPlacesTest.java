package dev.aegis.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.RateLimitConfig.Algorithm;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests under way counted in this process. */
final class LocalPlacesTest extends PlacesContract {
  private final LocalCounts counts = new LocalCounts();

  @Override
  protected int histories() {
    return 300;
  }

  @Override
  protected Counts counts() {
    return counts;
  }

  @Override
  protected Meter meter(List<Bound> bounds, boolean reportOnly) {
    return new Meter("", bounds, reportOnly, false);
  }

  /** A share of a limit counts those too that were let in when there was all of it. */
  @Test
  void aNarrowerLimitHasTheSamePlaces() {
    Meter whole = places(4);
    Meter half = whole.within(List.of(new Bound(Algorithm.CONCURRENCY, 2, 0, 2)));
    Places held = new Places();
    for (int i = 0; i < 3; i++) {
      assertThat(admits(whole, held)).isTrue();
    }
    assertThat(admits(half, new Places())).isFalse();
    held.close();
    Places again = new Places();
    assertThat(admits(half, again)).isTrue();
    assertThat(admits(half, again)).isTrue();
    assertThat(admits(half, again)).isFalse();
    assertThat(admits(whole, again)).isTrue();
  }

  private boolean admits(Meter meter, Places held) {
    return counts.take(List.of(new Claim(meter, "a", 1)), 0, held).getFirst().admitted();
  }
}
