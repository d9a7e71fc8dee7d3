package dev.aegis.model;

/**
 * The syntax of ids in configuration, URLs, Kafka keys and labels.
 *
 * <p>One place decides it, so that an id which the admin API accepted can be used as a DNS label, a
 * path segment or a metric label without a further check.
 */
public final class Ids {
  /** What a tenant id looks like, for messages. */
  public static final String TENANT_RULE =
      "1 to 63 of a-z, 0-9 and '-', not at either end: it is a DNS label (RFC 1123 section 2.1)";

  /** What any other id looks like, for messages. */
  public static final String OBJECT_RULE =
      "1 to 128 of a-z, A-Z, 0-9, '.', '_' and '-', beginning with a letter or a digit";

  private Ids() {}

  /** Whether {@code id} can name a tenant: a lower-case DNS label, since it is one in its host. */
  public static boolean isTenant(String id) {
    int length = id.length();
    if (length == 0 || length > 63 || id.charAt(0) == '-' || id.charAt(length - 1) == '-') {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = id.charAt(i);
      if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')) {
        return false;
      }
    }
    return true;
  }

  /** Whether {@code id} can name an object within a tenant. */
  public static boolean isObject(String id) {
    int length = id.length();
    if (length == 0 || length > 128 || !isAlphanumeric(id.charAt(0))) {
      return false;
    }
    for (int i = 1; i < length; i++) {
      char c = id.charAt(i);
      if (!isAlphanumeric(c) && c != '.' && c != '_' && c != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean isAlphanumeric(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
  }
}
