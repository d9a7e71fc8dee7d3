package dev.aegis.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How claims of tokens are read (RFC 7519 section 4): strictly, the same everywhere. */
public final class Claims {
  /** Longest time in seconds that is an instant to every reader: the end of the year 9999. */
  public static final long MAX_TIME = 253_402_300_799L;

  private Claims() {}

  /** The claim of that name, or what the JSON Pointer leads to; missing when there is none. */
  public static JsonNode at(ObjectNode claims, String place) {
    return place.startsWith("/") ? claims.at(place) : claims.path(place);
  }

  /** NumericDate, which may have a fraction (RFC 7519 section 2). */
  public static @Nullable Instant time(JsonNode node) {
    if (!node.isNumber()) {
      return null;
    }
    double seconds = node.doubleValue();
    if (!(seconds >= 0 && seconds <= MAX_TIME)) {
      return null; // NaN and what is infinite, too
    }
    long whole = (long) seconds;
    return Instant.ofEpochSecond(whole, (long) ((seconds - whole) * 1e9));
  }

  /** Whether {@code aud} is a string or a list of strings (RFC 7519 section 4.1.3) with this. */
  public static boolean names(JsonNode audience, String wanted) {
    if (audience.isTextual()) {
      return audience.textValue().equals(wanted);
    }
    boolean named = false;
    for (JsonNode one : audience.isArray() ? audience : List.<JsonNode>of()) {
      if (!one.isTextual()) {
        return false;
      }
      named |= wanted.equals(one.textValue());
    }
    return named;
  }

  /**
   * What a claim is or lists: texts, and numbers and truth values as JSON writes them. Issuers give
   * claims many forms, and these go no further than here: one that is an object has no values.
   */
  public static List<String> values(JsonNode node) {
    List<String> values = new ArrayList<>();
    for (JsonNode one : node.isArray() ? node : List.of(node)) {
      if (one.isTextual() || one.isNumber() || one.isBoolean()) {
        values.add(one.asText());
      }
    }
    return values;
  }

  /**
   * Whether it is of visible ASCII characters and spaces: then it ends no line of a header or log.
   */
  public static boolean printable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~') {
        return false;
      }
    }
    return true;
  }
}
