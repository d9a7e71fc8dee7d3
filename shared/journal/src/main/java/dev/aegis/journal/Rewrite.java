package dev.aegis.journal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What becomes of a request's path before an upstream gets it. */
public sealed interface Rewrite {
  /** It stays, or what {@code strip_prefix} leaves of it. */
  record None() implements Rewrite {}

  /**
   * Another path stands in its place.
   *
   * @param template segments of which each is literal, {@code {1}}, {@code {2}} and so on for what
   *     the pattern's {@code *} stood for, or {@code {rest}} at the end for what its {@code **} did
   */
  record Path(String template) implements Rewrite {}

  /**
   * Something is put in front of it, and of what {@code strip_prefix} leaves of it.
   *
   * @param prefix a literal path that does not end in {@code /}
   */
  record Prefix(String prefix) implements Rewrite {}

  /** Segment that stands for what {@code **} matched. */
  String REST = "{rest}";

  /** Reads {@code rewrite}. */
  static Rewrite read(Fields fields, List<String> patterns) {
    if (fields.absent("rewrite")) {
      return fields.object("rewrite", none -> new None());
    }
    boolean strips = !fields.absent("strip_prefix");
    return fields.object(
        "rewrite",
        rewrite -> {
          String path = rewrite.optionalText("path");
          String prefix = rewrite.optionalText("prefix");
          if (path == null == (prefix == null)) {
            rewrite.reject("path", "either \"path\" or \"prefix\" is required, not both");
          } else if (path != null && strips) {
            rewrite.reject("path", "replaces the whole path: \"strip_prefix\" would mean nothing");
          } else if (path != null) {
            String wrong = templateViolation(path, patterns);
            if (wrong != null) {
              rewrite.reject("path", wrong);
            }
          } else if (prefix != null && (!literal(prefix) || prefix.endsWith("/"))) {
            rewrite.reject("prefix", "must be a literal path such as /v2, not ending in '/'");
          }
          return path != null ? new Path(path) : new Prefix(prefix == null ? "" : prefix);
        });
  }

  /**
   * Number of the {@code *} that a segment of a template stands for, from 1; 0 for other segments.
   */
  static int number(String segment) {
    if (segment.length() == 3 && segment.charAt(0) == '{' && segment.charAt(2) == '}') {
      char digit = segment.charAt(1);
      return digit >= '1' && digit <= '9' ? digit - '0' : 0;
    }
    return 0;
  }

  private static @Nullable String templateViolation(String template, List<String> patterns) {
    if (!template.startsWith("/") || template.length() > 1_024) {
      return "must begin with '/' and have at most 1024 characters";
    }
    String[] segments = template.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      String segment = segments[i];
      boolean last = i == segments.length - 1;
      int number = number(segment);
      boolean rest = segment.equals(REST);
      if (rest && !last) {
        return "may have {rest} only as its last segment";
      }
      if (number == 0 && !rest && !(segment.isEmpty() && last) && !literalSegment(segment)) {
        return "must have segments that are literal, {1} to {9} for a '*', or {rest} for the '**'";
      }
      for (String pattern : patterns) {
        if (number > stars(pattern) || rest && !pattern.endsWith("/**")) {
          return "has " + segment + ", which the pattern \"" + pattern + "\" does not have";
        }
      }
    }
    return null;
  }

  private static int stars(String pattern) {
    int stars = 0;
    for (String segment : pattern.split("/", -1)) {
      stars += segment.equals("*") ? 1 : 0;
    }
    return stars;
  }

  /** Whether it is a canonical path that has only one spelling. */
  private static boolean literal(String path) {
    if (!path.startsWith("/") || path.length() > 1_024) {
      return false;
    }
    for (String segment : path.substring(1).split("/", -1)) {
      if (!literalSegment(segment)) {
        return false;
      }
    }
    return true;
  }

  /** Characters of RFC 3986 section 3.3 that need no encoding, but no dot segment of any kind. */
  private static boolean literalSegment(String segment) {
    if (segment.isEmpty()
        || segment.equals(".")
        || segment.equals("..")
        || segment.startsWith(".;")
        || segment.startsWith("..;")) {
      return false;
    }
    for (int i = 0; i < segment.length(); i++) {
      char c = segment.charAt(i);
      boolean plain = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
      if (!plain && "-._~!$&'()*+,;=:@".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }
}
