package dev.aegis.chassis.datadog;

import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.Metrics.Sample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes points of a service's metrics, interval by interval: of counters what came since the last
 * one, of histograms count, sum and percentiles of what came since. One thread's.
 *
 * <p>Names are those that Datadog's agent makes of the exposition: {@code aegis.} and the name
 * without {@code aegis_}, and {@code .count} in place of {@code _total}. A series that did not move
 * has no point.
 */
final class Intervals {
  private static final String PREFIX = "aegis_";
  private static final String TOTAL = "_total";
  private static final int LONGEST_TAG = 200;

  private final Metrics metrics;
  private Map<Key, Sample> before = Map.of();

  Intervals(Metrics metrics) {
    this.metrics = metrics;
  }

  private record Key(String name, List<String> labels) {}

  /** The points since the last call; of the first, since the service began. */
  List<Point> next() {
    List<Point> points = new ArrayList<>();
    Map<Key, Sample> now = HashMap.newHashMap(before.size() + 64);
    metrics.forEach(
        sample -> {
          List<String> tags = tags(sample.labels());
          String name = named(sample.name());
          switch (sample) {
            case Sample.Value value -> add(points, name, Point.Type.GAUGE, value.value(), tags);
            case Sample.Count count -> {
              Sample last = last(sample, now);
              double since = last instanceof Sample.Count(_, _, var value) ? value : 0;
              double more = count.value() < since ? count.value() : count.value() - since;
              if (more > 0) {
                add(points, counted(name), Point.Type.COUNT, more, tags);
              }
            }
            case Sample.Spread spread -> {
              Sample last = last(sample, now);
              spread(points, name, spread, last instanceof Sample.Spread is ? is : null, tags);
            }
          }
        });
    before = now;
    return points;
  }

  private @Nullable Sample last(Sample sample, Map<Key, Sample> now) {
    Key key = new Key(sample.name(), sample.labels());
    now.put(key, sample);
    return before.get(key);
  }

  private static void spread(
      List<Point> points,
      String name,
      Sample.Spread spread,
      Sample.@Nullable Spread last,
      List<String> tags) {
    int buckets = spread.counts().size();
    boolean anew = last == null || last.counts().size() != buckets;
    for (int i = 0; i < buckets && !anew; i++) {
      anew = last != null && spread.counts().get(i) < last.counts().get(i);
    }
    long[] more = new long[buckets];
    long all = 0;
    for (int i = 0; i < buckets; i++) {
      more[i] = spread.counts().get(i) - (anew || last == null ? 0 : last.counts().get(i));
      all += more[i];
    }
    if (all == 0) {
      return;
    }
    double sum = spread.sumSeconds() - (anew || last == null ? 0 : last.sumSeconds());
    add(points, name + ".count", Point.Type.COUNT, (double) all, tags);
    add(points, name + ".sum", Point.Type.COUNT, Math.max(0, sum), tags);
    add(points, name + ".p50", Point.Type.GAUGE, quantile(spread.bounds(), more, all, 0.5), tags);
    add(points, name + ".p95", Point.Type.GAUGE, quantile(spread.bounds(), more, all, 0.95), tags);
    add(points, name + ".p99", Point.Type.GAUGE, quantile(spread.bounds(), more, all, 0.99), tags);
  }

  /** By a straight line through the bucket; of the one without end, where it begins. */
  private static double quantile(List<Double> bounds, long[] counts, long all, double quantile) {
    double rank = quantile * (double) all;
    double below = 0;
    double from = 0;
    for (int i = 0; i < counts.length; i++) {
      double to = bounds.get(i);
      if (counts[i] > 0 && below + counts[i] >= rank) {
        return Double.isInfinite(to) ? from : from + (to - from) * (rank - below) / counts[i];
      }
      below += (double) counts[i];
      from = to;
    }
    return from;
  }

  private static void add(
      List<Point> points, String name, Point.Type type, double value, List<String> tags) {
    if (Double.isFinite(value)) {
      points.add(new Point(name, type, value, tags));
    }
  }

  /** Prometheus' name in Datadog's order of things. */
  static String named(String name) {
    return "aegis." + (name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name);
  }

  private static String counted(String name) {
    String stem = name.endsWith(TOTAL) ? name.substring(0, name.length() - TOTAL.length()) : name;
    return stem + ".count";
  }

  private static List<String> tags(List<String> labels) {
    List<String> tags = new ArrayList<>(labels.size() / 2);
    for (int i = 0; i + 1 < labels.size(); i += 2) {
      tags.add(tag(labels.get(i), labels.get(i + 1)));
    }
    return tags;
  }

  /** A tag that is one tag to DogStatsD and to the intake, whatever the value holds. */
  static String tag(String name, String value) {
    StringBuilder tag = new StringBuilder(name).append(':');
    for (int i = 0; i < value.length() && tag.length() < LONGEST_TAG; i++) {
      char c = value.charAt(i);
      boolean breaks = c <= ' ' || c == ',' || c == '|' || c == '#' || Character.isSurrogate(c);
      tag.append(breaks ? '_' : c);
    }
    return tag.toString();
  }
}
