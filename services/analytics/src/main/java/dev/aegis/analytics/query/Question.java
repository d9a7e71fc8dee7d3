package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Granularity;
import java.util.List;

/** The kinds of questions, and what each means where its parameters are silent. */
public enum Question {
  /** What happened over time. */
  SERIES,
  /** What was used, for metering: totals and points per tenant, no percentiles. */
  USAGE,
  /** Which groups had the most of something. */
  TOP;

  Granularity granularity() {
    return switch (this) {
      case SERIES, TOP -> Granularity.MINUTE;
      case USAGE -> Granularity.DAY;
    };
  }

  List<Dimension> groupBy() {
    return switch (this) {
      case SERIES -> List.of();
      case USAGE -> List.of(Dimension.TENANT);
      case TOP -> List.of(Dimension.ROUTE);
    };
  }

  List<Metric> metrics() {
    return switch (this) {
      case SERIES, TOP -> Metric.DEFAULT;
      case USAGE ->
          List.of(Metric.REQUESTS, Metric.ERRORS, Metric.BYTES, Metric.BYTES_IN, Metric.BYTES_OUT);
    };
  }
}
