package dev.aegis.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestsLostTest {
  private static final Instant MINUTE = Instant.parse("2026-01-02T03:04:00Z");

  @Test
  void isWrittenAndReadAsPublished() throws Exception {
    byte[] golden =
        Files.readAllBytes(Path.of("src/test/resources/golden/aegis.requests_lost.v1.json"));
    RequestsLost lost = new RequestsLost(MINUTE.plusSeconds(59), 42);
    assertThat(RequestsLost.parse(golden)).isEqualTo(lost);
    assertThat(lost.minute()).isEqualTo(MINUTE);
    assertThat(new String(lost.toJson(), StandardCharsets.UTF_8))
        .isEqualToIgnoringNewLines(new String(golden, StandardCharsets.UTF_8).strip());
  }

  @Test
  void aMemberOfALaterVersionIsPassedOver() throws Exception {
    String later = "{\"minute\":\"2026-01-02T03:04:00Z\",\"count\":1,\"why\":\"spool\"}";
    assertThat(RequestsLost.parse(later.getBytes(StandardCharsets.UTF_8)).count()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{}",
        "{\"minute\":\"soon\",\"count\":1}",
        "{\"minute\":\"2026-01-02T03:04:00Z\",\"count\":0}",
        "{\"minute\":\"2026-01-02T03:04:00Z\",\"count\":\"1\"}"
      })
  void whatIsNoneIsMalformed(String json) {
    assertThatThrownBy(() -> RequestsLost.parse(json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedEvent.class);
  }
}
