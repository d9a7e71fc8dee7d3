package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.HeaderEdits;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which fields routes may not change, compared with those that mean something here. */
final class FieldEditsTest {
  @Test
  void nobodyMaySayWhatSpeaksOfTheConnectionOrOfAegis() {
    List<String> open = new ArrayList<>();
    for (Field field : Field.values()) {
      if (!HeaderEdits.untouchable(field.text())) {
        open.add(field.text());
      }
    }
    assertThat(open)
        .containsExactlyInAnyOrder(
            "authorization",
            "x-api-key",
            "signature",
            "signature-input",
            "user-agent",
            "traceparent",
            "tracestate");
  }
}
