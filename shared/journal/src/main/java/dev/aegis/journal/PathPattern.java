package dev.aegis.journal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The syntax of path patterns in routes and permissions: literal segments, {@code *} for exactly
 * one segment, and {@code **} as the last segment for any number of them, none included.
 *
 * <p>{@code /api/**} therefore matches {@code /api}, {@code /api/} and {@code /api/a/b}.
 */
public final class PathPattern {
  private PathPattern() {}

  /** What is wrong with {@code pattern}, or null when it is one. */
  public static @Nullable String violation(String pattern) {
    if (!pattern.startsWith("/")) {
      return "must begin with '/'";
    }
    if (pattern.length() > 1_024) {
      return "must be at most 1024 characters";
    }
    String[] segments = pattern.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      String segment = segments[i];
      if (segment.equals("**") && i != segments.length - 1) {
        return "may have '**' only as its last segment";
      }
      if (segment.contains("*") && !segment.equals("*") && !segment.equals("**")) {
        return "may have '*' only as a whole segment";
      }
      if (segment.equals(".") || segment.equals("..")) {
        return "must not have '.' or '..' segments: paths are normalised before they are matched";
      }
      if (segment.isEmpty() && i != segments.length - 1) {
        return "must not have empty segments: paths are normalised before they are matched";
      }
      for (int c = 0; c < segment.length(); c++) {
        char letter = segment.charAt(c);
        if (letter <= ' ' || letter >= 0x7f || letter == '?' || letter == '#') {
          return "must hold visible ASCII without '?' and '#'; percent-encode the rest";
        }
      }
    }
    return null;
  }

  /** How many {@code *} a pattern has. */
  static int places(String pattern) {
    int places = 0;
    for (String segment : pattern.split("/", -1)) {
      places += segment.equals("*") ? 1 : 0;
    }
    return places;
  }

  static List<String> read(Fields fields, String name) {
    List<String> patterns = fields.texts(name);
    if (patterns.isEmpty() && fields.absent(name)) {
      fields.reject(name, "is required");
    } else if (patterns.isEmpty()) {
      fields.reject(name, "must hold at least one path pattern");
    }
    for (String pattern : patterns) {
      String violation = violation(pattern);
      if (violation != null) {
        fields.reject(name, "\"" + pattern + "\" " + violation);
      }
    }
    return patterns;
  }
}
