package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.events.Blame;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Routes that rewrite the path, send callers elsewhere, or are out of service. */
final class RouteAnswersTest {
  private static HttpMessage ask(HttpProbe caller, String line) throws Exception {
    caller.send(line + " HTTP/1.1\r\nHost: A.test:81\r\n\r\n");
    return caller.read();
  }

  @Test
  void theUpstreamGetsTheRewrittenPath() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.route(
          Map.of("paths", List.of("/old/*/**"), "rewrite", Map.of("path", "/new/{1}/{rest}")));
      assertThat(ask(caller, "GET /old/x/a/../b?q=%2e").status()).isEqualTo(200);
      assertThat(backend.received().getFirst().target()).isEqualTo("/new/x/b?q=%2e");
      assertThat(gateway.finished(1).getFirst().event().path()).isEqualTo("/old/x/b");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "301,https://{host}/n{path}{query},https://a.test/n/old/x?q=1",
    "302,https://new.test:8443{path},https://new.test:8443/old/x",
    "303,/done{query},/done?q=1",
    "307,/n{path}/,/n/old/x/",
    "308,http://new.test/,http://new.test/"
  })
  void sendsCallersElsewhere(int status, String to, String location) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.route(Map.of("redirect", Map.of("status", status, "to", to)));
      for (int i = 0; i < 2; i++) {
        HttpMessage reply = ask(caller, "GET /old/x?q=1");
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.field("Location")).isEqualTo(location);
        assertThat(reply.body()).isEmpty();
      }
      caller.send("POST /old/x?q=1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi");
      assertThat(caller.read().field("Location")).isEqualTo(location);
      assertThat(backend.connections()).isZero();
      assertThat(gateway.finished(3))
          .allSatisfy(
              each -> {
                assertThat(each.event().status()).isEqualTo(status);
                assertThat(each.event().code()).isNull();
                assertThat(each.event().upstreamId()).isNull();
                assertThat(each.event().blame()).isEqualTo(Blame.NONE);
              });
    }
  }

  @Test
  void asksWhoItIsBeforeItSendsAnybodyAway() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.trust();
      gateway.route(Map.of("auth", "jwt", "redirect", Map.of("to", "/x")));
      HttpMessage reply = ask(caller, "GET /");
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.field("Location")).isNull();
    }
  }

  @Test
  void saysThatItIsOutOfService() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.route(
          Map.of(
              "auth",
              "jwt",
              "maintenance",
              Map.of("retry_after_s", 120, "message", "Back \"soon\"")));
      HttpMessage reply = ask(caller, "GET /"); // without credentials
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.field("Retry-After")).isEqualTo("120");
      assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
      assertThat(reply.text())
          .contains("\"code\":\"maintenance\"", "\"detail\":\"Back \\\"soon\\\"\"");
      gateway.route(Map.of("auth", "jwt", "maintenance", Map.of("status", 500)));
      reply = ask(caller, "GET /");
      assertThat(reply.status()).isEqualTo(500);
      assertThat(reply.field("Retry-After")).isNull();
      gateway.route(Map.of());
      assertThat(ask(caller, "GET /").status()).isEqualTo(200);
      assertThat(gateway.finished(3).getFirst().event().code()).isEqualTo("maintenance");
    }
  }
}
