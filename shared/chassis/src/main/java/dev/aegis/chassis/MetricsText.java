package dev.aegis.chassis;

import io.helidon.metrics.api.Bucket;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.HistogramSnapshot;
import io.helidon.metrics.api.Meter;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes meters in Prometheus' text format 0.0.4. */
final class MetricsText {
  private final StringBuilder out = new StringBuilder(16 << 10);

  private MetricsText() {}

  static String of(Iterable<Meter> meters) {
    Map<String, List<Meter>> families = new TreeMap<>();
    for (Meter meter : meters) {
      families.computeIfAbsent(meter.id().name(), _ -> new ArrayList<>()).add(meter);
    }
    MetricsText text = new MetricsText();
    families.forEach(text::family);
    return text.out.toString();
  }

  private void family(String name, List<Meter> meters) {
    Meter first = meters.getFirst();
    first
        .description()
        .ifPresent(
            help -> out.append("# HELP ").append(name).append(' ').append(help(help)).append('\n'));
    out.append("# TYPE ").append(name).append(' ').append(type(first)).append('\n');
    for (Meter meter : meters) {
      String labels = labels(meter);
      switch (meter) {
        case Counter counter -> sample(name, "", labels, null, Long.toString(counter.count()));
        case FunctionalCounter counter ->
            sample(name, "", labels, null, Long.toString(counter.count()));
        case Timer timer -> histogram(name, labels, timer);
        case Gauge<?> gauge -> sample(name, "", labels, null, number(gauge.value().doubleValue()));
        default ->
            throw new IllegalStateException("No such meter is ever made: " + meter.id().name());
      }
    }
  }

  private static String type(Meter meter) {
    return switch (meter) {
      case Timer _ -> "histogram";
      case Gauge<?> _ -> "gauge";
      default -> "counter";
    };
  }

  private void histogram(String name, String labels, Timer timer) {
    HistogramSnapshot snapshot = timer.snapshot();
    long highest = 0;
    for (Bucket bucket : snapshot.histogramCounts()) {
      double bound = bucket.boundary(TimeUnit.NANOSECONDS) / 1e9;
      highest = Math.max(highest, bucket.count());
      sample(name, "_bucket", labels, number(bound), Long.toString(bucket.count()));
    }
    // A sample may have come between the buckets and the count; the infinite bucket is never less.
    long count = Math.max(highest, timer.count());
    sample(name, "_bucket", labels, "+Inf", Long.toString(count));
    sample(name, "_sum", labels, null, number(timer.totalTime(TimeUnit.NANOSECONDS) / 1e9));
    sample(name, "_count", labels, null, Long.toString(count));
  }

  private void sample(
      String name, String suffix, String labels, @Nullable String bound, String value) {
    out.append(name).append(suffix);
    if (bound != null) {
      out.append('{').append(labels).append(labels.isEmpty() ? "" : ",");
      out.append("le=\"").append(bound).append("\"}");
    } else if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ').append(value).append('\n');
  }

  private static String labels(Meter meter) {
    StringBuilder labels = new StringBuilder();
    for (Tag tag : meter.id().tags()) {
      if (!tag.key().equals(Metrics.INSTANCE) && !tag.key().equals("scope")) {
        labels.append(labels.isEmpty() ? "" : ",").append(tag.key()).append("=\"");
        escape(labels, tag.value());
        labels.append('"');
      }
    }
    return labels.toString();
  }

  private static void escape(StringBuilder labels, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\\' -> labels.append("\\\\");
        case '"' -> labels.append("\\\"");
        case '\n' -> labels.append("\\n");
        default -> labels.append(c);
      }
    }
  }

  private static String help(String text) {
    return text.replace("\\", "\\\\").replace("\n", "\\n");
  }

  /** Whole numbers without a fraction, others as {@link Double#toString} has them. */
  private static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return Double.toString(value);
  }
}
