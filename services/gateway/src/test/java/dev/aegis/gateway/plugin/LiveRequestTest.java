package dev.aegis.gateway.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.plugin.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A request as plugins see it. */
final class LiveRequestTest {
  private static LiveRequest request(String target) throws Exception {
    RequestHead head = new RequestHead();
    String text =
        "GET "
            + target
            + " HTTP/1.1\r\nHost: a.test\r\nX-Two: 1\r\nx-two: 2\r\nX-API-Key: k\r\n\r\n";
    head.read(Input.stored(text.getBytes(StandardCharsets.ISO_8859_1)));
    return new LiveRequest(head, "id", "a", "r", "127.0.0.1", false, "", new Object());
  }

  @Test
  void isWhatThePluginApiPromises() throws Exception {
    LiveRequest live = request("/a/../b?x=%31&y");
    for (Request each : List.of(live, live.copied())) {
      assertThat(each.path()).isEqualTo("/b");
      assertThat(each.query()).isEqualTo("x=%31&y");
      assertThat(each.headers("X-TWO")).containsExactly("1", "2");
      assertThat(each.headers("x-api-key")).isEmpty();
      assertThat(each.header("X-None")).isEmpty();
    }
    assertThat(request("/b").query()).isEmpty();
    assertThat(request("/b?").query()).isEmpty();
  }
}
