package dev.aegis.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code traceparent} says, and which traces are kept. */
final class TraceContextTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";

  @ParameterizedTest
  @CsvSource({
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 1",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00, 0",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03, 3",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff, 3",
    "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 1",
    "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-else, 1",
    "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-, 1"
  })
  void readsWhatIsValid(String text, int flags) {
    assertThat(TraceContext.parse(text)).isEqualTo(new TraceContext(TRACE, SPAN, flags));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "00-",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b71692033310-01",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c8031\u0661c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01,00-0af7651916cd43dd8448eb21"
      })
  void takesTheRestForAbsent(String text) {
    assertThat(TraceContext.parse(text)).isNull();
  }

  @Test
  void writesWhatItReads() {
    TraceContext made =
        new TraceContext(
            TraceContext.newTraceId(), TraceContext.digits(TraceContext.newSpanId()), 3);
    assertThat(TraceContext.parse(made.text())).isEqualTo(made);
  }

  @Test
  void aShareIsAsLargeAsItSaysAndHoldsTheSmallerOnes() {
    SplittableRandom random = new SplittableRandom(7);
    List<String> ids =
        random
            .longs(20_000)
            .mapToObj(half -> TraceContext.digits(1) + TraceContext.digits(half))
            .toList();
    SampleRate tenth = new SampleRate(0.1);
    SampleRate half = new SampleRate(0.5);
    assertThat(ids.stream().filter(tenth::has).count()).isBetween(1800L, 2200L);
    assertThat(ids.stream().filter(half::has).count()).isBetween(9700L, 10300L);
    assertThat(ids).filteredOn(tenth::has).allMatch(half::has);
    assertThat(ids).allMatch(new SampleRate(1)::has).noneMatch(new SampleRate(0)::has);
  }
}
