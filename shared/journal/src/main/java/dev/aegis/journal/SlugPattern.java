package dev.aegis.journal;

import org.jspecify.annotations.Nullable;

/**
 * Where a tenant's paths have a slug that tokens can be held to ({@code pathname_slugs}).
 *
 * <p>It is written as the regular expression that the contract names, of which only this much is
 * taken: {@code ^}, literal text, one {@code ([^/]+)} that is a whole segment, literal text, and
 * {@code $} or nothing. So it is looked for by comparing texts, whatever a caller sends.
 *
 * @param text as it was written
 * @param before the literal text in front of the slug
 * @param after the literal text behind it, empty or beginning with {@code /}
 * @param whole whether nothing may follow
 */
public record SlugPattern(String text, String before, String after, boolean whole) {
  /** What holds when a tenant says nothing. */
  public static final SlugPattern DEFAULT = parse("^/api/v1/([^/]+)/");

  private static final int MOST = 256;
  private static final String SLUG = "([^/]+)";
  private static final String SPECIAL = "\\^$.|?*+()[]{}";

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException when it is more than is taken; the message says what is
   */
  public static SlugPattern parse(String text) {
    int slug = text.indexOf(SLUG);
    if (text.length() > MOST || !text.startsWith("^/") || slug < 0) {
      throw unusable();
    }
    boolean whole = text.endsWith("$") && !text.endsWith("\\$");
    String before = literal(text.substring(1, slug));
    String after = literal(text.substring(slug + SLUG.length(), text.length() - (whole ? 1 : 0)));
    if (!before.endsWith("/") || !after.isEmpty() && !after.startsWith("/")) {
      throw unusable(); // else the slug would be a part of a segment
    }
    return new SlugPattern(text, before, after, whole);
  }

  /** Text without its escapes; only signs of punctuation can be escaped. */
  private static String literal(String pattern) {
    StringBuilder literal = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\' && i + 1 < pattern.length() && isPunctuation(pattern.charAt(i + 1))) {
        literal.append(pattern.charAt(++i));
      } else if (c <= ' ' || c > '~' || SPECIAL.indexOf(c) >= 0) {
        throw unusable();
      } else {
        literal.append(c);
      }
    }
    return literal.toString();
  }

  private static boolean isPunctuation(char c) {
    return c > ' ' && c <= '~' && !Character.isLetterOrDigit(c);
  }

  private static IllegalArgumentException unusable() {
    return new IllegalArgumentException(
        "must be ^, literal text that begins and ends with /, one ([^/]+), and then literal text"
            + " that begins with /, or $, or nothing; at most "
            + MOST
            + " characters");
  }

  /** The slug of a canonical path, or null where the pattern does not match. */
  public @Nullable String find(String path) {
    if (!path.startsWith(before)) {
      return null;
    }
    int from = before.length();
    int slash = path.indexOf('/', from);
    int to = slash < 0 ? path.length() : slash;
    boolean matches =
        to > from && path.startsWith(after, to) && (!whole || path.length() == to + after.length());
    return matches ? path.substring(from, to) : null;
  }
}
