package dev.aegis.plugins.builtin;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Path templates of an OpenAPI document as a tree of their segments, and what each of them stands
 * for. A segment that is written out comes before one that is a parameter, and if it leads nowhere
 * the parameter is tried. A search enters no place of the tree twice, whatever the path, and reads
 * the path once.
 */
final class PathTemplates<V> {
  /** So deep a search goes on its thread's stack. */
  private static final int MOST_SEGMENTS = 100;

  private final Node<V> root = new Node<>();
  private int deepest;

  private static final class Node<V> {
    private final Map<String, Node<V>> written = new HashMap<>();
    private @Nullable Node<V> parameter;
    private @Nullable V value;
  }

  /**
   * What a path leads to.
   *
   * @param parameters texts of the segments that are parameters, in turn and as they came
   */
  record Match<V>(V value, List<String> parameters) {
    Match {
      parameters = List.copyOf(parameters);
    }
  }

  /**
   * Names of the parameters of a template, in turn.
   *
   * @throws IllegalArgumentException if it is none that is understood
   */
  static List<String> parameters(String template) {
    if (!template.startsWith("/")) {
      throw new IllegalArgumentException("must begin with /");
    }
    List<String> names = new ArrayList<>();
    String[] segments = template.substring(1).split("/", -1);
    if (segments.length > MOST_SEGMENTS) {
      throw new IllegalArgumentException("has more than " + MOST_SEGMENTS + " segments");
    }
    for (int i = 0; i < segments.length; i++) {
      String segment = segments[i];
      if (segment.isEmpty() && i < segments.length - 1) {
        throw new IllegalArgumentException("has an empty segment, which no path has here");
      }
      if (isParameter(segment)) {
        names.add(segment.substring(1, segment.length() - 1));
      } else if (segment.indexOf('{') >= 0 || segment.indexOf('}') >= 0) {
        throw new IllegalArgumentException(
            "has a parameter that is not a whole segment, which is not understood");
      } else {
        decoded(segment);
      }
    }
    Set<String> unlike = new HashSet<>(names);
    if (unlike.size() < names.size()) {
      throw new IllegalArgumentException("names a parameter twice");
    }
    return names;
  }

  /**
   * Puts a template into the tree, whose {@link #parameters} can be told.
   *
   * @return whether it can be told from those before it
   */
  boolean add(String template, V value) {
    Node<V> at = root;
    String[] segments = template.substring(1).split("/", -1);
    deepest = Math.max(deepest, segments.length);
    for (String segment : segments) {
      if (!isParameter(segment)) {
        at = at.written.computeIfAbsent(decoded(segment), _ -> new Node<>());
        continue;
      }
      Node<V> next = at.parameter;
      if (next == null) {
        next = new Node<>();
        at.parameter = next;
      }
      at = next;
    }
    boolean first = at.value == null;
    at.value = value;
    return first;
  }

  /**
   * What a canonical path leads to, null if that is nothing.
   *
   * @throws IllegalArgumentException if the path cannot be decoded
   */
  @Nullable Match<V> find(String path) {
    if (!path.startsWith("/")) {
      return null; // as * does, which is no path
    }
    List<String> came = List.of(path.substring(1).split("/", deepest + 1));
    if (came.size() > deepest) {
      return null;
    }
    List<String> decoded = new ArrayList<>(came.size());
    for (String segment : came) {
      decoded.add(decoded(segment));
    }
    return new Search<V>(came, decoded).from(root, 0);
  }

  /**
   * A search for one path.
   *
   * @param came its segments as they came
   * @param decoded the same, each decoded once for all of the places that it is looked up at
   * @param parameters segments that are parameters on the way to the place that is looked at
   */
  private record Search<V>(List<String> came, List<String> decoded, List<String> parameters) {
    Search(List<String> came, List<String> decoded) {
      this(came, decoded, new ArrayList<>());
    }

    @Nullable Match<V> from(Node<V> at, int segment) {
      if (segment == came.size()) {
        V value = at.value;
        return value == null ? null : new Match<>(value, parameters);
      }
      Node<V> written = at.written.get(decoded.get(segment));
      Match<V> found = written == null ? null : from(written, segment + 1);
      Node<V> parameter = at.parameter;
      if (found != null || parameter == null || came.get(segment).isEmpty()) {
        return found;
      }
      parameters.add(came.get(segment));
      found = from(parameter, segment + 1);
      parameters.removeLast();
      return found;
    }
  }

  private static boolean isParameter(String segment) {
    return segment.length() > 2
        && segment.startsWith("{")
        && segment.indexOf('}') == segment.length() - 1
        && segment.indexOf('{', 1) < 0;
  }

  /**
   * A segment without its percent-encoding, in which a plus sign is one.
   *
   * @throws IllegalArgumentException if it cannot be decoded
   */
  static String decoded(String segment) {
    return segment.indexOf('%') < 0
        ? segment
        : URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
