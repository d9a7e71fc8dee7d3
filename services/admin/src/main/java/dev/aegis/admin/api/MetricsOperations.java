package dev.aegis.admin.api;

import dev.aegis.admin.relay.Expositions;
import dev.aegis.chassis.ExpositionFormat;
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
        new Operation("GET", "/admin/metrics", Set.of(), Needs.PLATFORM_READ, this::metrics));
  }

  private Reply metrics(Call call) {
    ExpositionFormat format = ExpositionFormat.of(call.header("Accept"));
    return Reply.bytes(
            200,
            format.contentType(),
            expositions.together(format).getBytes(StandardCharsets.UTF_8))
        .with("Vary", "Accept");
  }
}
