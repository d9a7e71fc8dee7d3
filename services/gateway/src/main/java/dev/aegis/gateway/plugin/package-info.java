/** Plugins that come with the gateway, from their configuration to their compiled form. */
package dev.aegis.gateway.plugin;
