package dev.aegis.gateway.edge;

import dev.aegis.gateway.plugin.Failure;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.gateway.plugin.PluginReport;
import dev.aegis.plugins.Measures;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;

/** Keeps what plugins fail at. */
final class KeptFailures implements PluginReport {
  private final List<Failure> kept = new CopyOnWriteArrayList<>();

  @Override
  public LongConsumer durations(String plugin, Phase phase) {
    return nanos -> {};
  }

  @Override
  public void failed(Failure failure) {
    kept.add(failure);
  }

  @Override
  public Measures measures() {
    return Measures.NONE;
  }

  List<Failure> kept() {
    return kept;
  }
}
