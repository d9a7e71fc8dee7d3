package dev.aegis.events;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Instant;

/**
 * Calls of a plugin that did not end well, a burst folded into one: the data of {@code
 * plugin.failed}. Why they failed is not told: what a plugin throws may hold what is not the
 * tenant's to read.
 *
 * @param tenant whose requests they were
 * @param pluginId the plugin's object
 * @param plugin its name
 * @param phase where in a request
 * @param switchedOff whether it is not called any more
 * @param count calls, at least 1
 * @param firstAt when the first failed
 * @param lastAt when the last did
 */
public record PluginCallsFailed(
    String tenant,
    String pluginId,
    String plugin,
    String phase,
    boolean switchedOff,
    long count,
    Instant firstAt,
    Instant lastAt) {

  /** What an endpoint subscribes to. */
  public static final String TYPE = "plugin.failed";

  /** The event as it is published; its time is that of the last failure. */
  public TenantEvent event() {
    return new TenantEvent(
        TYPE,
        tenant,
        lastAt,
        JsonNodeFactory.instance
            .objectNode()
            .put("plugin_id", pluginId)
            .put("plugin", plugin)
            .put("phase", phase)
            .put("switched_off", switchedOff)
            .put("count", count)
            .put("first_at", firstAt.toString())
            .put("last_at", lastAt.toString()));
  }
}
