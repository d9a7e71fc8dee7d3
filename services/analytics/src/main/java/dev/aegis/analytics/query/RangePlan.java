package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Granularity;
import java.util.ArrayList;
import java.util.List;

/**
 * Which cells cover a range: the longest that lie wholly within it and are not longer than a point,
 * shorter ones at its ragged ends. Each minute of the range is covered exactly once.
 */
final class RangePlan {
  /**
   * A run of cells of one length.
   *
   * @param granularity how long each is
   * @param from first minute, aligned
   * @param to minute behind the last, aligned
   */
  record Segment(Granularity granularity, long from, long to) {}

  private RangePlan() {}

  /** The cells to read for points of length {@code granularity}, in order of time. */
  static List<Segment> of(TimeRange range, Granularity granularity) {
    List<Segment> segments = new ArrayList<>();
    cover(range.from(), range.to(), granularity, segments);
    return segments;
  }

  private static void cover(long from, long to, Granularity granularity, List<Segment> segments) {
    if (from >= to) {
      return;
    }
    long first = granularity.ceiling(from);
    long last = granularity.floor(to);
    if (granularity == Granularity.MINUTE) {
      segments.add(new Segment(granularity, from, to));
    } else if (first >= last) {
      cover(from, to, shorter(granularity), segments);
    } else {
      cover(from, first, shorter(granularity), segments);
      segments.add(new Segment(granularity, first, last));
      cover(last, to, shorter(granularity), segments);
    }
  }

  private static Granularity shorter(Granularity granularity) {
    return switch (granularity) {
      case MINUTE, HOUR -> Granularity.MINUTE;
      case DAY -> Granularity.HOUR;
    };
  }
}
