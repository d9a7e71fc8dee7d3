package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an edge takes as the head of a request, and what it does not: a row per rule of the RFCs.
 */
final class RequestHeadTest {
  private static final String HOST = "Host: a.test\r\n";

  record Row(String rule, String head, BadMessage.Kind kind) {
    @Override
    public String toString() {
      return rule;
    }
  }

  private static Row bad(String rule, String head) {
    return new Row(rule, head, BadMessage.Kind.MALFORMED);
  }

  /** A request with these header lines behind its Host. */
  private static Row lines(String rule, String lines) {
    return bad(rule, "POST / HTTP/1.1\r\n" + HOST + lines + "\r\n");
  }

  private static Row target(String rule, String target) {
    return bad(rule, "GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n");
  }

  private static Row host(String rule, String host) {
    return bad(rule, "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  }

  static List<Row> refused() {
    List<Row> rows = new ArrayList<>();
    // RFC 9112 section 2.2: CRLF, nothing else.
    rows.add(bad("2.2 bare LF behind the request line", "GET / HTTP/1.1\n" + HOST + "\r\n"));
    rows.add(bad("2.2 bare LF behind a header", "GET / HTTP/1.1\r\nHost: a.test\n\r\n"));
    rows.add(bad("2.2 bare LF as the blank line", "GET / HTTP/1.1\r\n" + HOST + "\n"));
    rows.add(bad("2.2 bare CR behind the request line", "GET / HTTP/1.1\r" + HOST + "\r\n"));
    rows.add(lines("2.2 bare CR in a value", "X: a\rb\r\n"));
    rows.add(lines("2.2 CR CR LF", "X: a\r\r\n"));
    rows.add(bad("2.2 bare CR as the blank line", "GET / HTTP/1.1\r\n" + HOST + "\rX\r\n\r\n"));
    rows.add(bad("2.2 white space before the request line", " GET / HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(
        bad(
            "2.2 white space before the first header",
            "GET / HTTP/1.1\r\n X: y\r\n" + HOST + "\r\n"));
    rows.add(bad("2.2 many empty lines", "\r\n".repeat(6) + "GET / HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("2.2 a bare LF before the request", "\nGET / HTTP/1.1\r\n" + HOST + "\r\n"));
    // Section 3: request line.
    rows.add(bad("3 no method", "/ HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("3 method with a control byte", "G\0T / HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("3 method with a delimiter", "G(T / HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("3 method with a raw byte", "G\u00e9T / HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("3 endless method", "G".repeat(33) + " / HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("3 two spaces", "GET  / HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("3 two spaces before the version", "GET /  HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("3 a tab", "GET\t/ HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("3 a space at the end", "GET / HTTP/1.1 \r\n" + HOST + "\r\n"));
    rows.add(bad("3 a space in the target", "GET /a b HTTP/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("3 no version", "GET /\r\n" + HOST + "\r\n"));
    rows.add(bad("2.3 HTTP/2.0", "GET / HTTP/2.0\r\n" + HOST + "\r\n"));
    rows.add(bad("2.3 HTTP/1.2", "GET / HTTP/1.2\r\n" + HOST + "\r\n"));
    rows.add(bad("2.3 HTTP/0.9", "GET / HTTP/0.9\r\n" + HOST + "\r\n"));
    rows.add(bad("2.3 http/1.1", "GET / http/1.1\r\n" + HOST + "\r\n"));
    rows.add(bad("2.3 HTTP/1.10", "GET / HTTP/1.10\r\n" + HOST + "\r\n"));
    rows.add(bad("2.3 HTTP/01.1", "GET / HTTP/01.1\r\n" + HOST + "\r\n"));
    rows.add(bad("RFC 9113 3.4 the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    // Section 3.2 and RFC 3986: target.
    rows.add(target("3.2 a fragment", "/a#b"));
    rows.add(target("3.2 a raw byte", "/\u00e9"));
    rows.add(target("3.2 a NUL", "/a\0"));
    rows.add(target("3.2 a DEL", "/a\u007f"));
    rows.add(target("3.2 a tab", "/a\tb"));
    rows.add(target("3.2 a relative path", "a/b"));
    rows.add(target("3.2.2 another scheme", "ftp://a.test/"));
    rows.add(target("3.2.2 no host", "http:///a"));
    rows.add(target("3.2.2 user information", "http://u@a.test/"));
    rows.add(target("3.2.2 another host than Host", "http://b.test/"));
    rows.add(target("3.2.2 a host that is a prefix", "http://a.tes/"));
    rows.add(target("3.2.2 another port than that of Host", "http://a.test:99/"));
    rows.add(target("3.2.2 a broken port", "http://a.test:x/"));
    rows.add(target("3.2.3 authority form without CONNECT", "a.test:80"));
    rows.add(target("3.2.4 asterisk without OPTIONS", "*"));
    // RFC 9112 section 3.2, RFC 9110 section 7.2: Host.
    rows.add(bad("3.2 no Host", "GET / HTTP/1.1\r\n\r\n"));
    rows.add(bad("3.2 no Host in absolute form", "GET http://a.test/ HTTP/1.1\r\n\r\n"));
    rows.add(bad("3.2 two Hosts", "GET / HTTP/1.1\r\n" + HOST + HOST + "\r\n"));
    rows.add(bad("3.2 two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" + HOST + HOST + "\r\n"));
    rows.add(bad("3.2 Host in other letters", "GET / HTTP/1.1\r\n" + HOST + "hOsT: b\r\n\r\n"));
    rows.add(bad("3.2 Host only as Host_", "GET / HTTP/1.1\r\nHost_: a.test\r\n\r\n"));
    rows.add(host("3.2 empty Host", ""));
    rows.add(host("3.2 Host with a path", "a.test/b"));
    rows.add(host("3.2 Host with a user", "u@a.test"));
    rows.add(host("3.2 Host with a space", "a.test b.test"));
    rows.add(host("3.2 Host with a comma", "a.test,b.test"));
    rows.add(host("3.2 Host with a broken port", "a.test:8o"));
    rows.add(host("3.2 Host with a large port", "a.test:65536"));
    rows.add(host("3.2 Host with a longer port", "a.test:000080"));
    rows.add(host("3.2 Host with two ports", "a.test:80:80"));
    rows.add(host("3.2 Host with a percent", "a%2etest"));
    rows.add(host("3.2 Host with a raw byte", "\u00e9.test"));
    rows.add(host("3.2 Host that is a port", ":80"));
    rows.add(host("3.2 Host with half a bracket", "[::1"));
    rows.add(host("3.2 Host with a zone", "[fe80::1%25eth0]"));
    rows.add(host("3.2 Host with bytes behind the bracket", "[::1]x"));
    rows.add(host("3.2 Host longer than a name", "a".repeat(260)));
    // Section 5: fields.
    rows.add(lines("5.1 space before the colon", "X : y\r\n"));
    rows.add(lines("5.1 tab before the colon", "X\t: y\r\n"));
    rows.add(lines("5.1 space before the colon of a framing field", "Content-Length : 1\r\n"));
    rows.add(lines("5.1 no name", ": y\r\n"));
    rows.add(lines("5.1 no colon", "X\r\n"));
    rows.add(lines("5.1 a name with a raw byte", "X\u00e9: y\r\n"));
    rows.add(lines("5.1 a name with a NUL", "X\0: y\r\n"));
    rows.add(lines("5.1 a name with a slash", "X/Y: y\r\n"));
    rows.add(lines("5.2 obs-fold with a space", "X: y\r\n z\r\n"));
    rows.add(lines("5.2 obs-fold with a tab", "X: y\r\n\tz\r\n"));
    rows.add(lines("5.2 obs-fold that hides a framing field", "X: y\r\n Content-Length: 5\r\n"));
    rows.add(lines("RFC 9110 5.5 a NUL in a value", "X: a\0b\r\n"));
    rows.add(lines("RFC 9110 5.5 a control byte in a value", "X: a\u0001b\r\n"));
    rows.add(lines("RFC 9110 5.5 a vertical tab in a value", "X: a\u000bb\r\n"));
    rows.add(lines("RFC 9110 5.5 a DEL in a value", "X: a\u007fb\r\n"));
    // Section 6.1 and 6.3: framing.
    rows.add(lines("6.3 both", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"));
    rows.add(lines("6.3 both, other order", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"));
    rows.add(lines("6.3 both, length 0", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"));
    rows.add(lines("6.3 two equal lengths", "Content-Length: 3\r\nContent-Length: 3\r\n"));
    rows.add(lines("6.3 two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n"));
    for (String length :
        List.of(
            "",
            "3, 3",
            "3,4",
            "+3",
            "-3",
            "0x3",
            "3 3",
            "3.0",
            "3;",
            "\"3\"",
            "1e3",
            "\u00b3",
            "9".repeat(19),
            "9".repeat(400),
            "a")) {
      rows.add(
          lines("RFC 9110 8.6 Content-Length " + length, "Content-Length: " + length + "\r\n"));
    }
    for (String coding :
        List.of(
            "",
            "identity",
            "gzip",
            "gzip, chunked",
            "chunked, gzip",
            "chunked, chunked",
            "chunked,",
            ",chunked",
            "chunked;a=b",
            "\"chunked\"",
            "xchunked",
            "chunked x",
            "chunkedx",
            "chunke",
            "\u000bchunked",
            "chun\u212aed".replace("\u212a", "\u00cb"))) {
      rows.add(lines("6.1 Transfer-Encoding " + coding, "Transfer-Encoding: " + coding + "\r\n"));
    }
    rows.add(
        lines("6.1 chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
    rows.add(
        lines(
            "6.1 chunked, then identity",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"));
    rows.add(
        bad(
            "6.1 in HTTP/1.0",
            "POST / HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n"));
    // RFC 9110 section 7.6.1: what Connection may not take away.
    for (String named :
        List.of("Host", "content-length", "Content_Length", "Transfer-Encoding", "x, host ,y")) {
      rows.add(lines("7.6.1 Connection: " + named, "Connection: " + named + "\r\n"));
    }
    // RFC 9110 section 5.3: a field that is no list comes once. Two readers would take two tokens.
    rows.add(lines("5.3 two tokens", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"));
    // Sizes.
    rows.add(
        new Row(
            "3 a long request line",
            "GET /" + "a".repeat(RequestHead.MAX_REQUEST_LINE) + " HTTP/1.1\r\n" + HOST + "\r\n",
            BadMessage.Kind.TARGET_TOO_LONG));
    rows.add(
        new Row(
            "5.4 a large value",
            "GET / HTTP/1.1\r\n" + HOST + "X: " + "a".repeat(Head.MAX_BYTES) + "\r\n\r\n",
            BadMessage.Kind.HEAD_TOO_LARGE));
    rows.add(
        new Row(
            "5.4 many lines",
            "GET / HTTP/1.1\r\n" + HOST + "X: y\r\n".repeat(Head.MAX_LINES) + "\r\n",
            BadMessage.Kind.HEAD_TOO_LARGE));
    return rows;
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refuses(Row row) {
    BadMessage refusal = catchThrowableOfType(BadMessage.class, () -> read(row.head()));
    assertThat(refusal).as(row.rule()).isNotNull();
    assertThat(refusal.kind()).isEqualTo(row.kind());
    assertThat(refusal.detail()).isNotBlank().doesNotContain("\0", "\r", "\n");
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhateverThePieces(Row row) {
    int length = row.head().length();
    // Large heads are cut at a few places only: their parts repeat themselves.
    int step = length > 2000 ? length / 13 : 1;
    for (int cut = 0; cut < length; cut += step) {
      Pieces pieces = Pieces.split(row.head(), cut);
      assertThatThrownBy(() -> new RequestHead().read(pieces))
          .as("cut at %d", cut)
          .isInstanceOfSatisfying(
              BadMessage.class, e -> assertThat(e.kind()).isEqualTo(row.kind()));
    }
    assertThatThrownBy(() -> new RequestHead().read(Pieces.single(row.head())))
        .isInstanceOfSatisfying(BadMessage.class, e -> assertThat(e.kind()).isEqualTo(row.kind()));
  }

  private static final String FULL =
      "\r\nPOST http://A.test:80/a%41/../b/./c?x=%2e%2E&y=\\ HTTP/1.1\r\n"
          + "hOST:\t a.TEST. \r\n"
          + "Transfer-Encoding: \tChunKED\t\r\n"
          + "Connection: keep-alive, x-mine\r\n"
          + "X-Mine: 1\r\n"
          + "X-Empty:\r\n"
          + "X-Raw: \u00e9\t\u00ff\r\n"
          + "Expect: 100-Continue\r\n"
          + "\r\n";

  @Test
  void readsTheSameWhateverThePieces() throws Exception {
    for (int cut = 0; cut <= FULL.length(); cut++) {
      assertFull(Pieces.split(FULL + "rest", cut));
    }
    assertFull(Pieces.single(FULL + "rest"));
  }

  private static void assertFull(Pieces input) throws Exception {
    RequestHead head = new RequestHead();
    assertThat(head.read(input)).isTrue();
    assertThat(head.method()).isEqualTo("POST");
    assertThat(head.host()).isEqualTo("a.test");
    assertThat(head.path()).isEqualTo("/b/c");
    assertThat(head.query()).isEqualTo("?x=%2e%2E&y=\\");
    assertThat(head.chunked()).isTrue();
    assertThat(head.contentLength()).isEqualTo(-1);
    assertThat(head.hasBody()).isTrue();
    assertThat(head.persistent()).isTrue();
    assertThat(head.expectsContinue()).isTrue();
    assertThat(head.value("x-raw")).isEqualTo("\u00e9\t\u00ff");
    assertThat(head.value("x-empty")).isEmpty();
    assertThat(head.value("x-none")).isNull();
    Written out = new Written();
    head.copyLines(out, Set.of());
    assertThat(out.text())
        .isEqualTo(
            "hOST:\t a.TEST. \r\nX-Empty:\r\nX-Raw: \u00e9\t\u00ff\r\nExpect: 100-Continue\r\n");
    assertThat(input.rest()).isEqualTo("rest");
  }

  @Test
  void tellsNothingFromAnEarlyEnd() throws Exception {
    assertThat(new RequestHead().read(Pieces.of(""))).isFalse();
    assertThat(new RequestHead().read(Pieces.of("\r\n"))).isFalse();
    String whole = "GET /a HTTP/1.1\r\n" + HOST + "\r\n";
    for (int cut = 1; cut < whole.length(); cut++) {
      String part = whole.substring(0, cut);
      assertThatThrownBy(() -> read(part))
          .as(part)
          .isInstanceOfSatisfying(
              BadMessage.class, e -> assertThat(e.kind()).isEqualTo(BadMessage.Kind.INCOMPLETE));
    }
  }

  @Test
  void isTheNextOneWhenReadAgain() throws Exception {
    RequestHead head = new RequestHead();
    Pieces input =
        Pieces.of(
            "POST /a?b HTTP/1.0\r\nContent-Length: 3\r\nConnection: close, x\r\nX: y\r\n\r\n"
                + "GET /c HTTP/1.1\r\n"
                + HOST
                + "\r\n");
    assertThat(head.read(input)).isTrue();
    assertThat(head.contentLength()).isEqualTo(3);
    assertThat(head.persistent()).isFalse();
    assertThat(head.host()).isEmpty();
    assertThat(head.read(input)).isTrue();
    assertThat(head.contentLength()).isEqualTo(-1);
    assertThat(head.hasBody()).isFalse();
    assertThat(head.persistent()).isTrue();
    assertThat(head.query()).isEmpty();
    assertThat(head.value("x")).isNull();
    assertThat(head.host()).isEqualTo("a.test");
    assertThat(head.minorVersion()).isEqualTo(1);
  }

  /** RFC 9112 section 9.3. */
  @ParameterizedTest
  @CsvSource({
    "1.1,x,true",
    "1.1,close,false",
    "1.1,'keep-alive, CLOSE',false",
    "1.1,',, close ,',false",
    "1.1,closed,true",
    "1.0,x,false",
    "1.0,Keep-Alive,true",
    "1.0,'keep-alive,close',false"
  })
  void knowsWhetherTheConnectionGoesOn(String version, String connection, boolean goesOn)
      throws Exception {
    RequestHead head =
        read("GET / HTTP/" + version + "\r\n" + HOST + "Connection: " + connection + "\r\n\r\n");
    assertThat(head.persistent()).isEqualTo(goesOn);
  }

  @ParameterizedTest
  @CsvSource({
    "a.test,a.test",
    "A.TEST,a.test",
    "a.test.,a.test",
    "a.test:8080,a.test",
    "a.test:,a.test",
    "a_b.test,a_b.test",
    "127.0.0.1:1,127.0.0.1",
    "[::1],[::1]",
    "[FE80::1]:80,[fe80::1]"
  })
  void readsHost(String given, String host) throws Exception {
    assertThat(read("GET / HTTP/1.1\r\nHost: " + given + "\r\n\r\n").host()).isEqualTo(host);
  }

  @ParameterizedTest
  @CsvSource({
    "http://a.test,/,''",
    "http://a.test?q,/,?q",
    "HTTP://A.TEST:80/x?,/x,?",
    "https://a.test/x/?a?b,/x/,?a?b",
    "/?,/,?",
    "/a;b=c,/a;b=c,''"
  })
  void readsTheTarget(String target, String path, String query) throws Exception {
    RequestHead head = read("GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n");
    assertThat(head.host()).isEqualTo("a.test");
    assertThat(head.path()).isEqualTo(path);
    assertThat(head.query()).isEqualTo(query);
    Written out = new Written();
    head.copyQuery(out);
    assertThat(out.text()).isEqualTo(query);
  }

  /** RFC 9110 section 7.6.1: fields of one connection, and those that Connection names. */
  @Test
  void keepsConnectionFieldsBack() throws Exception {
    RequestHead head =
        read(
            "GET / HTTP/1.1\r\n"
                + HOST
                + "A: 1\r\nConnection: b , C\r\nB: 2\r\nKeep-Alive: 5\r\nc: 3\r\nD: 4\r\n"
                + "Proxy-Connection: x\r\nTE: trailers\r\nTrailer: x\r\nUpgrade: h2c\r\n"
                + "HTTP2-Settings: x\r\nProxy-Authorization: x\r\nconnection: e\r\nE: 5\r\nF: 6\r\n"
                + "\r\n");
    Written out = new Written();
    head.copyLines(out, Set.of());
    assertThat(out.text()).isEqualTo(HOST + "A: 1\r\nD: 4\r\nF: 6\r\n");
  }

  /** Backends that read {@code _} as {@code -} must not take a caller's word for Aegis'. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "X_User_Id",
        "x_user-id",
        "X-USER_ROLES",
        "x_tenant_id",
        "X_Forwarded_For",
        "X_Request_Id",
        "Content_Length",
        "transfer_encoding",
        "user_agent",
        "X_Real_IP"
      })
  void dropsAliasesWithUnderscores(String name) throws Exception {
    RequestHead head = read("GET / HTTP/1.1\r\n" + HOST + name + ": 7\r\nA: b\r\n\r\n");
    Written out = new Written();
    head.copyLines(out, Set.of());
    assertThat(out.text()).isEqualTo(HOST + "A: b\r\n");
    assertThat(head.contentLength()).isEqualTo(-1);
    assertThat(head.chunked()).isFalse();
    for (Field field : EnumSet.allOf(Field.class)) {
      if (field != Field.HOST && field != Field.KEEP_ALIVE) {
        assertThat(head.value(field)).as(field.text()).isNull();
      }
    }
  }

  @Test
  void passesUnknownNamesWithUnderscores() throws Exception {
    RequestHead head = read("GET / HTTP/1.1\r\n" + HOST + "my_own: 7\r\n\r\n");
    Written out = new Written();
    head.copyLines(out, Set.of());
    assertThat(out.text()).isEqualTo(HOST + "my_own: 7\r\n");
  }

  @Test
  void findsEachFieldInAnyLetters() throws Exception {
    for (Field field : Field.values()) {
      byte[] name = Pieces.latin1(field.text().toUpperCase(java.util.Locale.ROOT));
      assertThat(Field.of(Field.hash(name, 0, name.length), name, 0, name.length)).isEqualTo(field);
      byte[] longer = Pieces.latin1(field.text() + "x");
      assertThat(Field.of(Field.hash(longer, 0, longer.length), longer, 0, longer.length)).isNull();
    }
  }

  /** RFC 9110 section 10.1.1: HTTP/1.0 has no 100, and other expectations are not this one. */
  @ParameterizedTest
  @CsvSource({"1.1,100-continue,true", "1.0,100-continue,false", "1.1,200-ok,false"})
  void knowsWhoWaitsForContinue(String version, String expect, boolean waits) throws Exception {
    RequestHead head =
        read("POST / HTTP/" + version + "\r\n" + HOST + "Expect: " + expect + "\r\n\r\n");
    assertThat(head.expectsContinue()).isEqualTo(waits);
  }

  @Test
  void takesHeadsUpToTheBounds() throws Exception {
    String line = "GET /" + "a".repeat(RequestHead.MAX_REQUEST_LINE - 16) + " HTTP/1.1\r\n";
    assertThat(line.length()).isEqualTo(RequestHead.MAX_REQUEST_LINE);
    assertThat(read(line + HOST + "\r\n").host()).isEqualTo("a.test");
    String many = "GET / HTTP/1.1\r\n" + HOST + "X: y\r\n".repeat(Head.MAX_LINES - 1) + "\r\n";
    assertThat(read(many).value("x")).isEqualTo("y");
    String start = "GET / HTTP/1.1\r\n" + HOST + "X: ";
    String large = start + "a".repeat(Head.MAX_BYTES - start.length() - 4) + "\r\n\r\n";
    assertThat(read(large).host()).isEqualTo("a.test");
  }

  private static RequestHead read(String text) throws IOException, BadMessage {
    RequestHead head = new RequestHead();
    assertThat(head.read(Pieces.of(text))).isTrue();
    return head;
  }
}
