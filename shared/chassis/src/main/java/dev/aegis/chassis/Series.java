package dev.aegis.chassis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One combination of labels of one metric, with what is measured there. */
final class Series {
  private static final String TENANT = "tenant";

  private final Source source;
  private final List<String> labels;
  private final byte[] text;
  private final @Nullable String tenant;
  private final boolean together;

  /** What the last look saw, and when it was something new. By who looks. */
  private long seen = -1;

  private long changedAt;

  /** Where the numbers are. */
  sealed interface Source permits Metrics.Counter, Metrics.Histogram, Kept, Shown {}

  /** A count that something else keeps. */
  record Kept(LongSupplier count) implements Source {}

  /** A value that goes up and down. */
  record Shown(Supplier<? extends Number> value) implements Source {}

  /**
   * @param labels label, value, label, value …
   */
  Series(Source source, List<String> labels) {
    this.source = source;
    this.labels = labels;
    this.text = ExpositionWriter.labels(labels);
    this.tenant = tenant(labels);
    this.together = together(labels);
  }

  static @Nullable String tenant(List<String> labels) {
    for (int i = 0; i < labels.size(); i += 2) {
      if (labels.get(i).equals(TENANT)) {
        return labels.get(i + 1);
      }
    }
    return null;
  }

  Source source() {
    return source;
  }

  List<String> labels() {
    return labels;
  }

  /** Its labels as they are written, without braces; not to be changed. */
  byte[] text() {
    return text;
  }

  /** The tenant that it is about, if it is about one, and is counted here. */
  @Nullable String tenant() {
    return source instanceof Metrics.Counter || source instanceof Metrics.Histogram ? tenant : null;
  }

  /**
   * Looks whether something was counted since the last look.
   *
   * @return since when nothing was
   */
  long look(long now) {
    long count =
        switch (source) {
          case Metrics.Counter counter -> counter.count();
          case Metrics.Histogram histogram -> histogram.count();
          case Kept _, Shown _ -> seen + 1;
        };
    if (count != seen) {
      seen = count;
      changedAt = now;
    }
    return changedAt;
  }

  /** Whether it is about a tenant and stands for itself alone, and counted nothing since. */
  boolean idleSince(long time) {
    return tenant() != null && !together && changedAt <= time;
  }

  /** Whether several are counted together here. */
  boolean together() {
    return together;
  }

  /** Whether labels are those of several that are counted together. */
  static boolean together(List<String> labels) {
    for (int i = 0; i < labels.size(); i += 2) {
      String label = labels.get(i);
      if (labels.get(i + 1).equals(Metrics.OTHER) && (label.equals(TENANT) || isName(label))) {
        return true;
      }
    }
    return false;
  }

  /**
   * The labels of the series in which this one is counted when there is no room for it. Histograms
   * keep the tenant, so that what is summed up by tenant stays right.
   */
  static List<String> together(List<String> labels, Family.Type type) {
    List<String> together = new ArrayList<>(labels);
    for (int i = 0; i < together.size(); i += 2) {
      String label = together.get(i);
      if (label.equals(TENANT) ? type != Family.Type.HISTOGRAM : isName(label)) {
        together.set(i + 1, Metrics.OTHER);
      }
    }
    return List.copyOf(together);
  }

  /** Whether users make up a label's values, so that there is no end of them. */
  private static boolean isName(String label) {
    return switch (label) {
      case "route", "upstream", "policy", "plugin" -> true;
      default -> false;
    };
  }
}
