package dev.aegis.chassis;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** All series of one metric. Anyone may read while one who holds the metrics' lock adds. */
final class Family {
  private final String name;
  private final byte[] nameText;
  private final Type type;
  private final String help;
  private final Map<List<String>, Series> series = new ConcurrentHashMap<>();
  private int named;

  /** What a metric is, in both formats. */
  enum Type {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  Family(String name, Type type, String help) {
    this.name = name;
    this.nameText = name.getBytes(StandardCharsets.UTF_8);
    this.type = type;
    this.help = help;
  }

  String name() {
    return name;
  }

  byte[] nameText() {
    return nameText;
  }

  Type type() {
    return type;
  }

  String help() {
    return help;
  }

  /** By labels. */
  Map<List<String>, Series> series() {
    return series;
  }

  /** Adds a series. By the lock. */
  void add(Series added) {
    series.put(added.labels(), added);
    if (!added.together()) {
      named++;
    }
  }

  /** Takes a series out. By the lock. */
  void remove(Series removed) {
    if (series.remove(removed.labels(), removed) && !removed.together()) {
      named--;
    }
  }

  /** How many series are of one thing each, and not of several that are counted together. */
  int named() {
    return named;
  }
}
