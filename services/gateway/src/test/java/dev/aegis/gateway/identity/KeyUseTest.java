package dev.aegis.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which uses of a key are noted. */
final class KeyUseTest {
  private static final long MINUTE = KeyUse.COARSE_MILLIS;
  private static final long FIRST = 1_700_000_000_000L;

  private final KeyUse use = new KeyUse("acme", "ci");

  @Test
  void oneAMinuteIs() {
    assertThat(use.untold()).isZero();
    use.at(FIRST);
    assertThat(use.untold()).isEqualTo(FIRST);
    use.at(FIRST + MINUTE - 1);
    assertThat(use.untold()).isEqualTo(FIRST);
    use.at(FIRST + MINUTE);
    assertThat(use.untold()).isEqualTo(FIRST + MINUTE);
  }

  @Test
  void eachIsToldOnce() {
    use.at(FIRST);
    use.told(use.untold());
    assertThat(use.untold()).isZero();
    use.at(FIRST + 1);
    assertThat(use.untold()).isZero();
    use.at(FIRST + MINUTE);
    long told = use.untold();
    use.at(FIRST + 2 * MINUTE); // while it is being told
    use.told(told);
    assertThat(use.untold()).isEqualTo(FIRST + 2 * MINUTE);
  }

  @Test
  void aClockThatWasAheadIsNotBelievedForEver() {
    use.at(FIRST + 10 * MINUTE);
    use.at(FIRST + 9 * MINUTE + 1);
    assertThat(use.untold()).isEqualTo(FIRST + 10 * MINUTE);
    use.at(FIRST);
    assertThat(use.untold()).isEqualTo(FIRST);
  }
}
