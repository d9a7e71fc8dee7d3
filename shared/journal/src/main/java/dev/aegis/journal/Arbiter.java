package dev.aegis.journal;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A service of a tenant that is asked, for each request of a route, whether it may pass.
 *
 * @param upstream id of where it is reached
 * @param path that is asked for, its query too
 * @param timeout most that its answer may take, 1 ms to 10 s
 * @param letsPass whether requests pass when it gives no answer
 * @param headers names of header fields of a request that it is told, lower case
 * @param replyHeaders names of header fields of its answer that a backend is told, and nobody else
 *     may say
 * @param kept how long an answer holds for requests that are the same to it; zero for no other
 */
public record Arbiter(
    String upstream,
    String path,
    Duration timeout,
    boolean letsPass,
    List<String> headers,
    List<String> replyHeaders,
    Duration kept) {
  private static final int MAX_NAMES = 32;

  public Arbiter {
    headers = List.copyOf(headers);
    replyHeaders = List.copyOf(replyHeaders);
  }

  static Arbiter read(Fields fields) {
    String upstream = fields.text("upstream");
    String path = fields.textOr("path", "/");
    if (!UpstreamFields.requestTarget(path)) {
      fields.reject("path", "must begin with / and hold only visible ASCII characters but #");
    }
    return new Arbiter(
        upstream,
        path,
        Duration.ofMillis(fields.number("timeout_ms", 200, 1, 10_000)),
        fields.oneOf("on_failure", "deny", List.of("deny", "allow")).equals("allow"),
        names(fields, "headers"),
        names(fields, "response_headers"),
        Duration.ofSeconds(fields.number("cache_s", 0, 0, 300)));
  }

  private static List<String> names(Fields fields, String member) {
    List<String> names =
        fields.texts(member).stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!LoadBalancing.token(name)) {
        fields.reject(member, "\"" + name + "\" is not the name of a header field");
      } else if (HeaderEdits.untouchable(name)) {
        fields.reject(member, "\"" + name + "\" is Aegis' own to say");
      } else if (!seen.add(name.replace('_', '-'))) {
        fields.reject(member, "\"" + name + "\" is named twice");
      }
    }
    if (names.size() > MAX_NAMES) {
      fields.reject(member, "must have at most " + MAX_NAMES + " names");
    }
    return names;
  }
}
