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
 * the parameter is tried. A search enters no place of the tree twice, whatever the path.
 */
final class PathTemplates<V> {
  private final Node<V> root = new Node<>();

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
    for (String segment : template.substring(1).split("/", -1)) {
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
    return find(root, path, 1, new ArrayList<>());
  }

  private static <V> @Nullable Match<V> find(
      Node<V> at, String path, int from, List<String> parameters) {
    if (from > path.length()) {
      V value = at.value;
      return value == null ? null : new Match<>(value, parameters);
    }
    int slash = path.indexOf('/', from);
    int end = slash < 0 ? path.length() : slash;
    String segment = path.substring(from, end);
    Node<V> written = at.written.isEmpty() ? null : at.written.get(decoded(segment));
    Match<V> found = written == null ? null : find(written, path, end + 1, parameters);
    Node<V> parameter = at.parameter;
    if (found != null || parameter == null || segment.isEmpty()) {
      return found;
    }
    parameters.add(segment);
    found = find(parameter, path, end + 1, parameters);
    parameters.removeLast();
    return found;
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
