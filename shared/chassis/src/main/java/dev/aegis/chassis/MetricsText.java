package dev.aegis.chassis;

import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.Meter;
import io.helidon.metrics.api.Tag;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/** Writes meters in Prometheus' text format 0.0.4. */
final class MetricsText {
  /** Families by name, each with its head and its samples. */
  private final Map<String, StringBuilder> families = new TreeMap<>();

  private MetricsText() {}

  static String of(Iterable<Meter> meters, Collection<Metrics.Histogram> histograms) {
    MetricsText text = new MetricsText();
    meters.forEach(text::meter);
    histograms.forEach(text::histogram);
    StringBuilder all = new StringBuilder(16 << 10);
    text.families.values().forEach(all::append);
    return all.toString();
  }

  private void meter(Meter meter) {
    String name = meter.id().name();
    String value =
        switch (meter) {
          case FunctionalCounter counter -> Long.toString(counter.count());
          case Gauge<?> gauge -> number(gauge.value().doubleValue());
          default -> throw new IllegalStateException("No such meter is ever made: " + name);
        };
    // The processor time is a fraction, which Helidon's counters cannot hold.
    boolean counts = meter instanceof FunctionalCounter || name.endsWith("_total");
    StringBuilder out = family(name, counts ? "counter" : "gauge", meter.description().orElse(""));
    sample(out, name, labels(meter.id().tags()), value);
  }

  private void histogram(Metrics.Histogram histogram) {
    String name = histogram.name();
    StringBuilder out = family(name, "histogram", histogram.help());
    String labels = labels(histogram.labels());
    String bounded = labels.isEmpty() ? "" : labels + ",";
    long count = 0;
    for (int i = 0; i < histogram.buckets(); i++) {
      count += histogram.count(i);
      sample(
          out,
          name + "_bucket",
          bounded + "le=\"" + number(histogram.bound(i)) + "\"",
          Long.toString(count));
    }
    sample(out, name + "_sum", labels, number(histogram.sumSeconds()));
    sample(out, name + "_count", labels, Long.toString(count));
  }

  private StringBuilder family(String name, String type, String help) {
    return families.computeIfAbsent(
        name,
        _ -> {
          StringBuilder head = new StringBuilder(256);
          if (!help.isEmpty()) {
            head.append("# HELP ").append(name).append(' ').append(escaped(help)).append('\n');
          }
          return head.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        });
  }

  private static void sample(StringBuilder out, String name, String labels, String value) {
    out.append(name);
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ').append(value).append('\n');
  }

  private static String labels(Iterable<Tag> tags) {
    StringBuilder labels = new StringBuilder();
    for (Tag tag : tags) {
      if (!tag.key().equals(Metrics.INSTANCE) && !tag.key().equals(Metrics.SCOPE)) {
        labels.append(labels.isEmpty() ? "" : ",").append(tag.key()).append("=\"");
        labels.append(escaped(tag.value()).replace("\"", "\\\"")).append('"');
      }
    }
    return labels.toString();
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\n", "\\n");
  }

  /** Whole numbers without a fraction, others as {@link Double#toString} has them. */
  private static String number(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    return Double.toString(value);
  }
}
