package dev.aegis.gateway.http1;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Request line and header lines of a caller's request. */
public final class RequestHead extends Head {
  /** Most bytes of a request line. */
  public static final int MAX_REQUEST_LINE = 8 * 1024;

  private static final int MAX_METHOD = 32;
  private static final int MAX_HOPS = 1_000_000_000;
  private static final String[] METHODS = {
    "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE", "CONNECT"
  };

  private String method = "";
  private int minorVersion;
  private int target;
  private int targetEnd;
  private String host = "";
  private String authority = "";
  private String path = "";
  private int sent;
  private int query;
  private int maxForwards;
  private RequestHead came = this;

  /** The head that the caller sent, before its target was {@link #rewritten}. */
  public RequestHead came() {
    return came;
  }

  /**
   * Checks that a caller could ask for this. How long it may be is left open: that is for {@link
   * #rewritten} to say, with the caller's own lines beside it.
   *
   * @param path without query
   * @param query without {@code ?}, {@code ""} for none
   * @throws IllegalArgumentException if it could not
   */
  public static void checkTarget(String path, String query) {
    try {
      read("GET " + joined(path, query) + " HTTP/1.1\r\nHost: a\r\n\r\n", new byte[0]);
    } catch (BadMessage e) {
      boolean tooLong =
          e.kind() == BadMessage.Kind.TARGET_TOO_LONG || e.kind() == BadMessage.Kind.HEAD_TOO_LARGE;
      if (!tooLong) {
        throw new IllegalArgumentException(e.detail(), e);
      }
    }
  }

  /**
   * The same request for another path of the same host: read anew, by the rules that the caller's
   * own bytes are read by, so that there is one path for all that look at it.
   *
   * @param to path without query
   * @param with query without {@code ?}, {@code ""} for none
   * @throws IllegalArgumentException if it is none, or with it the head is too large
   */
  public RequestHead rewritten(String to, String with) {
    String origin = count(Field.HOST) == 0 && !authority.isEmpty() ? "http://" + authority : "";
    String line = method + ' ' + origin + joined(to, with) + " HTTP/1." + minorVersion + "\r\n";
    try {
      RequestHead other = read(line, lineBytes());
      if (!other.host.equals(host)) {
        throw new IllegalArgumentException("the host may not change");
      }
      other.came = came;
      return other;
    } catch (BadMessage e) {
      throw new IllegalArgumentException(e.detail(), e);
    }
  }

  private static String joined(String path, String query) {
    boolean plain = path.startsWith("/") && path.indexOf('?') < 0;
    for (String part : new String[] {path, query}) {
      for (int i = 0; i < part.length(); i++) {
        plain &= part.charAt(i) > ' ' && part.charAt(i) < 0x7f;
      }
    }
    if (!plain) {
      throw new IllegalArgumentException("it is no path, or no query, of visible ASCII");
    }
    return query.isEmpty() ? path : path + '?' + query;
  }

  private static RequestHead read(String line, byte[] lines) throws BadMessage {
    byte[] start = line.getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = Arrays.copyOf(start, start.length + lines.length);
    System.arraycopy(lines, 0, all, start.length, lines.length);
    RequestHead head = new RequestHead();
    try {
      head.read(Input.stored(all));
    } catch (IOException e) {
      throw new IllegalStateException("Bytes in memory cannot be read", e);
    }
    return head;
  }

  /** The method, as sent: methods are case-sensitive (RFC 9110 section 9.1). */
  public String method() {
    return method;
  }

  /** 0 or 1, of HTTP/1.x. */
  public int minorVersion() {
    return minorVersion;
  }

  /** Host that the request is for, in lower case, without port and final dot. */
  public String host() {
    return host;
  }

  /** Host and port as the caller wrote them: those of Host, without it those of the target. */
  public String authority() {
    return authority;
  }

  /** Whether this asks about the server and not about a path (RFC 9112 section 3.2.4). */
  public boolean asterisk() {
    return path.equals("*");
  }

  /**
   * How many more intermediaries may pass an OPTIONS on, -1 when it does not say, and for all other
   * methods (RFC 9110 section 7.6.2). Numbers beyond a billion are a billion.
   */
  public int maxForwards() {
    return maxForwards;
  }

  /** The one path of this request, see {@link CanonicalPath}; {@code *} is in none. */
  public String path() {
    return path;
  }

  /** The request target, as sent. */
  public String target() {
    return text(target, targetEnd);
  }

  /** The path as sent, before it was brought into its one form; {@code /} when it was empty. */
  public String sentPath() {
    return sent == query ? "/" : text(sent, query);
  }

