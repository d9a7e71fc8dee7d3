package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Granularity;
import java.time.Instant;

/**
 * A span of whole minutes, {@code [from, to)}.
 *
 * @param from minutes since 1970 UTC, at least 0
 * @param to minutes since 1970 UTC, above {@code from}
 */
public record TimeRange(long from, long to) {
  public TimeRange {
    if (from < 0 || to <= from || to > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("Not a range of minutes: [" + from + ", " + to + ")");
    }
  }

  /** The whole minutes that {@code [from, to)} touches. */
  public static TimeRange of(Instant from, Instant to) {
    return new TimeRange(
        Math.floorDiv(from.getEpochSecond(), 60L), Math.ceilDiv(to.toEpochMilli(), 60_000L));
  }

  /** How many buckets of {@code granularity} the range touches. */
  public long buckets(Granularity granularity) {
    return (granularity.ceiling(to) - granularity.floor(from)) / granularity.minutes();
  }

  /** Begin. */
  public Instant fromInstant() {
    return instant(from);
  }

  /** End, not part of the range. */
  public Instant toInstant() {
    return instant(to);
  }

  /** The instant at which a minute since 1970 begins. */
  public static Instant instant(long minute) {
    return Instant.ofEpochSecond(minute * 60);
  }
}
