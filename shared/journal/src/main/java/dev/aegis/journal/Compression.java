package dev.aegis.journal;

import java.util.List;
import java.util.Locale;

/**
 * Which replies of a route are compressed for callers that take it.
 *
 * @param types media types without parameters, in lower case; {@code text/*} for all of a kind
 * @param minBytes replies announced as shorter stay as they are, 0 to 1 MiB
 */
public record Compression(List<String> types, int minBytes) {
  private static final List<String> USUAL =
      List.of(
          "application/javascript",
          "application/json",
          "application/problem+json",
          "application/xml",
          "image/svg+xml",
          "text/*");

  static Compression read(Fields fields) {
    List<String> given = fields.texts("types");
    List<String> types =
        given.isEmpty()
            ? USUAL
            : given.stream().map(type -> type.toLowerCase(Locale.ROOT)).toList();
    for (String type : types) {
      int slash = type.indexOf('/');
      String sub = type.substring(slash + 1);
      if (slash < 0
          || !LoadBalancing.token(type.substring(0, slash))
          || !LoadBalancing.token(sub)
          || sub.contains("*") && !sub.equals("*")
          || type.startsWith("*")) {
        fields.reject("types", "\"" + type + "\" is no media type such as text/html or text/*");
      }
    }
    return new Compression(types, (int) fields.number("min_bytes", 1_024, 0, 1 << 20));
  }
}
