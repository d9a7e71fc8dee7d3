package dev.aegis.plugin;

import java.util.List;
import java.util.Map;

/** What a plugin says of who a caller is. */
public sealed interface Identity {
  /** Nothing was shown that this plugin knows: the next one is asked. */
  Identity NOBODY = new Nobody();

  /** Nothing was shown that this plugin knows: the next one is asked. */
  record Nobody() implements Identity {}

  /**
   * What was shown does not hold: the caller gets a 401, and no other plugin is asked.
   *
   * @param detail what the caller is told, of printable ASCII, {@code ""} for nothing
   */
  record Unknown(String detail) implements Identity {
    public Unknown {
      if (!printable(detail)) {
        throw new IllegalArgumentException("a detail is of printable ASCII");
      }
    }
  }

  /**
   * Somebody of the tenant.
   *
   * @param subject who, of 1 to 256 printable ASCII characters without spaces at its ends, which
   *     upstreams do not see (RFC 9110 section 5.5)
   * @param roles names of roles, at most 64, of printable ASCII without commas; those that the
   *     tenant does not have give nothing, and bindings of the subject add to them
   * @param claims values that conditions of roles look at, at most 64
   */
  record Known(String subject, List<String> roles, Map<String, List<String>> claims)
      implements Identity {
    private static final int MOST = 64;

    public Known {
      roles = List.copyOf(roles);
      claims = Map.copyOf(claims);
      if (subject.isEmpty() || subject.length() > 256 || !printable(subject)) {
        throw new IllegalArgumentException("a subject has 1 to 256 printable ASCII characters");
      }
      if (!bare(subject) || !roles.stream().allMatch(Identity::bare)) {
        throw new IllegalArgumentException("subjects and roles have no spaces at their ends");
      }
      if (roles.size() > MOST || claims.size() > MOST) {
        throw new IllegalArgumentException(MOST + " roles and " + MOST + " claims at most");
      }
      if (roles.stream().anyMatch(role -> !printable(role) || role.indexOf(',') >= 0)) {
        throw new IllegalArgumentException("names of roles are printable ASCII without commas");
      }
    }
  }

  private static boolean bare(String text) {
    return text.equals(text.strip());
  }

  private static boolean printable(String text) {
    return text.chars().allMatch(c -> c >= ' ' && c < 0x7f);
  }
}
