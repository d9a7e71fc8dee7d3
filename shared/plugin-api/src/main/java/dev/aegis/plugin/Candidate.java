package dev.aegis.plugin;

/**
 * A target that may get a request.
 *
 * @param address host and port
 * @param weight its share, at least 1
 * @param active requests that this gateway has under way to it
 */
public record Candidate(String address, int weight, int active) {}
