package dev.aegis.plugins;

import dev.aegis.model.Finding;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugins.wasm.Modules;
import dev.aegis.plugins.wasm.WasmPlugin;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The plugins that there are, at one moment. Immutable.
 *
 * @param findings what is wrong with plugins that are not among them
 */
public record Plugins(Map<String, Installed> byName, List<Finding> findings) {
  public Plugins {
    byName = Collections.unmodifiableMap(new TreeMap<>(byName));
    findings = List.copyOf(findings);
  }

  /** Those that come with Aegis and are written against the plugin API. */
  public static Plugins builtIn() {
    return builtIn(new Modules());
  }

  /**
   * The same.
   *
   * @param modules those of this service
   */
  static Plugins builtIn(Modules modules) {
    Map<String, Installed> found = new TreeMap<>();
    for (Plugin<?> plugin : ServiceLoader.load(Plugin.class, Plugins.class.getClassLoader())) {
      Installed installed = new Installed(plugin, Installed.BUILT_IN);
      found.put(installed.name(), installed);
    }
    Installed wasm = new Installed(new WasmPlugin(modules), Installed.BUILT_IN);
    found.put(wasm.name(), wasm);
    return new Plugins(found, List.of());
  }

  /** The plugin of this name, or null. */
  public @Nullable Installed find(String name) {
    return byName.get(name);
  }

  /** All of them, by name. */
  public Collection<Installed> all() {
    return byName.values();
  }
}
