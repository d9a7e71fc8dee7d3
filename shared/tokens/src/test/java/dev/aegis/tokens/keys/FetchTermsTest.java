package dev.aegis.tokens.keys;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FetchTermsTest {
  private static final FetchTerms TERMS = FetchTerms.DEFAULT;
  private static final Duration DAY = Duration.ofDays(1);

  @ParameterizedTest
  @CsvSource({"300, 240, 270", "0, 48, 54", "59, 48, 54", "999999999, 2880, 3240"})
  void asksAgainBeforeAnAnswerIsTooOld(long said, long least, long most) {
    Duration fresh = Duration.ofSeconds(said);

    assertThat(TERMS.afterAnswer(fresh, DAY, 0)).isEqualTo(Duration.ofSeconds(least));
    assertThat(TERMS.afterAnswer(fresh, DAY, 1)).isEqualTo(Duration.ofSeconds(most));
  }

  @Test
  void asksEveryTenMinutesWhenNothingIsSaid() {
    assertThat(TERMS.afterAnswer(null, DAY, 0)).isEqualTo(Duration.ofMinutes(8));
  }

  /** Else keys of an issuer that answers would be refused for their age. */
  @Test
  void asksAgainBeforeTheKeysAreTooOld() {
    assertThat(TERMS.afterAnswer(Duration.ofHours(1), Duration.ofMinutes(5), 1))
        .isLessThan(Duration.ofSeconds(75));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 2", "2, 2, 4", "5, 16, 32", "6, 30, 60", "1000000, 30, 60"})
  void asksLessAndLessOftenWhileNobodyAnswers(int failures, long least, long most) {
    assertThat(TERMS.afterFailure(failures, 0)).isEqualTo(Duration.ofSeconds(least));
    assertThat(TERMS.afterFailure(failures, 1)).isEqualTo(Duration.ofSeconds(most));
  }
}
