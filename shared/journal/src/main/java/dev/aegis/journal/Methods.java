package dev.aegis.journal;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads lists of HTTP methods: tokens of RFC 9110 section 9.1, case-sensitive, so upper case. */
final class Methods {
  private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z0-9_-]{0,31}");

  private Methods() {}

  static Set<String> read(Fields fields, String name) {
    List<String> methods = fields.texts(name);
    for (String method : methods) {
      if (!METHOD.matcher(method).matches()) {
        fields.reject(name, "\"" + method + "\" is not an upper-case HTTP method");
      }
    }
    return Set.copyOf(methods);
  }
}
