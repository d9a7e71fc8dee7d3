package dev.aegis.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Failures of plugins are written as their golden file has them. */
class PluginCallsFailedTest {
  @Test
  void isWrittenAsPublished() throws IOException {
    TenantEvent written =
        new PluginCallsFailed(
                "acme",
                "greet",
                "greeting",
                "request_headers",
                false,
                3,
                Instant.parse("2026-01-02T03:04:05.678Z"),
                Instant.parse("2026-01-02T03:04:09Z"))
            .event();
    assertThat(written.tenant()).isEqualTo("acme");
    assertThat(written.time()).isEqualTo(Instant.parse("2026-01-02T03:04:09Z"));
    String file = "/golden/" + written.wireType() + ".json";
    try (InputStream golden = PluginCallsFailedTest.class.getResourceAsStream(file)) {
      assertThat(new ObjectMapper().readTree(written.toJson()))
          .isEqualTo(new ObjectMapper().readTree(golden));
    }
  }
}
