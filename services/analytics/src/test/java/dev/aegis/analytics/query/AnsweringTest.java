package dev.aegis.analytics.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class AnsweringTest {
  private static final Instant END = Instant.parse("2026-03-04T10:00:00Z");

  @Test
  void anAnswerIsFinalOnlyWhenTheRangeIsPastAndNothingIsLeftToCount() {
    assertThat(Coverage.of(new Lag(0L, END.plusSeconds(2)), END, 0))
        .isEqualTo(new Coverage(true, 0L, 0));
    assertThat(Coverage.of(new Lag(0L, END.plusSeconds(1)), END, 0).complete()).isFalse();
    assertThat(Coverage.of(new Lag(1L, END.plusSeconds(60)), END, 7))
        .isEqualTo(new Coverage(false, 1L, 7));
    assertThat(Coverage.of(new Lag(null, END.plusSeconds(60)), END, 0).complete()).isFalse();
  }
}
