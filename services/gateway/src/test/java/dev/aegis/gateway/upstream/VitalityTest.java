package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.UpstreamDefinition.Active;
import dev.aegis.journal.UpstreamDefinition.Check;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What checks make of a target. */
final class VitalityTest {
  private static final Active RULES =
      new Active(new Check.Connects(), Duration.ofSeconds(5), Duration.ofSeconds(1), 2, 3);

  private final Vitality vitality = new Vitality();

  @ParameterizedTest
  @CsvSource({
    // p: passed, f: failed; u: up, d: down
    "p,u",
    "ff,uu",
    "fff,uud",
    "ffpff,uuuuu",
    "ffpfff,uuuuud",
    "fffp,uudd",
    "fffpp,uuddu",
    "fffpfp,uudddd",
    "fffpfpp,uuddddu",
    "fffppff,uudduuu"
  })
  void turnsAfterEnoughInARow(String checks, String states) {
    for (int i = 0; i < checks.length(); i++) {
      boolean before = vitality.down();
      assertThat(vitality.begin(i, 1)).isTrue();
      boolean changed = vitality.checked(checks.charAt(i) == 'p', RULES);
      assertThat(vitality.down()).as("after %d", i).isEqualTo(states.charAt(i) == 'd');
      assertThat(changed).isEqualTo(before != vitality.down());
    }
  }

  @Test
  void isCheckedOnceAtATimeAndAsOftenAsIsSaid() {
    long now = Long.MAX_VALUE - 5; // the clock may wrap
    assertThat(vitality.begin(now, 10)).isTrue();
    assertThat(vitality.begin(now + 20, 10)).isFalse();
    vitality.checked(true, RULES);
    assertThat(vitality.begin(now + 9, 10)).isFalse();
    assertThat(vitality.begin(now + 10, 10)).isTrue();
  }

  @Test
  void isUpWhenNobodyChecksItAnyMore() {
    for (int i = 0; i < 3; i++) {
      vitality.begin(i, 1);
      vitality.checked(false, RULES);
    }
    assertThat(vitality.down()).isTrue();
    vitality.reset();
    assertThat(vitality.down()).isFalse();
    assertThat(vitality.begin(0, 1)).isTrue();
  }
}
