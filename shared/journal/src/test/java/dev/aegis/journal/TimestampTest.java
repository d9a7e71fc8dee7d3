package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the text: the same as the JDK says. */
class TimestampTest {
  @Property
  void readsWhatAnInstantWrites(
      @ForAll @LongRange(min = -70_000_000_000L, max = 260_000_000_000L) long seconds,
      @ForAll @IntRange(max = 999_999_999) int nanos,
      @ForAll @IntRange(max = 9) int digits) {
    int unit = (int) Math.pow(10, 9 - digits);
    Instant instant = Instant.ofEpochSecond(seconds, nanos / unit * unit);
    assertThat(Timestamp.parse(instant.toString())).isEqualTo(instant);
  }

  @Property
  void saysOfDamagedTextWhatTheJdkSays(
      @ForAll @IntRange(max = 26) int at, @ForAll("signs") char sign, @ForAll boolean cut) {
    StringBuilder text = new StringBuilder("2026-11-25T19:34:13.123456Z");
    text.setCharAt(at, sign);
    if (cut) {
      text.deleteCharAt(at);
    }
    same(text.toString());
  }

  @Provide
  Arbitrary<Character> signs() {
    return Arbitraries.of(
        '0', '1', '2', '3', '5', '6', '9', '-', '+', ':', '.', 'T', 'Z', 't', 'z', ' ', '\u0661');
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Z",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1Z",
        "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T24:00:01Z",
        "2016-12-31T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "2026-01-01T00:00:00+01:00",
        "2026-01-01T00:00Z",
        "+12026-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z"
      })
  void saysOfOthersWhatTheJdkSays(String text) {
    same(text);
  }

  private static void same(String text) {
    Instant expected;
    try {
      expected = Instant.parse(text);
    } catch (DateTimeException e) {
      assertThatThrownBy(() -> Timestamp.parse(text)).isInstanceOf(DateTimeException.class);
      return;
    }
    assertThat(Timestamp.parse(text)).as(text).isEqualTo(expected);
  }
}
