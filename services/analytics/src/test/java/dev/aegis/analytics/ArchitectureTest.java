package dev.aegis.analytics;

import dev.aegis.testkit.Layers;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  @Test
  void packagesUseOnlyWhatTheyMay() {
    Layers.check(
        "dev.aegis.analytics",
        Map.of(
            "", Set.of("api", "ingest", "live", "query", "rollup", "settings"),
            "api", Set.of("query", "rollup"),
            "ingest", Set.of("query", "rollup"),
            "live", Set.of("rollup"),
            "query", Set.of("rollup"),
            "rollup", Set.of(),
            "settings", Set.of("rollup")),
        Map.of(
            "org.apache.kafka", Set.of("ingest"),
            "org.rocksdb", Set.of("ingest"),
            "redis.clients", Set.of("live"),
            "io.helidon", Set.of("", "api"),
            "dev.aegis.chassis", Set.of("", "api", "settings"),
            "dev.aegis.bus", Set.of("", "ingest"),
            "dev.aegis.events", Set.of("ingest")));
  }
}
