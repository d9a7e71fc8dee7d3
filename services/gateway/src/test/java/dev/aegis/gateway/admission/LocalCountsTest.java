package dev.aegis.gateway.admission;

import java.util.List;

/** Limits counted in this process. */
final class LocalCountsTest extends CountsContract {
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
  protected Meter meter(List<Bound> bounds, boolean reportOnly, boolean countRefused) {
    return new Meter("", bounds, reportOnly, countRefused);
  }
}
