package dev.aegis.plugins;

import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Plugin;

/**
 * A plugin that comes with Aegis and runs what others wrote. Its filters are told whose they are,
 * and called as carefully as those from jars.
 *
 * @param <C> its configuration
 */
public interface Foreign<C extends Record> extends Plugin<C> {
  /**
   * Makes what runs on requests of {@code owner}.
   *
   * @throws IllegalArgumentException if this configuration makes no sense; the message is a finding
   */
  Filter configure(C config, Owner owner);

  @Override
  default Filter configure(C config) {
    return configure(config, Owner.NOBODY);
  }
}
