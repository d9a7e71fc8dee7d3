package dev.aegis.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class Rfc3339Test {
  @Property
  void agreesWithTheJdk(
      @ForAll @LongRange(min = -62_167_219_200_000L, max = 253_402_300_799_999L) long millis) {
    assertThat(Instant.parse(Rfc3339.textOfMillis(millis))).isEqualTo(Instant.ofEpochMilli(millis));
  }

  @Test
  void hasMilliseconds() {
    assertThat(Rfc3339.textOfMillis(0)).isEqualTo("1970-01-01T00:00:00.000Z");
    assertThat(Rfc3339.textOfMillis(1_772_323_199_999L)).isEqualTo("2026-02-28T23:59:59.999Z");
  }

  @Test
  void refusesYearsThatHaveNoText() {
    assertThatThrownBy(() -> Rfc3339.ofMillis(253_402_300_800_000L))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
