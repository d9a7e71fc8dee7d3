package dev.aegis.gateway.admission;

/**
 * What one request wants of one limit.
 *
 * @param meter what counts it
 * @param caller whose requests are counted together
 * @param cost what it takes, 0 or more
 */
public record Claim(Meter meter, String caller, long cost) {}
