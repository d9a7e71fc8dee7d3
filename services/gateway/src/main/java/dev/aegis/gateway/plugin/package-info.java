/**
 * Plugins from their configuration to their compiled form, and what guards the gateway from them.
 */
package dev.aegis.gateway.plugin;
