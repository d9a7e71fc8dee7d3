/** What a gateway process can be told at its start. */
package dev.aegis.gateway.settings;
