package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Granularity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A question about a range of time.
 *
 * @param tenant whose requests, null for all tenants'
 * @param range when they began
 * @param granularity length of a point
 * @param groupBy what to break down by, without repetition
 * @param metrics what to answer, at least one, without repetition
 */
public record SeriesQuery(
    @Nullable String tenant,
    TimeRange range,
    Granularity granularity,
    List<Dimension> groupBy,
    List<Metric> metrics) {
  /** Most points in one series: a week of minutes, with room. */
  public static final int MAX_BUCKETS = 11_000;

  /** Most points in one answer, over all its series. */
  public static final int MAX_POINTS = 50_000;

  /** Most series in one answer; what is left over is in one more, {@link Group#OTHER}. */
  public static final int MAX_GROUPS = 500;

  public SeriesQuery {
    groupBy = List.copyOf(groupBy);
    metrics = List.copyOf(metrics);
    if (range.buckets(granularity) > MAX_BUCKETS) {
      throw new IllegalArgumentException("At most " + MAX_BUCKETS + " points make a series");
    }
  }

  /** How many points each series has. */
  public int buckets() {
    return Math.toIntExact(range.buckets(granularity));
  }

  /** How many series the answer has at most, beside {@link Group#OTHER}. */
  int maxGroups() {
    return Math.clamp(MAX_POINTS / buckets(), 1, MAX_GROUPS);
  }
}
