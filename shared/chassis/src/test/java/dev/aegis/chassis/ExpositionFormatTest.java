package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets which format of the metrics. */
final class ExpositionFormatTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/openmetrics-text",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "Application/OpenMetrics-Text;version=\"1.0.0\"",
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
            + "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "text/plain;q=0.2, application/openmetrics-text;q=0.3",
        "application/openmetrics-text;q=0.3, */*;q=0.9, text/plain;q=0.1",
      })
  void openMetrics(String accept) {
    assertThat(ExpositionFormat.of(accept)).isEqualTo(ExpositionFormat.OPEN_METRICS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*/*",
        "application/*",
        "application/json",
        "text/plain",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;q=0.4,text/plain;q=0.5",
        "application/openmetrics-text;q=0.4,text/*",
        "application/openmetrics-text;q=nonsense",
        ";;,,;q=,=",
      })
  void text(String accept) {
    assertThat(ExpositionFormat.of(accept)).isEqualTo(ExpositionFormat.TEXT);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100_000})
  void aLongFieldIsReadAsFarAsItIsBounded(int length) {
    assertThat(ExpositionFormat.of(",".repeat(length))).isEqualTo(ExpositionFormat.TEXT);
  }
}
