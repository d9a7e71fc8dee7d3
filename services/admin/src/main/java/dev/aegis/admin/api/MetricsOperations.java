package dev.aegis.admin.api;

import dev.aegis.admin.relay.Expositions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** The metrics of all services, for those who look at the whole installation. */
final class MetricsOperations {
  private final Expositions expositions;

  MetricsOperations(Expositions expositions) {
    this.expositions = expositions;
  }

  List<Operation> operations() {
    return List.of(
        new Operation("GET", "/admin/metrics", Set.of(), Needs.PLATFORM_READ, call -> metrics()));
  }

  private Reply metrics() {
    return Reply.bytes(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        expositions.together().getBytes(StandardCharsets.UTF_8));
  }
}
