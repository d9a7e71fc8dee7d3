package dev.aegis.plugins.builtin;

import dev.aegis.plugins.builtin.PathTemplates.Match;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** An OpenAPI document as requests are held against it: operations by path and method. */
final class OpenApiDocument {
  private final String basePath;
  private final PathTemplates<Map<String, ApiOperation>> paths;

  /**
   * @param basePath what paths begin with that the document leaves out
   * @param paths operations by method, which is in upper case
   */
  OpenApiDocument(String basePath, PathTemplates<Map<String, ApiOperation>> paths) {
    this.basePath = basePath;
    this.paths = paths;
  }

  /** What the document has for a request. */
  sealed interface Found {}

  /** Nothing. */
  enum Unknown implements Found {
    /** The one. */
    UNKNOWN
  }

  /**
   * Its path, but with other methods.
   *
   * @param allowed these, with a comma between them
   */
  record OtherMethods(String allowed) implements Found {}

  /** An operation, and what the path says its parameters are. */
  record Operation(ApiOperation operation, List<String> parameters) implements Found {
    Operation {
      parameters = List.copyOf(parameters);
    }
  }

  /**
   * What there is for a method on a canonical path. {@code HEAD} is what {@code GET} is unless it
   * has an operation of its own.
   *
   * @throws IllegalArgumentException if the path cannot be decoded
   */
  Found find(String method, String path) {
    String rest = rest(path);
    Match<Map<String, ApiOperation>> match = rest == null ? null : paths.find(rest);
    if (match == null || match.value().isEmpty()) {
      return Unknown.UNKNOWN;
    }
    ApiOperation operation = match.value().get(method);
    if (operation == null && method.equals("HEAD")) {
      operation = match.value().get("GET");
    }
    return operation == null
        ? new OtherMethods(allowed(match.value()))
        : new Operation(operation, match.parameters());
  }

  private @Nullable String rest(String path) {
    if (!path.startsWith(basePath)) {
      return null;
    }
    String rest = path.substring(basePath.length());
    return rest.isEmpty() ? "/" : rest;
  }

  private static String allowed(Map<String, ApiOperation> operations) {
    TreeSet<String> methods = new TreeSet<>(operations.keySet());
    if (methods.contains("GET")) {
      methods.add("HEAD");
    }
    return String.join(", ", methods);
  }
}
