package dev.aegis.gateway.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What arbiters said, for as long as it holds. */
final class RulingsTest {
  private static final Ruling SAID = new Ruling.Passes("x-plan: gold\r\n");

  private final Rulings rulings = new Rulings();

  @Test
  void holdsUntilItsTimeIsOver() {
    long now = Long.MAX_VALUE - 5; // the monotonic clock may run over
    rulings.remember("q", SAID, now + 10);
    assertThat(rulings.find("q", now)).isEqualTo(SAID);
    assertThat(rulings.find("q", now + 9)).isEqualTo(SAID);
    assertThat(rulings.find("q", now + 10)).isNull();
    assertThat(rulings.find("other", now)).isNull();
    rulings.forgetOld(now + 9);
    assertThat(rulings.find("q", now)).isEqualTo(SAID);
    rulings.forgetOld(now + 10);
    assertThat(rulings.find("q", now)).isNull();
  }

  /** Questions of any length never take more than their share of memory. */
  @Test
  void theOldGoWhenThereIsNoRoom() {
    String large = "x".repeat(1 << 20);
    for (int i = 0; i < 20; i++) {
      rulings.remember(i + large, SAID, 1);
    }
    int found = 0;
    for (int i = 0; i < 20; i++) {
      found += rulings.find(i + large, 0) == null ? 0 : 1;
    }
    assertThat(found).isBetween(1, 16);
  }
}
