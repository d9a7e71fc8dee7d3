package dev.aegis.journal;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How an upstream's requests are shared out among its targets. */
public sealed interface LoadBalancing {
  /** Targets take turns by weight. */
  record RoundRobin() implements LoadBalancing {}

  /** The target with the fewest requests under way, measured by its weight. */
  record LeastRequests() implements LoadBalancing {}

  /** Of two targets drawn by weight, the one with fewer requests under way. */
  record RandomTwo() implements LoadBalancing {}

  /**
   * Requests that have something in common go to one target, as long as it is there.
   *
   * @param by what they have in common
   * @param name of the header field in lower case, or of the cookie; {@code ""} for the others
   */
  record ConsistentHash(By by, String name) implements LoadBalancing {}

  /** What requests to one target have in common. */
  enum By {
    SUBJECT,
    HEADER,
    COOKIE,
    IP
  }

  /** Reads {@code load_balancing} and {@code hash_on}. */
  static LoadBalancing read(Fields fields) {
    String name =
        fields.oneOf(
            "load_balancing",
            "round_robin",
            List.of("round_robin", "least_requests", "random_two", "consistent_hash"));
    String on = fields.optionalText("hash_on");
    if (name.equals("consistent_hash")) {
      return hash(fields, "hash_on", on == null ? "subject" : on);
    }
    if (on != null) {
      fields.reject("hash_on", "needs \"load_balancing\": \"consistent_hash\"");
    }
    return switch (name) {
      case "least_requests" -> new LeastRequests();
      case "random_two" -> new RandomTwo();
      default -> new RoundRobin();
    };
  }

  /** Reads what requests may have in common, null when the member is missing. */
  static @Nullable ConsistentHash readKey(Fields fields, String member) {
    String on = fields.optionalText(member);
    return on == null ? null : hash(fields, member, on);
  }

  private static ConsistentHash hash(Fields fields, String member, String on) {
    int colon = on.indexOf(':');
    String by = colon < 0 ? on : on.substring(0, colon);
    String name = colon < 0 ? "" : on.substring(colon + 1);
    if (colon < 0 && by.equals("subject")) {
      return new ConsistentHash(By.SUBJECT, "");
    }
    if (colon < 0 && by.equals("ip")) {
      return new ConsistentHash(By.IP, "");
    }
    if (token(name) && by.equals("header")) {
      return new ConsistentHash(By.HEADER, name.toLowerCase(Locale.ROOT));
    }
    if (token(name) && by.equals("cookie")) {
      return new ConsistentHash(By.COOKIE, name);
    }
    fields.reject(member, "must be subject, ip, header:<name> or cookie:<name>");
    return new ConsistentHash(By.SUBJECT, "");
  }

  /** RFC 9110 section 5.6.2, which is also the form of a cookie's name (RFC 6265 section 4.1.1). */
  static boolean token(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean plain = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
      if (!plain && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return !name.isEmpty();
  }
}
