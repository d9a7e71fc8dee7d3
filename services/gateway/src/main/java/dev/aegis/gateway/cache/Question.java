package dev.aegis.gateway.cache;

import dev.aegis.gateway.http1.RequestHead;

/**
 * A request that may be answered from what is kept.
 *
 * @param plan of its route
 * @param resource what it asks for
 * @param origin who would be asked and by which name: upstream, scheme, and the authority as sent
 * @param head of the request
 * @param withCredentials whether it shows who the caller is
 */
public record Question(
    CachePlan plan, Resource resource, String origin, RequestHead head, boolean withCredentials) {}
