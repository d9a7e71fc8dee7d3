package dev.aegis.analytics.query;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far the cells are behind what was published.
 *
 * @param records events published and not yet durably counted, null when Kafka does not tell
 * @param at a moment at or before which this was so
 */
public record Lag(@Nullable Long records, Instant at) {
  /** Tells the lag. */
  @FunctionalInterface
  public interface Probe {
    /** The lag, looked up after the call began; bounded in time. */
    Lag measure();
  }
}
