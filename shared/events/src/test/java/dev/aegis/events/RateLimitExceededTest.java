package dev.aegis.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Refused requests are told of as the golden file has it. */
class RateLimitExceededTest {
  @Test
  void isWrittenAsPublished() throws IOException {
    Instant last = Instant.parse("2026-01-02T03:04:09Z");
    TenantEvent written =
        new RateLimitExceeded(
                "orders",
                "limit-all",
                "rate_limited",
                "user-1",
                "0193a0a0-0000-7000-8000-000000000012",
                "4bf92f3577b34da6a3ce929d0e0e4736",
                12,
                Instant.parse("2026-01-02T03:04:05.678Z"),
                last)
            .of("acme");

    assertThat(written.tenant()).isEqualTo("acme");
    assertThat(written.time()).isEqualTo(last);
    ObjectMapper json = new ObjectMapper();
    String file = "/golden/" + written.wireType() + ".json";
    try (InputStream golden = RateLimitExceededTest.class.getResourceAsStream(file)) {
      assertThat(json.readTree(written.toJson())).isEqualTo(json.readTree(golden));
    }
  }
}
