package dev.aegis.admin.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the operation for a method and a path. A literal segment wins over a parameter, and a path
 * that exists for other methods is told apart from one that does not exist.
 */
final class Router {
  private final List<Operation> operations;

  Router(List<Operation> operations) {
    this.operations = List.copyOf(operations);
  }

  List<Operation> operations() {
    return operations;
  }

  /** What a path leads to. */
  sealed interface Match {
    /** An operation, with the values of its parameters. */
    record Found(Operation operation, Map<String, String> segments) implements Match {}

    /** Operations of these methods only. */
    record OtherMethods(SequencedSet<String> allowed) implements Match {}

    /** Nothing. */
    record Nothing() implements Match {}
  }

  /**
   * @param segments decoded, without the leading slash
   */
  Match match(String method, List<String> segments) {
    Operation best = null;
    TreeSet<String> allowed = new TreeSet<>();
    int mostLiteral = -1;
    List<Operation> candidates = new ArrayList<>();
    for (Operation operation : operations) {
      int literal = literals(operation.pattern(), segments);
      if (literal > mostLiteral) {
        candidates.clear();
        mostLiteral = literal;
      }
      if (literal >= 0 && literal == mostLiteral) {
        candidates.add(operation);
      }
    }
    for (Operation operation : candidates) {
      allowed.add(operation.method());
      if (operation.method().equals(method)) {
        best = operation;
      }
    }
    if (best != null) {
      return new Match.Found(best, parameters(best.pattern(), segments));
    }
    return allowed.isEmpty() ? new Match.Nothing() : new Match.OtherMethods(allowed);
  }

  /** How many segments match literally, -1 when the path is another. */
  private static int literals(List<String> pattern, List<String> segments) {
    if (pattern.size() != segments.size()) {
      return -1;
    }
    int literals = 0;
    for (int i = 0; i < pattern.size(); i++) {
      if (parameter(pattern.get(i)) != null) {
        continue;
      }
      if (!pattern.get(i).equals(segments.get(i))) {
        return -1;
      }
      literals++;
    }
    return literals;
  }

  private static Map<String, String> parameters(List<String> pattern, List<String> segments) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < pattern.size(); i++) {
      String name = parameter(pattern.get(i));
      if (name != null) {
        values.put(name, segments.get(i));
      }
    }
    return values;
  }

  private static @Nullable String parameter(String segment) {
    return segment.startsWith("{") ? segment.substring(1, segment.length() - 1) : null;
  }
}
