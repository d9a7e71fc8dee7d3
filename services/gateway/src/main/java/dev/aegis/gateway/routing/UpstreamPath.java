package dev.aegis.gateway.routing;

import dev.aegis.journal.Rewrite;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which path an upstream gets for a request's canonical one: the compiled form of a route's {@code
 * strip_prefix} and {@code rewrite}. Canonical again, since it is put together from whole segments.
 */
public interface UpstreamPath {
  /** The path that the upstream gets. */
  String of(String path);

  /**
   * Compiles.
   *
   * @param stripPrefix literal prefix taken off first, or null
   * @param patterns of the route
   */
  static UpstreamPath of(@Nullable String stripPrefix, Rewrite rewrite, List<String> patterns) {
    return switch (rewrite) {
      case Rewrite.None() ->
          stripPrefix == null ? path -> path : path -> rooted(stripped(path, stripPrefix));
      case Rewrite.Prefix(String prefix) ->
          path -> prefix + (stripPrefix == null ? path : stripped(path, stripPrefix));
      case Rewrite.Path(String template) -> {
        // The table tries the patterns of a route in this order, so the first is the one it found.
        List<CompiledPath> sorted = CompiledPath.all(patterns).stream().sorted().toList();
        String[] segments = template.substring(1).split("/", -1);
        yield path -> filled(path, sorted, segments);
      }
    };
  }

  /** At a segment border only; {@code ""} when nothing is left. */
  private static String stripped(String path, String prefix) {
    boolean whole = path.length() == prefix.length() || path.startsWith("/", prefix.length());
    return whole && path.startsWith(prefix) ? path.substring(prefix.length()) : path;
  }

  private static String rooted(String path) {
    return path.isEmpty() ? "/" : path;
  }

  private static String filled(String path, List<CompiledPath> patterns, String[] segments) {
    for (CompiledPath pattern : patterns) {
      if (!pattern.matches(path)) {
        continue;
      }
      StringBuilder filled = new StringBuilder(path.length() + 32);
      for (String segment : segments) {
        int number = Rewrite.number(segment);
        if (segment.equals(Rewrite.REST)) {
          filled.append(pattern.rest(path));
        } else {
          filled.append('/').append(number == 0 ? segment : pattern.any(path, number));
        }
      }
      return rooted(filled.toString());
    }
    return path; // only a route without patterns could come here
  }
}
