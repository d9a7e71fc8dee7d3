/** Traces: the context that travels with requests and events, and the way of spans to OTLP. */
@NullMarked
package dev.aegis.tracing;

import org.jspecify.annotations.NullMarked;