  /** The query with its {@code ?}, as sent; {@code ""} without. */
  public String query() {
    return query == targetEnd ? "" : text(query, targetEnd);
  }

  /** Puts the query with its {@code ?} into {@code out}. */
  public void copyQuery(Output out) {
    out.put(bytes, query, targetEnd - query);
  }

  /** Whether a body follows. */
  public boolean hasBody() {
    return chunked() || contentLength() > 0;
  }

  /** Whether the caller wants to send another request after this one (RFC 9112 section 9.3). */
  public boolean persistent() {
    return !close && (minorVersion == 1 || keepAlive);
  }

  /** Whether the caller waits for a 100 before it sends the body (RFC 9110 section 10.1.1). */
  public boolean expectsContinue() {
    String expect = minorVersion == 1 ? value(Field.EXPECT) : null;
    return expect != null && expect.equalsIgnoreCase("100-continue");
  }

  /** Whether the caller wants to go on in WebSocket (RFC 6455 section 4.1). */
  public boolean asksForWebSocket() {
    return namesWebSocket() && method.equals("GET") && minorVersion == 1 && !hasBody();
  }

  @Override
  int startLine(byte[] b, int at, int end) throws BadMessage {
    int limit = Math.min(end, at + MAX_REQUEST_LINE);
    int i = at;
    while (i < limit && isToken(b[i])) {
      i++;
    }
    if (i == limit) {
      return more(end, limit, i - at > MAX_METHOD);
    }
    if (b[i] != ' ' || i == at || i - at > MAX_METHOD) {
      throw BadMessage.malformed("the request line has no method");
    }
    method = method(at, i);
    target = ++i;
    while (i < limit && b[i] > ' ' && b[i] != 0x7f && b[i] != '#') {
      i++;
    }
    if (i == limit) {
      return more(end, limit, false);
    }
    if (b[i] != ' ' || i == target) {
      throw BadMessage.malformed("the request target is missing or has bytes that no URI has");
    }
    targetEnd = i++;
    // "HTTP/1.x" CRLF
    if (limit - i < 10) {
      for (int k = 0; i + k < limit; k++) {
        if (k < 7 && b[i + k] != "HTTP/1.".charAt(k)) {
          throw BadMessage.malformed("the request line ends in no HTTP version of 1.x");
        }
      }
      return more(end, limit, false);
    }
    if (!(b[i] == 'H' && b[i + 1] == 'T' && b[i + 2] == 'T' && b[i + 3] == 'P')
        || !(b[i + 4] == '/' && b[i + 5] == '1' && b[i + 6] == '.')
        || !(b[i + 7] == '0' || b[i + 7] == '1')
        || !(b[i + 8] == '\r' && b[i + 9] == '\n')) {
      throw BadMessage.malformed("the request line ends in no HTTP version of 1.x");
    }
    minorVersion = b[i + 7] - '0';
    return i + 10;
  }

  private static int more(int end, int limit, boolean hopeless) throws BadMessage {
    if (limit < end) {
      throw new BadMessage(
          BadMessage.Kind.TARGET_TOO_LONG,
          "the request line is longer than " + MAX_REQUEST_LINE + " bytes");
    }
    if (hopeless) {
      throw BadMessage.malformed("the request line has no method");
    }
    return MORE;
  }

  private String method(int from, int to) {
    for (String known : METHODS) {
      if (known.length() == to - from && matches(from, known)) {
        return known;
      }
    }
    return text(from, to);
  }

