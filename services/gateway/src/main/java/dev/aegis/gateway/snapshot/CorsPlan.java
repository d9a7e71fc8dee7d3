package dev.aegis.gateway.snapshot;

import dev.aegis.journal.Cors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which pages of other origins may use a route, compiled (Fetch standard, section "CORS protocol").
 */
public final class CorsPlan {
  /** What an upstream says about it itself does not go on beside Aegis' own word. */
  static final List<String> FIELDS =
      List.of(
          "Access-Control-Allow-Origin",
          "Access-Control-Allow-Credentials",
          "Access-Control-Allow-Methods",
          "Access-Control-Allow-Headers",
          "Access-Control-Allow-Private-Network",
          "Access-Control-Expose-Headers",
          "Access-Control-Max-Age");

  private static final String USUAL_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

  private final boolean any;
  private final Set<String> exact = new HashSet<>();
  private final List<Below> below = new ArrayList<>();
  private final boolean credentials;
  private final String methods;
  private final String headers;
  private final String expose;
  private final String maxAge;

  /**
   * All hosts below one.
   *
   * @param start scheme and {@code ://}
   * @param end the host with a dot before it, and the port
   */
  private record Below(String start, String end) {
    boolean matches(String origin) {
      int last = origin.length() - end.length();
      if (last <= start.length() || !origin.startsWith(start) || !origin.endsWith(end)) {
        return false;
      }
      char before = '.';
      for (int i = start.length(); i < last; i++) {
        char c = origin.charAt(i);
        boolean plain = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_';
        if (!plain && (c != '.' || before == '.')) {
          return false;
        }
        before = c;
      }
      return before != '.';
    }
  }

  private CorsPlan(Cors cors, Set<String> ofRoute) {
    this.any = cors.origins().contains(Cors.ANY);
    for (String origin : cors.origins()) {
      int star = origin.indexOf("://*.");
      if (star < 0) {
        exact.add(origin);
      } else {
        below.add(new Below(origin.substring(0, star + 3), origin.substring(star + 4)));
      }
    }
    this.credentials = cors.credentials();
    Set<String> named = new TreeSet<>(cors.methods().isEmpty() ? ofRoute : cors.methods());
    this.methods = named.isEmpty() ? USUAL_METHODS : String.join(", ", named);
    this.headers = String.join(", ", cors.headers());
    this.expose = String.join(", ", cors.expose());
    this.maxAge = Long.toString(cors.maxAge().toSeconds());
  }

  /**
   * Compiles.
   *
   * @param ofRoute methods of the route, empty for all
   */
  static @Nullable CorsPlan of(@Nullable Cors cors, Set<String> ofRoute) {
    return cors == null ? null : new CorsPlan(cors, ofRoute);
  }

  /** What a reply says to pages of {@code origin}: it, {@code *}, or null for nothing. */
  public @Nullable String allowed(String origin) {
    if (any) {
      return Cors.ANY;
    }
    if (exact.contains(origin)) {
      return origin;
    }
    for (Below each : below) {
      if (each.matches(origin)) {
        return origin;
      }
    }
    return null;
  }

  /** Whether cookies and the like are sent. */
  public boolean credentials() {
    return credentials;
  }

  /** Methods that pages may use, as a list in one line. */
  public String methods() {
    return methods;
  }

  /** Fields that pages may send, as a list in one line; {@code ""} for those they ask for. */
  public String headers() {
    return headers;
  }

  /** Fields of replies that pages may read, as a list in one line; {@code ""} for no more. */
  public String expose() {
    return expose;
  }

  /** Seconds for which a browser need not ask again. */
  public String maxAge() {
    return maxAge;
  }
}
