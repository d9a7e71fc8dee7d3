package dev.aegis.analytics.query;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far an answer can be relied on.
 *
 * @param complete whether the range lies in the past and everything published by then is counted
 * @param lagRecords events published and not yet durably counted, null when Kafka does not tell
 * @param dropped requests of the range that are known to be in no cell
 */
public record Coverage(boolean complete, @Nullable Long lagRecords, long dropped) {
  /**
   * How long after the end of a range its answer is not yet final: gateways publish in batches, and
   * a request is published when it ends.
   */
  static final Duration SETTLING = Duration.ofSeconds(2);

  static Coverage of(Lag lag, Instant rangeEnd, long dropped) {
    Long records = lag.records();
    boolean past = !rangeEnd.plus(SETTLING).isAfter(lag.at());
    return new Coverage(past && records != null && records == 0, records, dropped);
  }
}
