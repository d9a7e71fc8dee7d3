package dev.aegis.admin;

import static java.util.Map.entry;

import dev.aegis.testkit.Layers;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which package of the admin service sees which. */
final class ArchitectureTest {
  @Test
  void packagesSeeOnlyWhatTheMapSays() {
    Layers.check(
        "dev.aegis.admin",
        Map.ofEntries(
            entry(
                "",
                Set.of(
                    "access",
                    "api",
                    "audit",
                    "catalog",
                    "changes",
                    "files",
                    "history",
                    "nodes",
                    "relay",
                    "settings",
                    "store",
                    "tenancy")),
            entry("settings", Set.of("access")),
            entry("access", Set.of()),
            entry("audit", Set.of("tenancy")),
            entry("catalog", Set.of()),
            entry("tenancy", Set.of()),
            entry("changes", Set.of("access", "catalog", "history", "tenancy")),
            entry("declared", Set.of("access", "changes", "tenancy")),
            entry("files", Set.of("access", "changes", "tenancy")),
            entry("history", Set.of("tenancy")),
            entry("nodes", Set.of()),
            entry("relay", Set.of()),
            entry("store", Set.of()),
            entry(
                "api",
                Set.of(
                    "access",
                    "audit",
                    "catalog",
                    "changes",
                    "declared",
                    "history",
                    "nodes",
                    "relay",
                    "store",
                    "tenancy"))),
        Map.of(
            "io.helidon", Set.of("api"),
            "org.apache.kafka", Set.of(),
            "redis.clients", Set.of(),
            "java.net.http", Set.of("relay"),
            "dev.aegis.bus", Set.of("", "api", "audit", "changes", "files", "history", "nodes"),
            "dev.aegis.chassis", Set.of("", "api", "files", "nodes", "settings")));
  }
}
