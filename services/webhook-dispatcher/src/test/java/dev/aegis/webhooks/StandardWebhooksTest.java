package dev.aegis.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Repository;
import dev.aegis.testkit.StubUpstream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the public library {@code standardwebhooks} says of deliveries, in a receiver on Node.js.
 */
final class StandardWebhooksTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Pattern LISTENS = Pattern.compile("^listening on (\\d+)$");

  @TempDir private Path folder;

  @Test
  void acceptsDeliveriesAndRejectsWhatWasChanged() throws Exception {
    try (Scene scene = new Scene(folder);
        WebhooksService service = new WebhooksService(scene.settings("100ms"));
        ChildProcess receiver = ChildProcess.start(receiver(), Map.of());
        StubUpstream copy = StubUpstream.answering("")) {
      int port = Integer.parseInt(receiver.awaitLine(LISTENS, BOUND).group(1));
      scene.tenant("acme");
      scene.endpoint("acme", "node", "http://127.0.0.1:" + port + "/hooks");
      scene.endpoint("acme", "copy", copy.url());
      service.start();

      scene.limited("acme", 3);

      receiver.awaitLine(Pattern.compile("^accepted rate_limit.exceeded "), BOUND);
      int api = service.listeners().getFirst().uri().getPort();
      await()
          .atMost(BOUND)
          .until(
              () ->
                  scene
                      .deliveries(api, "acme", "node")
                      .path(0)
                      .path("state")
                      .asText()
                      .equals("delivered"));

      await().atMost(BOUND).until(() -> !copy.received().isEmpty());
      HttpMessage sent = copy.received().getFirst();
      String id = sent.field("webhook-id");
      String time = sent.field("webhook-timestamp");
      String signature = sent.field("webhook-signature");
      String body = sent.text();
      assertThat(post(port, id, time, signature, body)).isEqualTo(204);
      assertThat(post(port, id, time, signature, body.replace("\"count\":3", "\"count\":4")))
          .isEqualTo(401);
      assertThat(post(port, id + "0", time, signature, body)).isEqualTo(401);
      assertThat(post(port, id, Long.toString(Long.parseLong(time) - 1), signature, body))
          .isEqualTo(401);
      assertThat(post(port, id, time, "v1,AAAA", body)).isEqualTo(401);
    }
  }

  private static List<String> receiver() {
    Path library = Repository.root().resolve(".peers/npm/node_modules/standardwebhooks");
    assertThat(Files.exists(library.resolve("package.json")))
        .as("the npm library standardwebhooks is needed: scripts/peers fetches it")
        .isTrue();
    return List.of(
        "node",
        Repository.root()
            .resolve("services/webhook-dispatcher/src/test/node/receiver.cjs")
            .toString(),
        library.toString(),
        Scene.SECRET);
  }

  private static int post(int port, String id, String time, String signature, String body)
      throws Exception {
    return HttpProbe.once(
            port,
            "POST /hooks HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length
                + "\r\nwebhook-id: "
                + id
                + "\r\nwebhook-timestamp: "
                + time
                + "\r\nwebhook-signature: "
                + signature
                + "\r\n\r\n"
                + body)
        .status();
  }
}
