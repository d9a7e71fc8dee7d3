package dev.aegis.gateway;

import static java.util.Map.entry;

import dev.aegis.testkit.Layers;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which package may know which: the order of the gateway's layers, in one place. */
final class ArchitectureTest {
  @Test
  void keepsItsLayers() {
    Layers.check(
        "dev.aegis.gateway",
        Map.ofEntries(
            entry("http1", Set.of()),
            entry("http2", Set.of("http1")),
            entry("cache", Set.of("http1")),
            entry("routing", Set.of()),
            entry("signature", Set.of("http1")),
            entry("counts", Set.of()),
            entry("identity", Set.of("counts")),
            entry("introspection", Set.of("counts", "identity")),
            entry("tracing", Set.of("http1")),
            entry("telemetry", Set.of("tracing")),
            entry("recent", Set.of()),
            entry("store", Set.of("admission", "identity")),
            entry("proxies", Set.of()),
            entry("overload", Set.of()),
            entry("settings", Set.of("proxies")),
            entry("admission", Set.of("routing")),
            entry("plugin", Set.of("admission", "http1")),
            entry("upstream", Set.of("counts", "http1", "http2", "tracing")),
            entry(
                "snapshot",
                Set.of(
                    "routing",
                    "identity",
                    "introspection",
                    "admission",
                    "plugin",
                    "cache",
                    "upstream")),
            entry(
                "pipeline",
                Set.of(
                    "counts",
                    "http1",
                    "routing",
                    "identity",
                    "signature",
                    "admission",
                    "plugin",
                    "snapshot")),
            entry("tls", Set.of("proxies", "snapshot", "upstream")),
            entry(
                "edge",
                Set.of(
                    "http1",
                    "cache",
                    "proxies",
                    "overload",
                    "http2",
                    "tls",
                    "pipeline",
                    "snapshot",
                    "signature",
                    "identity",
                    "upstream",
                    "telemetry",
                    "tracing",
                    "plugin",
                    "admission")),
            entry(
                "ops",
                Set.of("identity", "introspection", "plugin", "snapshot", "store", "upstream")),
            entry(
                "explain",
                Set.of(
                    "http1",
                    "identity",
                    "admission",
                    "plugin",
                    "snapshot",
                    "pipeline",
                    "upstream")),
            entry(
                "",
                Set.of(
                    "settings",
                    "overload",
                    "cache",
                    "identity",
                    "introspection",
                    "admission",
                    "plugin",
                    "upstream",
                    "snapshot",
                    "pipeline",
                    "store",
                    "telemetry",
                    "tracing",
                    "recent",
                    "tls",
                    "edge",
                    "explain",
                    "ops"))),
        Map.of(
            "io.helidon.webserver", Set.of("", "edge", "explain", "recent"),
            "io.helidon.security", Set.of(),
            "io.opentelemetry", Set.of(),
            "jakarta.json", Set.of(),
            "org.apache.kafka", Set.of(),
            "redis.clients", Set.of("ops", "store"),
            "org.kiwiproject.consul", Set.of("upstream"),
            "javax.naming", Set.of("upstream")));
  }
}
