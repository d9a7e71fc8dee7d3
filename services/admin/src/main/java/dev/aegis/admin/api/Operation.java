package dev.aegis.admin.api;

import java.util.List;
import java.util.Set;

/**
 * One thing the API can do.
 *
 * @param method HTTP method
 * @param template path with parameters in braces, such as {@code /admin/tenants/{tenant}}
 * @param parameters query parameters that it knows; {@link #ANY_PARAMETER} when another service
 *     reads them
 * @param needs what whoever calls it must be allowed
 * @param handler does it
 */
record Operation(
    String method, String template, Set<String> parameters, Needs needs, Handler handler) {
  /** Stands for query parameters that are passed on unread. */
  static final String ANY_PARAMETER = "*";

  Operation {
    parameters = Set.copyOf(parameters);
    if (needs.whose() == Needs.Whose.PATH && !template.contains("/{tenant}")) {
      throw new IllegalArgumentException("No tenant in " + template);
    }
  }

  /** Answers one call. */
  @FunctionalInterface
  interface Handler {
    Reply answer(Call call);
  }

  List<String> pattern() {
    return List.of(template.substring(1).split("/"));
  }
}
