package dev.aegis.gateway.cache;

/**
 * That a route keeps replies.
 *
 * @param scope the route and its revision: what was kept under another is void
 * @param maxEntryBytes most bytes of the body of a reply that is kept
 */
public record CachePlan(String scope, int maxEntryBytes) {}
