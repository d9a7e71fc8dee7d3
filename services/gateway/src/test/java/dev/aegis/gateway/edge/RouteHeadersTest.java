package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Routes that change headers. */
final class RouteHeadersTest {
  private static final Map<String, ?> EDITS =
      Map.of(
          "set", Map.of("X-Set", "ours"),
          "add", Map.of("X-Add", "more"),
          "remove", List.of("X-Gone"));

  @Test
  void changesWhatEachSideGets() throws Exception {
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(
                        200,
                        List.of("x-set: theirs", "X-Add: 1", "X-GONE: 1", "X-Kept: 1"),
                        new byte[0]));
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.route(Map.of("request_headers", EDITS, "response_headers", EDITS));
      for (int i = 0; i < 2; i++) {
        caller.send(
            "GET / HTTP/1.1\r\nHost: a.test\r\nX-Set: a\r\nx_set: b\r\nX-Kept: 1\r\nx-add: 1\r\n"
                + "X-Gone: 1\r\nx-gone: 2\r\nX-Gone-Not: 1\r\n\r\n");
        HttpMessage reply = caller.read();
        assertThat(reply.fields("X-Set")).containsExactly("ours");
        assertThat(reply.fields("X-Add")).containsExactly("1", "more");
        assertThat(reply.fields("X-Gone")).isEmpty();
        assertThat(reply.fields("X-Kept")).containsExactly("1");
      }
      HttpMessage request = backend.received().getFirst();
      assertThat(request.fields("X-Set")).containsExactly("ours");
      assertThat(request.fields("x_set")).isEmpty();
      assertThat(request.fields("X-Add")).containsExactly("1", "more");
      assertThat(request.fields("X-Gone")).isEmpty();
      assertThat(request.fields("X-Gone-Not")).containsExactly("1");
      assertThat(request.fields("X-Kept")).containsExactly("1");
    }
  }
}
