/** The HTTP API through which other services ask; the rim that knows Helidon. */
package dev.aegis.analytics.api;
