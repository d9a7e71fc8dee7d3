package dev.aegis.analytics.rollup;

import java.time.Duration;

/**
 * How long cells are kept. The longer a cell, the longer it is kept, so that what is asked most
 * often is exact and what is asked years later is still there.
 *
 * @param minute at least one day
 * @param hour at least as long as {@code minute}
 * @param day at least as long as {@code hour}
 */
public record Retention(Duration minute, Duration hour, Duration day) {
  public Retention {
    if (minute.toDays() < 1) {
      throw new IllegalArgumentException("Minutes are kept for at least 1 day, not " + minute);
    }
    if (hour.compareTo(minute) < 0 || day.compareTo(hour) < 0) {
      throw new IllegalArgumentException("Longer cells are kept at least as long as shorter ones");
    }
  }

  /** How long cells of this length are kept. */
  public Duration of(Granularity granularity) {
    return switch (granularity) {
      case MINUTE -> minute;
      case HOUR -> hour;
      case DAY -> day;
    };
  }

  /** First minute, since 1970 UTC, whose cells of this length are all still there. */
  public long firstKept(Granularity granularity, long nowMinute) {
    return Math.max(0, granularity.ceiling(nowMinute - of(granularity).toMinutes()));
  }
}
