package dev.aegis.webhooks;

import dev.aegis.testkit.Layers;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The order of the dispatcher's packages. */
final class ArchitectureTest {
  @Test
  void packagesDependAsTheMapSays() {
    Layers.check(
        "dev.aegis.webhooks",
        Map.of(
            "",
            Set.of("api", "delivery", "intake", "settings", "subscription"),
            "api",
            Set.of("delivery", "intake", "subscription"),
            "intake",
            Set.of("delivery", "subscription"),
            "delivery",
            Set.of("signing", "subscription"),
            "subscription",
            Set.of("signing"),
            "settings",
            Set.of(),
            "signing",
            Set.of()),
        Map.of(
            "io.helidon", Set.of("api"),
            "org.apache.kafka", Set.of(),
            "java.net.http", Set.of(),
            "dev.aegis.egress", Set.of("", "delivery", "settings"),
            "dev.aegis.bus", Set.of("", "api", "delivery", "intake")));
  }
}
