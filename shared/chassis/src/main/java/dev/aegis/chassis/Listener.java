package dev.aegis.chassis;

import java.net.URI;

/**
 * An address on which a service listens.
 *
 * @param label what is there, for a table: {@code gateway}, {@code admin}
 * @param uri where, with the real port
 */
public record Listener(String label, URI uri) {}
