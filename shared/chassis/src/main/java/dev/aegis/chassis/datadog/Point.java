package dev.aegis.chassis.datadog;

import java.util.List;

/**
 * What one series is at one time, as Datadog names it.
 *
 * @param metric such as {@code aegis.requests.count}
 * @param tags of the series alone, as {@code name:value}
 */
record Point(String metric, Type type, double value, List<String> tags) {
  /** What a value says; the numbers are those of Datadog's series of version 2. */
  enum Type {
    /** How many since the point before. */
    COUNT(1, "c"),
    /** How much now. */
    GAUGE(3, "g");

    private final int number;
    private final String statsd;

    Type(int number, String statsd) {
      this.number = number;
      this.statsd = statsd;
    }

    int number() {
      return number;
    }

    String statsd() {
      return statsd;
    }
  }

  Point {
    tags = List.copyOf(tags);
  }
}
