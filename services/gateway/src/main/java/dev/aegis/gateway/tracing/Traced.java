package dev.aegis.gateway.tracing;

import org.jspecify.annotations.Nullable;

/**
 * A trace that is kept, with what its spans say and no event does.
 *
 * @param scheme {@code http} or {@code https}, as the caller spoke
 * @param host whom the caller asked, as the request has it
 * @param protocol version of HTTP in which the caller spoke
 * @param route patterns of the route's paths, or null
 */
public record Traced(
    Trace trace, String scheme, String host, String protocol, @Nullable String route) {}
