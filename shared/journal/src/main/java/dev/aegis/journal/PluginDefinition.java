package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A plugin put to use: which one, where, and with what configuration.
 *
 * @param id unique within the tenant, or within the installation
 * @param plugin name of the plugin in the catalogue
 * @param enabled whether it is in force
 * @param order lower runs first; equal ones by id
 * @param route id of the only route it applies to, or null
 * @param upstream id of the only upstream it applies to, or null
 * @param letsPass whether requests go on without it when it fails
 * @param timeout how long each of its calls may take; not for those that come with Aegis
 * @param config what the plugin itself understands
 */
public record PluginDefinition(
    String id,
    String plugin,
    boolean enabled,
    int order,
    @Nullable String route,
    @Nullable String upstream,
    boolean letsPass,
    Duration timeout,
    ObjectNode config)
    implements Definition {

  static PluginDefinition read(String id, Fields fields) {
    return new PluginDefinition(
        id,
        fields.text("plugin"),
        fields.flag("enabled", true),
        (int) fields.number("order", 100, -1_000_000, 1_000_000),
        fields.optionalText("route"),
        fields.optionalText("upstream"),
        fields.oneOf("on_failure", "closed", List.of("closed", "open")).equals("open"),
        Duration.ofMillis(fields.number("timeout_ms", 100, 1, 10_000)),
        fields.tree("config"));
  }
}
