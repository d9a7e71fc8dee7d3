package dev.aegis.gateway.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which replies are kept, and how long they are fresh (RFC 9111 sections 3 and 4.2). */
final class TermsTest {
  /** Asked at 49:37 and answered two seconds later. */
  private static final Instant ANSWERED = Instant.parse("1994-11-06T08:49:39Z");

  private static @Nullable Terms terms(boolean withCredentials, int status, String lines)
      throws Exception {
    String text = "HTTP/1.1 " + status + " X\r\n" + lines.replace("^", "\r\n") + "\r\n\r\n";
    ResponseHead head = new ResponseHead();
    head.read(Input.stored(text.getBytes(StandardCharsets.ISO_8859_1)));
    return Terms.of(head, withCredentials, ANSWERED.minusSeconds(2), ANSWERED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Cache-Control: max-age=60 | 60 | 2",
        "cache-control: MAX-AGE=60 | 60 | 2",
        "Cache-Control: max-age=\"60\" | 60 | 2",
        "Cache-Control: max-age=60, s-maxage=10 | 10 | 2",
        "Cache-Control: s-maxage=60^Cache-Control: max-age=1 | 60 | 2",
        "Cache-Control: max-age=60, max-age=30 | 30 | 2",
        "Cache-Control: ,, max-age=60 ,x=\"a,no-store\" | 60 | 2",
        "Cache-Control: max-age=99999999999999999999 | 2147483647 | 2",
        "Cache-Control: max-age=60^Expires: 0 | 60 | 2",
        "Expires: Sun, 06 Nov 1994 08:50:39 GMT | 60 | 2",
        "Expires: Sunday, 06-Nov-94 08:50:39 GMT | 60 | 2",
        "Expires: Sun Nov  6 08:50:39 1994 | 60 | 2",
        "Expires: Sun, 06 Nov 1994 08:50:39 GMT^Date: Sun, 06 Nov 1994 08:49:29 GMT | 70 | 10",
        "Cache-Control: max-age=60^Date: Sun, 06 Nov 1994 08:49:09 GMT | 60 | 30",
        "Cache-Control: max-age=60^Date: Sun, 06 Nov 1994 09:49:09 GMT | 60 | 2",
        "Cache-Control: max-age=60^Date: today | 60 | 2",
        "Cache-Control: max-age=60^Age: 40 | 60 | 42",
        "Cache-Control: max-age=60^Age: 3^Date: Sun, 06 Nov 1994 08:49:09 GMT | 60 | 30",
        "Cache-Control: max-age=60^Age: old | 60 | 2"
      })
  void isFreshForAsLongAsItSays(String lines, long lifetime, long age) throws Exception {
    Terms terms = terms(false, 200, lines);
    assertThat(terms).isNotNull();
    assertThat(terms.lifetime()).isEqualTo(lifetime);
    assertThat(terms.age()).isEqualTo(age);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Nothing: said",
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
        "Cache-Control: public",
        "Cache-Control: max-age=0",
        "Cache-Control: max-age=2",
        "Cache-Control: max-age=-1",
        "Cache-Control: max-age",
        "Cache-Control: max-age=6x",
        "Cache-Control: max-age=60, s-maxage=0",
        "Cache-Control: max-age=60, s-maxage=soon",
        "Cache-Control: max-age=60, no-store",
        "Cache-Control: max-age=60^Cache-Control: No-Store",
        "Cache-Control: max-age=60, no-cache",
        "Cache-Control: max-age=60, no-cache=\"x-a, x-b\"",
        "Cache-Control: private, max-age=60, public",
        "Cache-Control: max-age=60, private=\"x-a\"",
        "Cache-Control: max-age=60, x=\"",
        "Cache-Control: max-age=60^Set-Cookie: a=b",
        "Cache-Control: max-age=60^Content-Range: bytes 0-1/2",
        "Cache-Control: max-age=60^Vary: *",
        "Cache-Control: max-age=60^Vary: Accept, *",
        "Cache-Control: max-age=60^Vary: X-User-Id",
        "Cache-Control: max-age=60^Vary: x_user_roles",
        "Cache-Control: max-age=60^Vary: X-Forwarded-For",
        "Cache-Control: max-age=60^Vary: Via",
        "Cache-Control: max-age=60^Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
        "Cache-Control: max-age=60^Age: 60",
        "Expires: 0",
        "Expires: Sun, 06 Nov 1994 08:49:37 GMT",
        "Expires: Sun, 06 Nov 1994 08:50:39 GMT^Expires: Sun, 06 Nov 1994 08:50:39 GMT",
        "Pragma: no-cache"
      })
  void isNotKept(String lines) throws Exception {
    assertThat(terms(false, 200, lines)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "200,true",
    "203,true",
    "204,true",
    "300,true",
    "301,true",
    "308,true",
    "404,true",
    "410,true",
    "201,false",
    "206,false",
    "302,false",
    "304,false",
    "307,false",
    "400,false",
    "401,false",
    "405,false",
    "500,false",
    "503,false"
  })
  void onlySomeStatuses(int status, boolean kept) throws Exception {
    assertThat(terms(false, status, "Cache-Control: max-age=60") != null).isEqualTo(kept);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max-age=60 | false",
        "max-age=60, public | true",
        "max-age=60, must-revalidate | true",
        "s-maxage=60 | true",
        "max-age=60, proxy-revalidate | false"
      })
  void credentialsAreForOneUnlessItSaysOtherwise(String says, boolean kept) throws Exception {
    assertThat(terms(true, 200, "Cache-Control: " + says) != null).isEqualTo(kept);
    Terms without = terms(false, 200, "Cache-Control: " + says);
    assertThat(without).isNotNull();
    assertThat(without.withCredentials()).isEqualTo(kept);
  }

  @Test
  void variesByEachNameOnce() throws Exception {
    Terms terms = terms(false, 200, "Cache-Control: max-age=60^Vary: Accept,^Vary: X-A, accept");
    assertThat(terms).isNotNull();
    assertThat(terms.varyBy()).containsExactly("accept", "x-a");
  }
}
