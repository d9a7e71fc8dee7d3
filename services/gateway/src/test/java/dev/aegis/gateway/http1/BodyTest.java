package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies by RFC 9112 sections 6.3 and 7.1, and what smugglers make of them. */
final class BodyTest {
  private static final String CHUNKED =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

  record Row(String rule, String body, BadMessage.Kind kind) {
    @Override
    public String toString() {
      return rule;
    }
  }

  private static Row bad(String rule, String body) {
    return new Row(rule, body, BadMessage.Kind.MALFORMED);
  }

  private static Row early(String rule, String body) {
    return new Row(rule, body, BadMessage.Kind.INCOMPLETE);
  }

  static List<Row> refused() {
    return List.of(
        bad("7.1 no size", "\r\na\r\n0\r\n\r\n"),
        bad("7.1 no hex", "g\r\na\r\n0\r\n\r\n"),
        bad("7.1 a sign", "+1\r\na\r\n0\r\n\r\n"),
        bad("7.1 a negative size", "-1\r\na\r\n0\r\n\r\n"),
        bad("7.1 0x", "0x1\r\na\r\n0\r\n\r\n"),
        bad("7.1 an underscore", "1_0\r\na\r\n0\r\n\r\n"),
        bad("7.1 a space before the size", " 1\r\na\r\n0\r\n\r\n"),
        bad("7.1 a space behind the size", "1 \r\na\r\n0\r\n\r\n"),
        bad("7.1 a tab behind the size", "1\t\r\na\r\n0\r\n\r\n"),
        bad("7.1 a size with a raw byte", "1\u00b9\r\na\r\n0\r\n\r\n"),
        bad("7.1 a size that overflows an int", "1".repeat(16) + "\r\na\r\n0\r\n\r\n"),
        bad("7.1 a size of many zeros", "0".repeat(400) + "1\r\na\r\n0\r\n\r\n"),
        bad("7.1 bare LF behind the size", "1\na\r\n0\r\n\r\n"),
        bad("7.1 bare CR behind the size", "1\ra\r\n0\r\n\r\n"),
        bad("7.1 bare LF behind the data", "1\r\na\n0\r\n\r\n"),
        bad("7.1 nothing behind the data", "1\r\na0\r\n\r\n"),
        bad("7.1 other bytes behind the data", "1\r\naXY0\r\n\r\n"),
        bad("7.1 more data than said", "1\r\nab\r\n0\r\n\r\n"),
        bad("7.1 bare LF behind the last chunk", "0\n\r\n"),
        bad("7.1 bare LF as the end", "0\r\n\n"),
        bad("7.1 bare CR as the end", "0\r\n\rX"),
        bad("7.1.1 an extension with a bare LF", "1;a=b\n\r\na\r\n0\r\n\r\n"),
        bad("7.1.1 an extension with a bare CR", "1;a\rb\r\na\r\n0\r\n\r\n"),
        bad("7.1.1 an extension with a NUL", "1;\0\r\na\r\n0\r\n\r\n"),
        bad("7.1.1 an endless extension", "1;" + "x".repeat(300) + "\r\na\r\n0\r\n\r\n"),
        bad("7.1.2 a trailer without colon", "0\r\nX\r\n\r\n"),
        bad("7.1.2 a trailer without name", "0\r\n: y\r\n\r\n"),
        bad("7.1.2 a space before the colon", "0\r\nX : y\r\n\r\n"),
        bad("7.1.2 a folded trailer", "0\r\nX: y\r\n z\r\n\r\n"),
        bad("7.1.2 a bare LF in a trailer", "0\r\nX: y\n\r\n"),
        bad("7.1.2 a NUL in a trailer", "0\r\nX: \0\r\n\r\n"),
        bad("7.1.2 a request as trailer", "0\r\nGET / HTTP/1.1\r\nX: y\r\n\r\n"),
        new Row(
            "7.1.2 an endless trailer",
            "0\r\n" + ("X: " + "y".repeat(100) + "\r\n").repeat(100) + "\r\n",
            BadMessage.Kind.HEAD_TOO_LARGE),
        early("8 nothing", ""),
        early("8 only a size", "1"),
        early("8 no data", "1\r\n"),
        early("8 less data", "3\r\nab"),
        early("8 no CRLF behind the data", "1\r\na"),
        early("8 no last chunk", "1\r\na\r\n"),
        early("8 half a last chunk", "1\r\na\r\n0\r\n"),
        early("8 half an end", "1\r\na\r\n0\r\n\r"),
        early("8 half a trailer", "0\r\nX: y"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhateverThePieces(Row row) throws Exception {
    String message = CHUNKED + row.body();
    int step = message.length() > 2000 ? 97 : 1;
    for (int cut = CHUNKED.length(); cut <= message.length(); cut += step) {
      assertRefused(row, Pieces.split(message, cut));
    }
    assertRefused(row, Pieces.single(message));
  }

  private static void assertRefused(Row row, Input input) throws Exception {
    Body body = request(input);
    assertThatThrownBy(body::discard)
        .isInstanceOfSatisfying(BadMessage.class, e -> assertThat(e.kind()).isEqualTo(row.kind()));
    assertThat(body.done()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5\r\nhello\r\n0\r\n\r\n",
        "1\r\nh\r\n4\r\nello\r\n0\r\n\r\n",
        "00005\r\nhello\r\n000\r\n\r\n",
        "5;ext\r\nhello\r\n0;a=\"b\"\r\n\r\n",
        "5;a=b;c\t=d\r\nhello\r\n0\r\nX: y\r\nz-z:\r\n\r\n",
        "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n"
      })
  void takesTheFramingOff(String framed) throws Exception {
    String message = CHUNKED + framed + "GET";
    for (int cut = 0; cut <= message.length(); cut++) {
      assertHello(Pieces.split(message, cut));
    }
    assertHello(Pieces.single(message));
  }

  private static void assertHello(Pieces input) throws Exception {
    Body body = request(input);
    assertThat(body.length()).isEqualTo(-1);
    Written out = new Written();
    body.relay(out, false);
    assertThat(out.text()).isEqualTo("hello");
    assertThat(body.done()).isTrue();
    assertThat(body.taken()).isEqualTo(5);
    assertThat(input.rest()).isEqualTo("GET");
  }

  /** However a body is chunked and comes in, it goes on as the same bytes in sound chunks. */
  @Property(tries = 500)
  void goesOnInSoundChunks(
      @ForAll @Size(max = 6) List<@StringLength(min = 1, max = 70) String> chunks,
      @ForAll @IntRange(min = 0, max = 600) int cut,
      @ForAll @IntRange(min = 1, max = 80) int buffer)
      throws Exception {
    StringBuilder framed = new StringBuilder(CHUNKED);
    StringBuilder plain = new StringBuilder();
    for (String chunk : chunks) {
      String bytes = new String(Pieces.latin1(chunk), java.nio.charset.StandardCharsets.ISO_8859_1);
      framed
          .append(Integer.toHexString(bytes.length()))
          .append("\r\n")
          .append(bytes)
          .append("\r\n");
      plain.append(bytes);
    }
    String message = framed + "0\r\n\r\n" + "rest";
    Pieces input = Pieces.split(message, Math.min(cut, message.length()));
    Written out = new Written(1, buffer);
    request(input).relay(out, true);
    assertThat(input.rest()).isEqualTo("rest");

    Pieces again = Pieces.of(CHUNKED + out.text());
    Written read = new Written();
    request(again).relay(read, false);
    assertThat(read.text()).isEqualTo(plain.toString());
    assertThat(again.rest()).isEmpty();
  }

  @Test
  void endsAtItsLength() throws Exception {
    String message = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET";
    for (int cut = 0; cut <= message.length(); cut++) {
      Pieces input = Pieces.split(message, cut);
      Body body = request(input);
      assertThat(body.length()).isEqualTo(5);
      assertThat(body.done()).isFalse();
      Written out = new Written();
      body.gather(out);
      assertThat(out.writes()).isZero();
      assertThat(out.pending()).isEqualTo(5);
      assertThat(out.text()).isEqualTo("hello");
      assertThat(body.done()).isTrue();
      assertThat(input.rest()).isEqualTo("GET");
    }
  }

  @Test
  void isIncompleteWhenItsLengthIsNotReached() throws Exception {
    Body body = request(Pieces.of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"));
    assertThatThrownBy(body::discard)
        .isInstanceOfSatisfying(
            BadMessage.class, e -> assertThat(e.kind()).isEqualTo(BadMessage.Kind.INCOMPLETE));
    assertThat(body.done()).isFalse();
  }

  @Test
  void isEmptyWithoutFraming() throws Exception {
    Pieces input = Pieces.of("POST / HTTP/1.1\r\nHost: a\r\n\r\nGET");
    Body body = request(input);
    assertThat(body.done()).isTrue();
    assertThat(body.length()).isZero();
    body.discard();
    assertThat(input.rest()).isEqualTo("GET");
  }

  /** RFC 9112 section 6.3, the cases in their order. */
  @ParameterizedTest
  @CsvSource({
    "HEAD,200,Content-Length: 5,0,false",
    "HEAD,200,Transfer-Encoding: chunked,0,false",
    "HEAD,200,X: y,0,false",
    "GET,204,Content-Length: 5,0,false",
    "GET,304,Content-Length: 5,0,false",
    "GET,103,X: y,0,false",
    "GET,200,Content-Length: 5,5,false",
    "GET,200,Content-Length: 0,0,false",
    "GET,200,Transfer-Encoding: chunked,-1,false",
    "GET,200,X: y,-1,true",
    "GET,404,X: y,-1,true"
  })
  void knowsWhereRepliesEnd(String method, int status, String line, long length, boolean untilClose)
      throws Exception {
    ResponseHead head = new ResponseHead();
    Pieces input = Pieces.of("HTTP/1.1 " + status + " x\r\n" + line + "\r\n\r\n");
    assertThat(head.read(input)).isTrue();
    Body body = Body.of(head, method, input);
    assertThat(body.length()).isEqualTo(length);
    assertThat(body.untilClose()).isEqualTo(untilClose);
    assertThat(body.done()).isEqualTo(length == 0);
  }

  @Test
  void endsWithItsConnection() throws Exception {
    ResponseHead head = new ResponseHead();
    Pieces input = Pieces.single("HTTP/1.1 200 x\r\n\r\nhello");
    assertThat(head.read(input)).isTrue();
    Body body = Body.of(head, "GET", input);
    Written out = new Written();
    body.relay(out, true);
    assertThat(out.text()).isEqualTo("1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n");
    assertThat(body.done()).isTrue();
  }

  private static Body request(Input input) throws IOException, BadMessage {
    RequestHead head = new RequestHead();
    assertThat(head.read(input)).isTrue();
    return Body.of(head, input);
  }
}
