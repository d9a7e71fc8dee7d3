package dev.aegis.analytics.query;

/**
 * A question with everything that its parameters left open filled in.
 *
 * @param question its kind
 * @param query what is asked
 * @param limit most groups of a {@link Question#TOP}
 */
public record Asked(Question question, SeriesQuery query, int limit) {}
