package dev.aegis.chassis;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads spans of time and numbers of bytes as people write them. */
public final class Quantities {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,15})(ms|s|m|h|d)");
  private static final Pattern BYTES = Pattern.compile("(\\d{1,18})(|k|m|g)b?");

  private Quantities() {}

  /**
   * Reads a span of time such as {@code 250ms}, {@code 5s}, {@code 10m}, {@code 1h}, {@code 7d}, or
   * ISO 8601 such as {@code PT5S}.
   *
   * @throws IllegalArgumentException when it is not one; the message does not repeat the text
   */
  public static Duration duration(String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    Matcher matcher = DURATION.matcher(lower);
    try {
      if (matcher.matches()) {
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(number);
          case "s" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMinutes(number);
          case "h" -> Duration.ofHours(number);
          default -> Duration.ofDays(number);
        };
      }
      if (lower.startsWith("p")) {
        Duration parsed = Duration.parse(lower);
        if (!parsed.isNegative()) {
          return parsed;
        }
      }
    } catch (DateTimeException | ArithmeticException e) {
      // Said below.
    }
    throw new IllegalArgumentException("must be a span of time such as 250ms, 5s, 10m, 1h or 7d");
  }

  /**
   * Reads a number of bytes such as {@code 65536}, {@code 64k}, {@code 10m} or {@code 1g}, in units
   * of 1024.
   *
   * @throws IllegalArgumentException when it is not one; the message does not repeat the text
   */
  public static long bytes(String text) {
    Matcher matcher = BYTES.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (matcher.matches()) {
      int shift =
          switch (matcher.group(2)) {
            case "k" -> 10;
            case "m" -> 20;
            case "g" -> 30;
            default -> 0;
          };
      long number = Long.parseLong(matcher.group(1));
      if (number <= Long.MAX_VALUE >> shift) {
        return number << shift;
      }
    }
    throw new IllegalArgumentException("must be a number of bytes such as 65536, 64k, 10m or 1g");
  }

  static String durationText(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1000 != 0 || millis == 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    if (seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  static String bytesText(long bytes) {
    if (bytes > 0 && bytes % (1L << 30) == 0) {
      return (bytes >> 30) + "g";
    }
    if (bytes > 0 && bytes % (1L << 20) == 0) {
      return (bytes >> 20) + "m";
    }
    return bytes > 0 && bytes % 1024 == 0 ? (bytes >> 10) + "k" : String.valueOf(bytes);
  }
}
