package dev.aegis.gateway.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.chassis.Metrics;
import dev.aegis.plugins.Owner;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What modules count, among the gateway's metrics. */
final class ModuleMetersTest {
  @Test
  void numbersStayAsLongAsTheirObject() {
    try (Metrics metrics = Metrics.create("module-meters")) {
      ModuleMeters meters = new ModuleMeters(metrics);
      Owner owner = new Owner("acme", "w", meters);
      Owner other = new Owner("other", "w", meters);
      meters.came(owner);
      meters.came(other);
      meters.cell(owner, true, "seen").addAndGet(2);
      meters.cell(owner, false, "level").set(7);
      meters.cell(other, true, "seen").addAndGet(40);
      meters.came(owner); // its next version
      AtomicLong again = meters.cell(owner, true, "seen");
      meters.left(owner);
      again.addAndGet(1);
      assertThat(metrics.exposition())
          .containsPattern("aegis_wasm_counter_total\\{name=\"seen\",.*tenant=\"acme\"\\} 3")
          .containsPattern("aegis_wasm_counter_total\\{name=\"seen\",.*tenant=\"other\"\\} 40")
          .containsPattern("aegis_wasm_gauge\\{name=\"level\",.*\\} 7");
      meters.left(owner);
      assertThat(metrics.exposition()).doesNotContain("acme").contains("other");
    }
  }
}
