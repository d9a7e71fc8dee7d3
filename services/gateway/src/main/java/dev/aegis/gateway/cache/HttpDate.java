package dev.aegis.gateway.cache;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A time in one of the three forms of RFC 9110 section 5.6.7. */
final class HttpDate {
  private static final DateTimeFormatter USUAL =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter ASCTIME =
      DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private HttpDate() {}

  /**
   * The time that {@code text} says, null when it says none.
   *
   * @param now a year of two digits is at most 50 years behind it
   */
  static @Nullable Instant parse(@Nullable String text, Instant now) {
    if (text == null) {
      return null;
    }
    int comma = text.indexOf(',');
    try {
      DateTimeFormatter form = comma < 0 ? ASCTIME : comma == 3 ? USUAL : weekday(now);
      return form.parse(text, Instant::from);
    } catch (DateTimeException e) {
      return null; // which is what the caller is told
    }
  }

  static String text(Instant time) {
    return USUAL.format(time);
  }

  private static DateTimeFormatter weekday(Instant now) {
    int first = ZonedDateTime.ofInstant(now, ZoneOffset.UTC).getYear() - 49;
    return new DateTimeFormatterBuilder()
        .appendPattern("EEEE, dd-MMM-")
        .appendValueReduced(ChronoField.YEAR, 2, 2, first)
        .appendPattern(" HH:mm:ss 'GMT'")
        .toFormatter(Locale.ENGLISH)
        .withZone(ZoneOffset.UTC);
  }
}
