package dev.aegis.events;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes points in time as RFC 3339 section 5.6, in UTC, without the formatter's objects: every
 * event carries two of them.
 */
public final class Rfc3339 {
  private static final int SECONDS_PER_DAY = 86_400;

  private Rfc3339() {}

  /** The bytes of a time in milliseconds since 1970, such as {@code 2026-01-02T03:04:05.678Z}. */
  public static byte[] ofMillis(long epochMillis) {
    byte[] text = new byte[27];
    int end =
        write(
            text,
            0,
            Math.floorDiv(epochMillis, 1_000L),
            (int) Math.floorMod(epochMillis, 1_000L) * 1_000_000);
    text[end - 4] = 'Z';
    return Arrays.copyOf(text, end - 3);
  }

  /** The text of {@link #ofMillis}. */
  public static String textOfMillis(long epochMillis) {
    return new String(ofMillis(epochMillis), StandardCharsets.US_ASCII);
  }

  /**
   * Writes 27 bytes, such as {@code 2026-01-02T03:04:05.678901Z}.
   *
   * @return where the text ends
   */
  static int write(byte[] out, int start, long epochSecond, int nano) {
    long day = Math.floorDiv(epochSecond, (long) SECONDS_PER_DAY);
    int second = (int) Math.floorMod(epochSecond, (long) SECONDS_PER_DAY);
    // Days to year, month and day in the proleptic Gregorian calendar, counted from 0000-03-01 so
    // that the leap day is a year's last.
    long shifted = day + 719_468;
    long era = Math.floorDiv(shifted, 146_097L);
    int dayOfEra = (int) (shifted - era * 146_097);
    int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int monthFromMarch = (5 * dayOfYear + 2) / 153;
    int dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
    int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
    int year = (int) (yearOfEra + era * 400) + (month <= 2 ? 1 : 0);
    if (year < 0 || year > 9_999) {
      throw new IllegalArgumentException("RFC 3339 has years 0 to 9999, not " + year);
    }
    int at = digits(out, start, year, 4);
    out[at++] = '-';
    at = digits(out, at, month, 2);
    out[at++] = '-';
    at = digits(out, at, dayOfMonth, 2);
    out[at++] = 'T';
    at = digits(out, at, second / 3_600, 2);
    out[at++] = ':';
    at = digits(out, at, second / 60 % 60, 2);
    out[at++] = ':';
    at = digits(out, at, second % 60, 2);
    out[at++] = '.';
    at = digits(out, at, nano / 1_000, 6);
    out[at++] = 'Z';
    return at;
  }

  private static int digits(byte[] out, int start, int value, int count) {
    int left = value;
    for (int at = start + count - 1; at >= start; at--) {
      out[at] = (byte) ('0' + left % 10);
      left /= 10;
    }
    return start + count;
  }
}
