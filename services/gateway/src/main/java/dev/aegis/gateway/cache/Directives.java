package dev.aegis.gateway.cache;

import dev.aegis.gateway.http1.Head;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code Cache-Control} says (RFC 9111 section 5.2). A directive that names fields counts as
 * one for all of the message; one that cannot be read forbids everything. Seconds are -1 when they
 * are not said, and 0 when they are no number; of two, the lesser ones hold.
 */
record Directives(
    boolean noStore,
    boolean noCache,
    boolean ofOne,
    boolean ofAll,
    boolean mustRevalidate,
    boolean onlyIfCached,
    long maxAge,
    long sharedMaxAge,
    long minFresh) {
  private static final Directives NONE =
      new Directives(false, false, false, false, false, false, -1, -1, -1);
  private static final long MOST_SECONDS = Integer.MAX_VALUE;

  /** Those of a message; {@code Pragma} counts where there is nothing newer (section 5.4). */
  static Directives of(Head head) {
    String values = head.values("cache-control");
    if (values != null) {
      return of(values);
    }
    return head.mentions("pragma", "no-cache") ? of("no-cache") : NONE;
  }

  static Directives of(String values) {
    Reading reading = new Reading();
    int at = 0;
    while (at < values.length()) {
      int end = end(values, at);
      if (end < 0) {
        reading.noStore = true; // a quote without an end might hide anything
        break;
      }
      String directive = values.substring(at, end);
      int equals = directive.indexOf('=');
      String name = equals < 0 ? directive : directive.substring(0, equals);
      String argument = equals < 0 ? null : unquoted(directive.substring(equals + 1).strip());
      reading.meet(name.strip().toLowerCase(Locale.ROOT), argument);
      at = end + 1;
    }
    return reading.all();
  }

  /** Where the directive at {@code from} ends, -1 within a quoted string. */
  private static int end(String values, int from) {
    boolean quoted = false;
    for (int i = from; i < values.length(); i++) {
      char c = values.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        return i;
      }
    }
    return quoted ? -1 : values.length();
  }

  private static String unquoted(String argument) {
    boolean quoted = argument.length() > 1 && argument.startsWith("\"") && argument.endsWith("\"");
    return quoted ? argument.substring(1, argument.length() - 1) : argument;
  }

  /** Seconds (RFC 9111 section 1.2.2), 0 when they are none. */
  static long seconds(@Nullable String text) {
    if (text == null) {
      return 0;
    }
    long seconds = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return 0;
      }
      seconds = Math.min(MOST_SECONDS, seconds * 10 + digit);
    }
    return seconds;
  }

  private static final class Reading {
    private boolean noStore;
    private boolean noCache;
    private boolean ofOne;
    private boolean ofAll;
    private boolean mustRevalidate;
    private boolean onlyIfCached;
    private long maxAge = -1;
    private long sharedMaxAge = -1;
    private long minFresh = -1;

    void meet(String name, @Nullable String argument) {
      switch (name) {
        case "no-store" -> noStore = true;
        case "no-cache" -> noCache = true;
        case "private" -> ofOne = true;
        case "public" -> ofAll = true;
        case "must-revalidate" -> mustRevalidate = true;
        case "only-if-cached" -> onlyIfCached = true;
        case "max-age" -> maxAge = lesser(maxAge, argument);
        case "s-maxage" -> sharedMaxAge = lesser(sharedMaxAge, argument);
        case "min-fresh" -> minFresh = Math.max(minFresh, seconds(argument));
        default -> {} // others change nothing here, or are not known (section 5.2.3)
      }
    }

    private static long lesser(long known, @Nullable String argument) {
      long said = seconds(argument);
      return known < 0 ? said : Math.min(known, said);
    }

    Directives all() {
      return new Directives(
          noStore,
          noCache,
          ofOne,
          ofAll,
          mustRevalidate,
          onlyIfCached,
          maxAge,
          sharedMaxAge,
          minFresh);
    }
  }
}
