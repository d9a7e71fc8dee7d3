package dev.aegis.gateway.edge;

import dev.aegis.plugin.Plugin;
import dev.aegis.plugins.PluginFolder;
import dev.aegis.plugins.Plugins;
import dev.aegis.testkit.PluginSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A plugin that a test writes, in a jar of its own.
 *
 * @param folder of the test's own
 * @param type name of its class, which is the plugin's name in lower case
 * @param configuration members of the record {@code Config}
 * @param body of {@code configure}, and what else the class has
 */
record OthersPlugin(Path folder, String type, String configuration, String body) {
  private static final String SOURCE =
      """
      import dev.aegis.plugin.*;
      import java.util.*;

      public class %s implements Plugin<%1$s.Config> {
        public record Config(%s) {}
        public String name() { return "%s"; }
        public String description() { return "For a test."; }
        public Class<Config> config() { return Config.class; }
        %s
      }
      """;

  /** What is installed where its jar lies in the folder of plugins, alone. */
  Plugins installed() throws Exception {
    Path jars = Files.createDirectories(folder.resolve("jars"));
    String source = SOURCE.formatted(type, configuration, name(), body);
    new PluginSource(folder, Plugin.class, type, source).pack(jars.resolve(name() + ".jar"), "v");
    try (PluginFolder plugins = new PluginFolder(jars)) {
      return plugins.get();
    }
  }

  String name() {
    return type.toLowerCase(Locale.ROOT);
  }

  /** Puts it to use on a busy machine: with time enough. */
  void use(GatewayInProcess gateway, String where, Map<String, ?> more) {
    Map<String, Object> definition = new HashMap<>(Map.of("timeout_ms", 10_000));
    definition.putAll(more);
    definition.put("id", where.substring(where.lastIndexOf('/') + 1));
    definition.put("plugin", name());
    gateway.put(where, definition);
  }
}
