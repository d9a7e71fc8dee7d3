package dev.aegis.gateway.ops;

import dev.aegis.chassis.Metrics;
import dev.aegis.gateway.plugin.Failure;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.gateway.plugin.PluginReport;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what plugins do, and says in the log which one is switched off. */
public final class PluginMeters implements PluginReport {
  private static final Logger LOG = LoggerFactory.getLogger(PluginMeters.class);

  private final Metrics metrics;

  /** The meters of one gateway. */
  public PluginMeters(Metrics metrics) {
    this.metrics = metrics;
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
        .counter(
            "aegis_plugin_failures_total",
            "Calls of plugins that did not end well",
            "tenant",
            metrics.tenant(failure.tenant()),
            "plugin",
            failure.plugin(),
            "phase",
            failure.phase().label())
        .add();
    if (failure.switchedOff()) {
      Thread.startVirtualThread(() -> say(failure)); // not on the request's thread
    }
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
