package dev.aegis.chassis;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Header fields of calls to a collector as OpenTelemetry writes them: {@code name=value,name=value}
 * with values percent-encoded (OTLP exporter specification, "Specifying headers").
 */
public final class OtlpHeaders {
  private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern VALUE = Pattern.compile("[\\x20-\\x7e]+");

  private OtlpHeaders() {}

  /**
   * The fields by their names.
   *
   * @throws IllegalArgumentException saying what the text must be, without repeating it
   */
  public static Map<String, String> parse(String text) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? "" : pair.substring(0, equals).strip();
      String value = equals < 0 ? "" : decoded(pair.substring(equals + 1).strip());
      if (!NAME.matcher(name).matches() || !VALUE.matcher(value).matches()) {
        throw new IllegalArgumentException(
            "must be name=value,name=value with values percent-encoded");
      }
      headers.put(name, value);
    }
    return headers;
  }

  /** A plus is one: this is not a form. */
  private static String decoded(String value) {
    try {
      return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return ""; // said with all that is wrong
    }
  }
}
