/**
 * What a plugin is written against. A {@link dev.aegis.plugin.Plugin} makes a {@link
 * dev.aegis.plugin.Filter} of each of its configurations; a filter takes part in the phases whose
 * interfaces it implements.
 */
package dev.aegis.plugin;
