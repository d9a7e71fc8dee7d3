package dev.aegis.gateway.ops;

import dev.aegis.chassis.Metrics;
import dev.aegis.plugins.Measures;
import dev.aegis.plugins.Owner;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Shows what modules count. A number stays where it is when the object of its module changes, so
 * that counters grow on, and goes when no filter of that object is left.
 */
final class ModuleMeters implements Measures {
  private static final int MOST = 10_000;
  private static final String COUNTER = "aegis_wasm_counter_total";
  private static final String GAUGE = "aegis_wasm_gauge";

  private final Metrics metrics;
  private final Map<Holder, Held> all = new HashMap<>();
  private int cells;

  private record Holder(String tenant, String object) {}

  private record Meter(boolean counts, String name) {}

  /** What one object has. */
  private static final class Held {
    private final Map<Meter, AtomicLong> meters = new HashMap<>();
    private int filters;
  }

  ModuleMeters(Metrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public synchronized void came(Owner owner) {
    all.computeIfAbsent(holder(owner), each -> new Held()).filters++;
  }

  @Override
  public synchronized AtomicLong cell(Owner owner, boolean counts, String name) {
    Held held = all.get(holder(owner));
    Meter meter = new Meter(counts, name);
    AtomicLong known = held == null ? null : held.meters.get(meter);
    if (known != null) {
      return known;
    }
    AtomicLong cell = new AtomicLong();
    if (held != null && cells < MOST) {
      cells++;
      held.meters.put(meter, cell);
      String[] labels = labels(owner, name);
      if (counts) {
        metrics.counter(COUNTER, "What WebAssembly modules count", cell::get, labels);
      } else {
        metrics.gauge(GAUGE, "What WebAssembly modules measure", cell::get, labels);
      }
    }
    return cell;
  }

  @Override
  public synchronized void left(Owner owner) {
    Held held = all.get(holder(owner));
    if (held != null && --held.filters == 0) {
      all.remove(holder(owner));
      cells -= held.meters.size();
      held.meters
          .keySet()
          .forEach(
              each -> metrics.remove(each.counts() ? COUNTER : GAUGE, labels(owner, each.name())));
    }
  }

  private static Holder holder(Owner owner) {
    return new Holder(owner.tenant(), owner.object());
  }

  /** Not by {@link Metrics#tenant}: the numbers of two tenants cannot be one. */
  private static String[] labels(Owner owner, String name) {
    return new String[] {"tenant", owner.tenant(), "plugin", owner.object(), "name", name};
  }
}
