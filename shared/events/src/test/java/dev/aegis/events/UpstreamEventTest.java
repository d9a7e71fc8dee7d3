package dev.aegis.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.events.UpstreamEvent.CircuitTurned;
import dev.aegis.events.UpstreamEvent.Reason;
import dev.aegis.events.UpstreamEvent.TargetTurned;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events about upstreams are written as their golden files have them. */
class UpstreamEventTest {
  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final String TARGET = "10.0.0.1:8080";

  @Test
  void areWrittenAsPublished() throws IOException {
    for (UpstreamEvent event :
        List.of(
            new TargetTurned("acme", "orders", TARGET, Reason.HEALTH_CHECK, false, AT),
            new TargetTurned("acme", "orders", TARGET, Reason.EJECTED, true, AT),
            new CircuitTurned("acme", "orders", true, AT),
            new CircuitTurned("acme", "orders", false, AT))) {
      TenantEvent written = event.event();
      assertThat(written.tenant()).isEqualTo("acme");
      assertThat(written.time()).isEqualTo(AT);
      String file = "/golden/" + written.wireType() + ".json";
      try (InputStream golden = UpstreamEventTest.class.getResourceAsStream(file)) {
        assertThat(written.data()).as(file).isEqualTo(new ObjectMapper().readTree(golden));
      }
    }
  }
}
