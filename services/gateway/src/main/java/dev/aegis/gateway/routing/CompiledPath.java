package dev.aegis.gateway.routing;

import dev.aegis.journal.PathPattern;
import java.util.Arrays;
import java.util.List;

/**
 * A path pattern ready to be matched against canonical paths, see {@link PathPattern} for the
 * syntax. Compares segment by segment in place; makes no object.
 */
public final class CompiledPath implements Comparable<CompiledPath> {
  private static final String ANY = "*";

  private final String text;
  private final String[] segments;
  private final boolean open;

  private CompiledPath(String text, String[] segments, boolean open) {
    this.text = text;
    this.segments = segments;
    this.open = open;
  }

  /**
   * Compiles a pattern.
   *
   * @param pattern one without {@link PathPattern#violation}
   */
  public static CompiledPath of(String pattern) {
    String[] segments = pattern.substring(1).split("/", -1);
    boolean open = segments[segments.length - 1].equals("**");
    return new CompiledPath(
        pattern, open ? Arrays.copyOf(segments, segments.length - 1) : segments, open);
  }

  /** Compiles several. */
  public static List<CompiledPath> all(List<String> patterns) {
    return patterns.stream().map(CompiledPath::of).toList();
  }

  /** Whether this pattern matches a canonical path. */
  public boolean matches(String path) {
    int at = 1;
    int length = path.length();
    for (String segment : segments) {
      if (at > length) {
        return false;
      }
      int slash = path.indexOf('/', at);
      int end = slash < 0 ? length : slash;
      boolean same =
          segment.equals(ANY)
              ? end > at
              : end - at == segment.length() && path.startsWith(segment, at);
      if (!same) {
        return false;
      }
      at = end + 1;
    }
    return open || at > length;
  }

  /**
   * What the {@code number}th {@code *} of this pattern stands for in a path that it matches.
   *
   * @param number from 1 to as many as there are
   */
  String any(String path, int number) {
    int at = 1;
    int left = number;
    for (String segment : segments) {
      int slash = path.indexOf('/', at);
      int end = slash < 0 ? path.length() : slash;
      if (segment.equals(ANY) && --left == 0) {
        return path.substring(at, end);
      }
      at = end + 1;
    }
    throw new IllegalArgumentException(text + " has no " + number);
  }

  /** What the {@code **} stands for, with the slash before it; {@code ""} when nothing is there. */
  String rest(String path) {
    int at = 1;
    for (int i = 0; i < segments.length; i++) {
      int slash = path.indexOf('/', at);
      at = (slash < 0 ? path.length() : slash) + 1;
    }
    return at > path.length() ? "" : path.substring(at - 1);
  }

  /** The more specific pattern first: literal segments before {@code *} before {@code **}. */
  @Override
  public int compareTo(CompiledPath other) {
    int shorter = Math.min(segments.length, other.segments.length);
    for (int i = 0; i < shorter; i++) {
      boolean any = segments[i].equals(ANY);
      if (any != other.segments[i].equals(ANY)) {
        return any ? 1 : -1;
      }
    }
    if (segments.length != other.segments.length) {
      return other.segments.length - segments.length;
    }
    return open == other.open ? text.compareTo(other.text) : open ? 1 : -1;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CompiledPath path && path.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
