package dev.aegis.gateway.conformance;

/** The lines that Aegis itself adds to a message, as tables write them. */
final class Own {
  private static final String ID = "X-Request-Id: ";

  private Own() {}

  /**
   * A request to the backend with Aegis' lines in the place of {@code {own}}, or of {@code {own
   * AUTHORITY}} when it is not for {@code a.test}, or of {@code {own1.0}} for a caller of HTTP/1.0.
   */
  static String request(String bytes) {
    int from = bytes.indexOf("{own");
    if (from < 0) {
      return bytes;
    }
    int to = bytes.indexOf('}', from);
    String argument = bytes.substring(from + 4, to);
    String version = argument.startsWith("1.0") ? "1.0" : "1.1";
    String rest = argument.startsWith("1.0") ? argument.substring(3) : argument;
    String host = rest.isEmpty() ? "a.test" : rest.strip();
    return bytes.substring(0, from)
        + ID
        + "*\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: "
        + host
        + "\r\nForwarded: for=127.0.0.1;host=\""
        + host
        + "\";proto=http\r\nX-Tenant-Id: a\r\nVia: "
        + version
        + " aegis\r\n"
        + bytes.substring(to + 1);
  }

  /** A reply to the caller with Aegis' lines in the place of {@code {own}} or {@code {own1.0}}. */
  static String reply(String bytes) {
    return bytes
        .replace("{own}", ID + "*\r\nVia: 1.1 aegis\r\n")
        .replace("{own1.0}", ID + "*\r\nVia: 1.0 aegis\r\n");
  }

  /** The bytes with {@code *} for each request id that Aegis made. */
  static String withoutId(String bytes) {
    StringBuilder without = new StringBuilder(bytes);
    for (int at = without.indexOf(ID); at >= 0; at = without.indexOf(ID, at + 1)) {
      int value = at + ID.length();
      int end = without.indexOf("\r\n", value);
      if (end - value == 36) {
        without.replace(value, end, "*");
      }
    }
    return without.toString();
  }
}
