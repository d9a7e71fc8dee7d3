package dev.aegis.gateway.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.Metrics;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.journal.Definition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.UpstreamDefinition;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The meters of upstreams come and go with them. */
final class UpstreamMetersTest {
  private static UpstreamDefinition definition() {
    Map<String, ?> document =
        Map.of(
            "id",
            "u",
            "targets",
            List.of(Map.of("url", "http://127.0.0.1:1"), Map.of("url", "http://127.0.0.1:2")));
    return (UpstreamDefinition)
        Definition.read(Kind.UPSTREAM, new ObjectMapper().convertValue(document, ObjectNode.class));
  }

  @Test
  void showWhatThereIs() {
    try (Metrics metrics = Metrics.create("test");
        Upstreams upstreams = new Upstreams(null)) {
      UpstreamMeters meters = new UpstreamMeters(metrics, upstreams);
      upstreams.put("a", definition());
      upstreams.put("b", definition());
      meters.refresh();
      assertThat(metrics.exposition())
          .contains("aegis_upstream_targets{state=\"healthy\",tenant=\"a\",upstream=\"u\"} 2")
          .contains("aegis_upstream_targets{state=\"ejected\",tenant=\"b\",upstream=\"u\"} 0")
          .contains("aegis_circuit_state{tenant=\"a\",upstream=\"u\"} 0");
      upstreams.keepOnly("a", Set.of());
      meters.refresh();
      assertThat(metrics.exposition())
          .doesNotContain("tenant=\"a\"")
          .contains("aegis_circuit_state{tenant=\"b\",upstream=\"u\"} 0");
    }
  }
}
