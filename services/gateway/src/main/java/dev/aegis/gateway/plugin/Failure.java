package dev.aegis.gateway.plugin;

/**
 * A call of a plugin that did not end well.
 *
 * @param tenant whose request it was
 * @param id of the plugin's object
 * @param plugin its name
 * @param phase where
 * @param why for an operator
 * @param switchedOff whether it is not called any more
 */
public record Failure(
    String tenant, String id, String plugin, Phase phase, String why, boolean switchedOff) {}