  private boolean matches(int from, String known) {
    for (int i = 0; i < known.length(); i++) {
      if (bytes[from + i] != known.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  void check() throws BadMessage {
    if (chunked() && (contentLength() >= 0 || minorVersion == 0)) {
      throw BadMessage.malformed(
          minorVersion == 0
              ? "HTTP/1.0 has no transfer codings"
              : "both Transfer-Encoding and Content-Length");
    }
    if (count(Field.AUTHORIZATION) > 1) {
      // The one checked here might not be the one that the backend looks at.
      throw BadMessage.malformed("Authorization is repeated");
    }
    if (count(Field.X_API_KEY) > 1) {
      throw BadMessage.malformed("X-API-Key is repeated");
    }
    int hosts = count(Field.HOST);
    if (hosts > 1 || hosts == 0 && minorVersion == 1) {
      throw BadMessage.malformed("a request has exactly one Host");
    }
    String given = hosts == 0 ? null : value(Field.HOST);
    String field = host(given);
    if (hosts == 1 && field == null) {
      throw BadMessage.malformed("Host is not a host with an optional port");
    }
    maxForwards = method.equals("OPTIONS") ? hops() : -1;
    int from = target;
    String named = null;
    boolean star = method.equals("OPTIONS") && bytes[from] == '*' && targetEnd == from + 1;
    if (star) {
      from = targetEnd;
    } else if (bytes[from] != '/') {
      int start = authorityStart();
      from = absolute(start);
      named = text(start, from);
      String other = host(named);
      int usual = (bytes[start - 4] | 0x20) == 's' ? 443 : 80; // the letter before "://"
      if (other == null
          || given != null
              && !(other.equals(field) && portOr(named, usual) == portOr(given, usual))) {
        throw BadMessage.malformed("the request target and Host name different hosts");
      }
      field = other;
      star = method.equals("OPTIONS") && from == targetEnd;
    }
    host = field == null ? "" : field;
    authority = given != null ? given : named == null ? "" : named;
    sent = from;
    query = from;
    while (query < targetEnd && bytes[query] != '?') {
      query++;
    }
    path = star ? "*" : CanonicalPath.of(bytes, from, query);
  }

  /** What {@code Max-Forwards} says, -1 without. */
  private int hops() throws BadMessage {
    String given = value(Field.MAX_FORWARDS);
    if (given == null) {
      return -1;
    }
    long hops = given.isEmpty() || count(Field.MAX_FORWARDS) > 1 ? -1 : 0;
    for (int i = 0; i < given.length() && hops >= 0; i++) {
      char c = given.charAt(i);
      hops = c < '0' || c > '9' ? -1 : Math.min(MAX_HOPS, hops * 10 + c - '0');
    }
    if (hops < 0) {
      throw BadMessage.malformed("Max-Forwards is not a number");
    }
    return (int) hops;
  }

  /** Offset of the path of a target in absolute form (RFC 9112 section 3.2.2). */
  private int absolute(int start) throws BadMessage {
    int i = start;
    while (i < targetEnd && bytes[i] != '/' && bytes[i] != '?') {
      i++;
    }
    if (i == start) {
      throw BadMessage.malformed("the request target names no host");
    }
    return i;
  }

  private int authorityStart() throws BadMessage {
    for (String scheme : new String[] {"http://", "https://"}) {
      if (targetEnd - target > scheme.length() && equalsScheme(target, scheme)) {
        return target + scheme.length();
      }
    }
    throw BadMessage.malformed("the request target is neither a path nor an http URI");
  }

  private boolean equalsScheme(int from, String scheme) {
    for (int i = 0; i < scheme.length(); i++) {
      int b = bytes[from + i];
      if ((b >= 'A' && b <= 'Z' ? b | 0x20 : b) != scheme.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Host without port in lower case, or null when {@code text} is none (RFC 3986 section 3.2). */
  static @Nullable String host(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > 259) {
      return null;
    }
    int end = text.length();
    if (text.charAt(0) == '[') {
      int close = text.indexOf(']');
      if (close < 3) {
        return null;
      }
      for (int i = 1; i < close; i++) {
        char c = text.charAt(i);
        if (Character.digit(c, 16) < 0 && c != ':' && c != '.') {
          return null;
        }
      }
      return port(text, close + 1) ? text.substring(0, close + 1).toLowerCase(Locale.ROOT) : null;
    }
    boolean lower = true;
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c == ':') {
        if (!port(text, i)) {
          return null;
        }
        end = i;
        break;
      }
      if (c >= 'A' && c <= 'Z') {
        lower = false;
      } else if (!(c >= 'a' && c <= 'z'
          || c >= '0' && c <= '9'
          || c == '-'
          || c == '.'
          || c == '_')) {
        return null;
      }
    }
    if (end > 0 && text.charAt(end - 1) == '.') {
      end--;
    }
    if (end == 0) {
      return null;
    }
    String host = text.substring(0, end);
    return lower ? host : host.toLowerCase(Locale.ROOT);
  }

  /** Port of a well-formed {@code authority}, the {@code usual} one when it names none. */
  private static int portOr(String authority, int usual) {
    int colon = authority.indexOf(':', authority.indexOf(']') + 1);
    return colon < 0 || colon == authority.length() - 1
        ? usual
        : Integer.parseInt(authority, colon + 1, authority.length(), 10);
  }

  private static boolean port(String text, int colon) {
    if (colon == text.length()) {
      return true;
    }
    if (text.charAt(colon) != ':' || text.length() - colon > 6) {
      return false;
    }
    int port = 0;
    for (int i = colon + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = port * 10 + c - '0';
    }
    return port <= 65_535;
  }
}
