package dev.aegis.gateway.upstream;

import org.jspecify.annotations.Nullable;

/**
 * An upstream as a route names it.
 *
 * @param id its id
 * @param upstream the same, null when there is none of this id
 */
public record Backend(String id, @Nullable Upstream upstream) {}
