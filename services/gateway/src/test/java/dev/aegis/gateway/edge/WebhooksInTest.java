package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Repository;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Webhooks that the public library {@code standardwebhooks} has signed, on their way in. */
final class WebhooksInTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String BODY = "{\"type\": \"paid\",\n \"amount\": 1.50, \"who\": \"Zoë\"}";
  private static final Pattern SIGNED = Pattern.compile("^signed (.+)$");

  private static String signed(String id, long time, String body) throws Exception {
    Path library = Repository.root().resolve(".peers/npm/node_modules/standardwebhooks");
    assertThat(Files.exists(library.resolve("package.json")))
        .as("the npm library standardwebhooks is needed: scripts/peers fetches it")
        .isTrue();
    String script =
        "const [library, secret, id, time, body] = process.argv.slice(1);"
            + "const { Webhook } = require(library);"
            + "console.log('signed ' + new Webhook(secret).sign(id, new Date(time * 1000), body));";
    List<String> command =
        List.of("node", "-e", script, library.toString(), SECRET, id, Long.toString(time), body);
    try (ChildProcess node = ChildProcess.start(command, Map.of())) {
      return node.awaitLine(SIGNED, Duration.ofSeconds(60)).group(1);
    }
  }

  private static HttpMessage post(
      GatewayInProcess gateway, String id, long time, String signature, String body)
      throws Exception {
    return HttpProbe.once(
        gateway.port(),
        "POST /hooks HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: "
            + body.getBytes(UTF_8).length
            + "\r\nwebhook-id: "
            + id
            + "\r\nwebhook-timestamp: "
            + time
            + "\r\nwebhook-signature: "
            + signature
            + "\r\n\r\n"
            + new String(body.getBytes(UTF_8), ISO_8859_1));
  }

  private static void refused(HttpMessage reply, String detail) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(401);
    assertThat(reply.text()).contains("\"plugin_refused\"", detail);
  }

  @Test
  void passOnceWithTheirExactBytesAndElseNothingIsSentOn() throws Exception {
    try (StubUpstream backend =
            StubUpstream.start((request, exchange) -> exchange.reply(204, List.of(), new byte[0]));
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.put(
          "tenants/a/plugins/w",
          Map.of(
              "id",
              "w",
              "plugin",
              "webhook_verification",
              "config",
              Map.of(
                  "scheme", "standard_webhooks", "secrets", List.of(SECRET), "max_bytes", 1_000)));
      long now = Instant.now().getEpochSecond();
      String signature = signed("msg_1", now, BODY);
      refused(post(gateway, "msg_1", now, signature, BODY.replace("1.50", "1.5")), "not match");
      refused(post(gateway, "msg_2", now, signature, BODY), "not match");
      refused(post(gateway, "msg_1", now - 301, signature, BODY), "out of time");
      refused(post(gateway, "msg_1", now, "v1,AAAA", BODY), "cannot be read");
      assertThat(post(gateway, "msg_1", now, signature, "x".repeat(1_001)).status()).isEqualTo(413);
      HttpMessage none =
          HttpProbe.once(
              gateway.port(), "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
      refused(none, "not signed");
      assertThat(backend.received()).isEmpty();

      assertThat(post(gateway, "msg_1", now, signature, BODY).status()).isEqualTo(204);
      assertThat(backend.received().getFirst().text()).isEqualTo(BODY);
      refused(post(gateway, "msg_1", now, signature, BODY), "came before");
      String later = signed("msg_1", now + 1, BODY);
      assertThat(post(gateway, "msg_1", now + 1, later, BODY).status()).isEqualTo(204);
      String empty = signed("msg_3", now, "");
      assertThat(post(gateway, "msg_3", now, empty, "").status()).isEqualTo(204);
      assertThat(backend.received()).hasSize(3);
    }
  }
}
