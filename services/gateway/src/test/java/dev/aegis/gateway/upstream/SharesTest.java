package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Weights of registries within the bounds of an upstream's. */
final class SharesTest {
  @Test
  void leavesSmallWholeNumbersAlone() {
    assertThat(Shares.within(new double[] {1, 7, 1_000})).containsExactly(1, 7, 1_000);
    assertThat(Shares.within(new double[0])).isEmpty();
  }

  @Test
  void keepsTheProportionOfOthers() {
    assertThat(Shares.within(new double[] {65_535, 32_767.5, 1})).containsExactly(1_000, 500, 1);
    assertThat(Shares.within(new double[] {1.5, 3})).containsExactly(500, 1_000);
  }

  @Test
  void givesTheLeastToWhoHasNone() {
    assertThat(Shares.within(new double[] {0, 0})).containsExactly(1, 1);
    assertThat(Shares.within(new double[] {0, 1, 2})).containsExactly(1, 500, 1_000);
  }
}
