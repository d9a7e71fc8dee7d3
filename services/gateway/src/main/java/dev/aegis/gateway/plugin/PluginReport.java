package dev.aegis.gateway.plugin;

import dev.aegis.plugins.Measures;
import java.util.function.LongConsumer;

/** Hears what plugins do. Called on the threads of requests: must not wait. */
public interface PluginReport {
  /** Nobody hears. */
  PluginReport NONE =
      new PluginReport() {
        @Override
        public LongConsumer durations(String plugin, Phase phase) {
          return nanos -> {};
        }

        @Override
        public void failed(Failure failure) {}

        @Override
        public Measures measures() {
          return Measures.NONE;
        }
      };

  /** Who takes the nanoseconds of each call of {@code plugin} in {@code phase}. */
  LongConsumer durations(String plugin, Phase phase);

  /** A call did not end well. */
  void failed(Failure failure);

  /** Keeps what modules count. */
  Measures measures();
}
