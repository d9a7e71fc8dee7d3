/** Traces as requests carry them: which are kept, and the attempts that become spans of them. */
package dev.aegis.gateway.tracing;
