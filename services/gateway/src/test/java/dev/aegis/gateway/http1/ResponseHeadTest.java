package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as the head of a backend's reply. */
final class ResponseHeadTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\nxx",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1 -20 OK\r\n\r\n",
        "HTTP/1.1 200\tOK\r\n\r\n",
        "HTTP/1.1 200 O\0K\r\n\r\n",
        "HTTP/1.1 200 OK\n\r\n\r\n",
        "HTTP/1.1 200 OK\rX\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        " HTTP/1.1 200 OK\r\n\r\n",
        "garbage\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 1\r\n\r\n"
      })
  void refuses(String head) {
    for (int cut = 0; cut < head.length(); cut++) {
      Pieces pieces = Pieces.split(head, cut);
      assertThatThrownBy(() -> new ResponseHead().read(pieces))
          .as("cut at %d", cut)
          .isInstanceOfSatisfying(
              BadMessage.class, e -> assertThat(e.kind()).isEqualTo(BadMessage.Kind.MALFORMED));
    }
  }

  @Test
  void readsTheSameWhateverThePieces() throws Exception {
    String text =
        "HTTP/1.1 404 N\u00f6t found\r\n"
            + "Content-Length: 7\r\n"
            + "Connection: x\r\n"
            + "X: 1\r\n"
            + "Set-Cookie: a\r\n"
            + "Set-Cookie: b\r\n"
            + "Keep-Alive: 5\r\n\r\n";
    for (int cut = 0; cut <= text.length(); cut++) {
      ResponseHead head = new ResponseHead();
      assertThat(head.read(Pieces.split(text, cut))).isTrue();
      assertThat(head.status()).isEqualTo(404);
      assertThat(head.contentLength()).isEqualTo(7);
      assertThat(head.persistent()).isTrue();
      Written out = new Written();
      head.copyStatusLine(out);
      head.copyLines(out, Set.of(Field.CONTENT_LENGTH));
      assertThat(out.text())
          .isEqualTo("HTTP/1.1 404 N\u00f6t found\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.1 200','HTTP/1.1 200 '",
    "'HTTP/1.1 200 ','HTTP/1.1 200 '",
    "'HTTP/1.0 599 a b','HTTP/1.1 599 a b'"
  })
  void speaksItsOwnVersion(String line, String sent) throws Exception {
    ResponseHead head = new ResponseHead();
    assertThat(head.read(Pieces.of(line + "\r\n\r\n"))).isTrue();
    Written out = new Written();
    head.copyStatusLine(out);
    assertThat(out.text()).isEqualTo(sent + "\r\n");
  }

  /** RFC 9112 section 9.3. */
  @ParameterizedTest
  @CsvSource({
    "1.1,x,true",
    "1.1,close,false",
    "1.0,x,false",
    "1.0,keep-alive,true",
    "1.0,'close,keep-alive',false"
  })
  void knowsWhetherTheConnectionGoesOn(String version, String connection, boolean goesOn)
      throws Exception {
    ResponseHead head = new ResponseHead();
    String text = "HTTP/" + version + " 200 OK\r\nConnection: " + connection + "\r\n\r\n";
    assertThat(head.read(Pieces.of(text))).isTrue();
    assertThat(head.persistent()).isEqualTo(goesOn);
  }
}
