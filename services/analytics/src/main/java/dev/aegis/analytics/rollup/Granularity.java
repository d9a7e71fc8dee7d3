package dev.aegis.analytics.rollup;

import java.util.Locale;

/** The length of time that one cell, or one point of a series, covers; always aligned to UTC. */
public enum Granularity {
  /** 60 seconds, the finest that is kept. */
  MINUTE(1, 'm'),
  /** 60 minutes. */
  HOUR(60, 'h'),
  /** 24 hours, from midnight UTC. */
  DAY(24 * 60, 'd');

  private final int minutes;
  private final byte tag;

  Granularity(int minutes, char tag) {
    this.minutes = minutes;
    this.tag = (byte) tag;
  }

  /** Length in minutes. */
  public int minutes() {
    return minutes;
  }

  /** The name on the wire, such as {@code minute}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** First minute of the bucket that {@code minute} (minutes since 1970) falls in. */
  public long floor(long minute) {
    return minute - Math.floorMod(minute, minutes);
  }

  /** First bucket border at or after {@code minute}. */
  public long ceiling(long minute) {
    return floor(minute + minutes - 1);
  }

  /** First byte of the keys of cells of this length. */
  byte tag() {
    return tag;
  }
}
