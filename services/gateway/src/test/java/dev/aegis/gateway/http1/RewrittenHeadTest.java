package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** A head whose path was changed. */
final class RewrittenHeadTest {
  private static RequestHead read(String text) throws Exception {
    RequestHead head = new RequestHead();
    head.read(Input.stored(text.getBytes(StandardCharsets.ISO_8859_1)));
    return head;
  }

  @Test
  void allButThePathStaysAndWhatCameIsKept() throws Exception {
    RequestHead came =
        read(
            "PUT /a%7e?q HTTP/1.1\r\nHost: A.test:80\r\nX_b:  \u00e4 \r\nTransfer-Encoding: chunked\r\n\r\n");
    RequestHead other = came.rewritten("/b/./c", "r=1").rewritten("/d", "");
    assertThat(other.path()).isEqualTo("/d");
    assertThat(other.query()).isEmpty();
    assertThat(other.method()).isEqualTo("PUT");
    assertThat(other.host()).isEqualTo("a.test");
    assertThat(other.authority()).isEqualTo("A.test:80");
    assertThat(other.chunked()).isTrue();
    assertThat(other.namesAndValues()).isEqualTo(came.namesAndValues());
    assertThat(other.came()).isSameAs(came);
    assertThat(other.came().target()).isEqualTo("/a%7e?q");
    assertThat(came.came()).isSameAs(came);
  }

  @Test
  void aHostThatOnlyTheTargetNamesStays() throws Exception {
    RequestHead other = read("GET http://a.test/x HTTP/1.0\r\n\r\n").rewritten("/y", "");
    assertThat(other.host()).isEqualTo("a.test");
    assertThat(other.path()).isEqualTo("/y");
    assertThat(other.minorVersion()).isZero();
  }
}
