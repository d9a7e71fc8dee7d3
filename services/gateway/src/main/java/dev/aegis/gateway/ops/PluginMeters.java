package dev.aegis.gateway.ops;

import dev.aegis.chassis.Metrics;
import dev.aegis.events.PluginCallsFailed;
import dev.aegis.gateway.plugin.Failure;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.gateway.plugin.PluginReport;
import dev.aegis.plugins.Measures;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what plugins do, tells their failures, and logs which one is switched off. */
public final class PluginMeters implements PluginReport {
  private static final Logger LOG = LoggerFactory.getLogger(PluginMeters.class);

  private final Metrics metrics;
  private final Consumer<PluginCallsFailed> events;
  private final InstantSource clock;
  private final ModuleMeters modules;

  /**
   * The meters of one gateway.
   *
   * @param events takes each failure; must not wait
   */
  public PluginMeters(Metrics metrics, Consumer<PluginCallsFailed> events, InstantSource clock) {
    this.metrics = metrics;
    this.events = events;
    this.clock = clock;
    this.modules = new ModuleMeters(metrics);
  }

  @Override
  public LongConsumer durations(String plugin, Phase phase) {
    return metrics.histogram(
            "aegis_plugin_duration_seconds",
            "What calls of plugins took",
            Metrics.durations(),
            "plugin",
            plugin,
            "phase",
            phase.label())
        ::record;
  }

  @Override
  public void failed(Failure failure) {
    metrics
        .counterAtOnce(
            "aegis_plugin_failures_total",
            "Calls of plugins that did not end well",
            "tenant",
            metrics.tenantAtOnce(failure.tenant()),
            "plugin",
            failure.plugin(),
            "phase",
            failure.phase().label())
        .add();
    Instant now = clock.instant();
    events.accept(
        new PluginCallsFailed(
            failure.tenant(),
            failure.id(),
            failure.plugin(),
            failure.phase().label(),
            failure.switchedOff(),
            1,
            now,
            now));
    if (failure.switchedOff()) {
      Thread.startVirtualThread(() -> say(failure)); // not on the request's thread
    }
  }

  @Override
  public Measures measures() {
    return modules;
  }

  private static void say(Failure failure) {
    LOG.warn(
        "Plugin {} ({}) of tenant {} is switched off: {}",
        failure.id(),
        failure.plugin(),
        failure.tenant(),
        failure.why());
  }
}
