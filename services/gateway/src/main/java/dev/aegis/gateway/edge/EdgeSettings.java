package dev.aegis.gateway.edge;

import java.time.Duration;

/**
 * Bounds on what a caller may keep the gateway waiting.
 *
 * @param idle between two requests of a connection
 * @param head from the first byte of a request to the end of its head
 * @param body between two reads of a request's body, and two writes of a reply
 */
public record EdgeSettings(Duration idle, Duration head, Duration body) {}
