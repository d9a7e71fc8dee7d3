package dev.aegis.gateway.ops;

import dev.aegis.chassis.Metrics;
import dev.aegis.gateway.upstream.CircuitState;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.gateway.upstream.Upstreams;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The meters of each upstream: how its targets do, and where its circuit stands. One thread uses
 * it.
 */
final class UpstreamMeters {
  private static final int MAX_UPSTREAMS = 2_000;
  private static final String TARGETS = "aegis_upstream_targets";
  private static final String CIRCUIT = "aegis_circuit_state";

  private final Metrics metrics;
  private final Upstreams upstreams;
  private final Map<Upstream, String> shown = new HashMap<>();

  /** Those that asked for their tenant's place; they do so once, and then it is for its callers. */
  private final Set<Upstream> asked = new HashSet<>();

  /** Meters for the upstreams that there will be. */
  UpstreamMeters(Metrics metrics, Upstreams upstreams) {
    this.metrics = metrics;
    this.upstreams = upstreams;
  }

  /** Adds the meters of upstreams that are new, and removes those of upstreams that are gone. */
  void refresh() {
    Set<Upstream> now = new HashSet<>(upstreams.all());
    asked.retainAll(now);
    for (Map.Entry<Upstream, String> entry : Map.copyOf(shown).entrySet()) {
      Upstream upstream = entry.getKey();
      if (!now.contains(upstream) || !metrics.named(upstream.tenant())) {
        shown.remove(upstream);
        hide(upstream, entry.getValue());
      }
    }
    for (Upstream upstream : now) {
      if (!shown.containsKey(upstream) && shown.size() < MAX_UPSTREAMS) {
        String tenant = upstream.tenant();
        boolean first = asked.add(upstream);
        // Ids are unique within a tenant only, so there is nothing to show for the others.
        if (first ? metrics.tenant(tenant).equals(tenant) : metrics.named(tenant)) {
          shown.put(upstream, tenant);
          show(upstream, tenant);
        }
      }
    }
  }

  private void show(Upstream upstream, String tenant) {
    metrics.gauge(
        CIRCUIT,
        "Circuit breaker of an upstream: 0 closed, 1 half open, 2 open",
        () -> number(upstream.circuit()),
        "tenant",
        tenant,
        "upstream",
        upstream.id());
    for (Upstream.Health state : Upstream.Health.values()) {
      metrics.gauge(
          TARGETS,
          "Targets of an upstream",
          () -> upstream.count(state, System.nanoTime()),
          "tenant",
          tenant,
          "upstream",
          upstream.id(),
          "state",
          state.label());
    }
  }

  private void hide(Upstream upstream, String tenant) {
    metrics.remove(CIRCUIT, "tenant", tenant, "upstream", upstream.id());
    for (Upstream.Health state : Upstream.Health.values()) {
      metrics.remove(TARGETS, "tenant", tenant, "upstream", upstream.id(), "state", state.label());
    }
  }

  private static int number(CircuitState state) {
    return switch (state) {
      case CLOSED -> 0;
      case HALF_OPEN -> 1;
      case OPEN -> 2;
    };
  }
}
