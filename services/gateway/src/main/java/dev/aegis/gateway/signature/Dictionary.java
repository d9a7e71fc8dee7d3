package dev.aegis.gateway.signature;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the dictionaries of structured fields (RFC 8941 section 3.2) that signatures need: of inner
 * lists of strings, and of byte sequences.
 *
 * <p>Stricter than the RFC where that leaves no doubt about what was signed: a member has the form
 * in which a serializer writes it (section 4.1), no name comes twice, and there are no decimals. So
 * the text of a list, as it came, is its canonical one.
 */
final class Dictionary {
  /** Most characters of a field. */
  static final int MAX_LENGTH = 4 * 1024;

  private static final int MAX_DIGITS = 15;

  private final String text;
  private int at;

  private Dictionary(String text) {
    this.text = text;
  }

  /**
   * A list, and what was said of it.
   *
   * @param items its strings
   * @param plain whether no item has parameters
   * @param parameters of the list: each a {@link Long}, a {@link String}, or something else
   * @param text all of it, as it came
   */
  record InnerList(
      List<String> items, boolean plain, Map<String, Object> parameters, String text) {}

  /** A value that nobody here asks for: a token, a byte sequence, a boolean. */
  private enum Other {
    VALUE
  }

  /** It is not what is read here. */
  private static final class NotUnderstood extends Exception {
    private static final long serialVersionUID = 1L;

    NotUnderstood() {
      super(null, null, false, false);
    }
  }

  private interface Reader<T> {
    T read(Dictionary from) throws NotUnderstood;
  }

  /** A dictionary of inner lists; null when {@code text} is anything else. */
  static @Nullable Map<String, InnerList> lists(String text) {
    return members(text, Dictionary::innerList);
  }

  /** A dictionary of byte sequences; null when {@code text} is anything else. */
  static @Nullable Map<String, byte[]> byteSequences(String text) {
    return members(text, Dictionary::bytes);
  }

  private static <T> @Nullable Map<String, T> members(String text, Reader<T> reader) {
    if (text.length() > MAX_LENGTH) {
      return null;
    }
    Dictionary from = new Dictionary(text);
    Map<String, T> members = new LinkedHashMap<>();
    try {
      do {
        from.white();
        String name = from.key();
        from.expect('=');
        if (members.putIfAbsent(name, reader.read(from)) != null) {
          return null;
        }
        from.white();
      } while (from.skip(','));
    } catch (NotUnderstood e) {
      return null; // what is wrong would help nobody but those who probe
    }
    return from.at == text.length() ? members : null;
  }

  private InnerList innerList() throws NotUnderstood {
    int begin = at;
    List<String> items = new ArrayList<>();
    boolean plain = true;
    expect('(');
    while (!skip(')')) {
      if (!items.isEmpty()) {
        expect(' ');
      }
      items.add(string());
      plain &= parameters().isEmpty();
    }
    Map<String, Object> parameters = parameters();
    return new InnerList(List.copyOf(items), plain, parameters, text.substring(begin, at));
  }

  private Map<String, Object> parameters() throws NotUnderstood {
    Map<String, Object> parameters = new LinkedHashMap<>();
    while (skip(';')) {
      String name = key();
      Object value = skip('=') ? bareItem() : Other.VALUE;
      if (parameters.putIfAbsent(name, value) != null) {
        throw new NotUnderstood();
      }
    }
    return parameters;
  }

  private Object bareItem() throws NotUnderstood {
    char c = peek();
    if (c == '"') {
      return string();
    }
    if (c == '-' || digit(c)) {
      return integer();
    }
    if (c == ':') {
      bytes();
      return Other.VALUE;
    }
    if (c == '?') {
      at++;
      expect('0'); // that it is true is said without a value
      return Other.VALUE;
    }
    return token();
  }

  private Long integer() throws NotUnderstood {
    boolean negative = skip('-');
    int begin = at;
    long number = 0;
    while (digit(peek())) {
      number = number * 10 + text.charAt(at++) - '0';
      if (at - begin > MAX_DIGITS) {
        throw new NotUnderstood();
      }
    }
    boolean padded = at - begin > 1 && text.charAt(begin) == '0';
    if (at == begin || padded || negative && number == 0 || peek() == '.') {
      throw new NotUnderstood();
    }
    return negative ? -number : number;
  }

  private String string() throws NotUnderstood {
    expect('"');
    StringBuilder string = new StringBuilder();
    while (!skip('"')) {
      boolean escaped = skip('\\');
      char c = peek();
      if (c < ' ' || c > '~' || escaped && c != '"' && c != '\\') {
        throw new NotUnderstood();
      }
      string.append(c);
      at++;
    }
    return string.toString();
  }

  private Object token() throws NotUnderstood {
    char first = peek();
    if (!(first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z' || first == '*')) {
      throw new NotUnderstood();
    }
    for (char c = first; tokenLetter(c); c = peek()) {
      at++;
    }
    return Other.VALUE;
  }

  private static boolean tokenLetter(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || digit(c)
        || c > ' ' && c <= '~' && "!#$%&'*+-.^_`|~:/".indexOf(c) >= 0;
  }

  private byte[] bytes() throws NotUnderstood {
    expect(':');
    int end = text.indexOf(':', at);
    if (end < 0) {
      throw new NotUnderstood();
    }
    String base64 = text.substring(at, end);
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      at = end + 1;
      if (base64.equals(Base64.getEncoder().encodeToString(bytes))) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw new NotUnderstood();
    }
    throw new NotUnderstood();
  }

  private String key() throws NotUnderstood {
    int begin = at;
    char first = peek();
    if (!(first >= 'a' && first <= 'z' || first == '*')) {
      throw new NotUnderstood();
    }
    for (char c = first;
        c >= 'a' && c <= 'z' || digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
        c = peek()) {
      at++;
    }
    return text.substring(begin, at);
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }

  private void white() {
    while (peek() == ' ' || peek() == '\t') {
      at++;
    }
  }

  /** The next character, NUL at the end: no field holds one. */
  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private boolean skip(char wanted) {
    boolean there = peek() == wanted;
    at += there ? 1 : 0;
    return there;
  }

  private void expect(char wanted) throws NotUnderstood {
    if (!skip(wanted)) {
      throw new NotUnderstood();
    }
  }
}
