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
 * @param open whether it asks for no credential
 * @param handler does it
 */
record Operation(
    String method, String template, Set<String> parameters, boolean open, Handler handler) {
  /** Stands for query parameters that are passed on unread. */
  static final String ANY_PARAMETER = "*";

  Operation {
    parameters = Set.copyOf(parameters);
  }

  Operation(String method, String template, Set<String> parameters, Handler handler) {
    this(method, template, parameters, false, handler);
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
