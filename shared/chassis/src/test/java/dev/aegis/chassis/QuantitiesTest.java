package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({
    "250ms,PT0.25S",
    "5s,PT5S",
    "10m,PT10M",
    "1h,PT1H",
    "7d,PT168H",
    "PT2.5S,PT2.5S",
    " 5S ,PT5S"
  })
  void readsSpansOfTime(String text, Duration expected) {
    assertThat(Quantities.duration(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "s", "-5s", "PT-5S", "5 s", "1w", "99999999999999999999s"})
  void refusesWhatIsNoSpanOfTime(String text) {
    assertThatThrownBy(() -> Quantities.duration(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("must be a span of time such as 250ms, 5s, 10m, 1h or 7d");
  }

  @ParameterizedTest
  @CsvSource({"0,0", "65536,65536", "64k,65536", "64KB,65536", "10m,10485760", "2g,2147483648"})
  void readsNumbersOfBytes(String text, long expected) {
    assertThat(Quantities.bytes(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "k", "1t", "1.5m", "999999999999999999g"})
  void refusesWhatIsNoNumberOfBytes(String text) {
    assertThatThrownBy(() -> Quantities.bytes(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1ms", "1500ms", "90s", "2m", "3h", "14d", "0ms"})
  void writesSpansOfTimeAsTheyAreRead(String text) {
    assertThat(Quantities.durationText(Quantities.duration(text))).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1000", "3k", "5m", "1g"})
  void writesNumbersOfBytesAsTheyAreRead(String text) {
    assertThat(Quantities.bytesText(Quantities.bytes(text))).isEqualTo(text);
  }
}
