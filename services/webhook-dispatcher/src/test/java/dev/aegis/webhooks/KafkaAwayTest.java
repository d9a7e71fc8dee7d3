package dev.aegis.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Kafka that goes and comes, and dispatchers that share the work. */
final class KafkaAwayTest {
  private static final Duration BOUND = Duration.ofSeconds(90);

  @TempDir private Path folder;

  @Test
  void goesOnWhenKafkaIsBackAndBlamesNoReceiver() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch gone = new CountDownLatch(1);
    try (Scene scene = new Scene(folder);
        StubUpstream receiver =
            StubUpstream.start(
                (request, exchange) -> {
                  if (calls.incrementAndGet() == 1) {
                    gone.await();
                  }
                  exchange.reply(200, List.of(), new byte[0]);
                });
        WebhooksService service = new WebhooksService(scene.settings("1s"))) {
      scene.tenant("acme");
      scene.endpoint("acme", "hook", receiver.url());
      service.start();
      int port = service.listeners().getFirst().uri().getPort();
      scene.limited("acme", 1);
      await().atMost(BOUND).until(() -> calls.get() == 1);

      scene.kafka.stop();
      gone.countDown();
      for (int i = 0; i < 5; i++) {
        scene.limited("acme", 10 + i);
      }
      await().atMost(BOUND).until(() -> status(port).contains("\"kafka\":\"down\""));
      assertThat(calls).hasValue(1);
      scene.kafka.restart();

      await()
          .atMost(BOUND)
          .until(
              () -> {
                List<String> states =
                    scene.deliveries(port, "acme", "hook").findValuesAsText("state");
                return states.size() == 6
                    && states.stream().allMatch(state -> state.equals("delivered"));
              });
      for (JsonNode delivery : scene.deliveries(port, "acme", "hook")) {
        assertThat(delivery.path("attempts")).hasSize(1);
      }
      await().atMost(BOUND).until(() -> status(port).contains("\"kafka\":\"up\""));
    }
  }

  @Test
  void sharesTheWorkAndTakesItOver() throws Exception {
    try (Scene scene = new Scene(folder);
        StubUpstream receiver = StubUpstream.answering("thanks");
        WebhooksService second =
            new WebhooksService(
                scene.settings("1s").with(CommonSettings.DATA, folder.resolve("other")))) {
      scene.tenant("acme");
      for (int i = 0; i < 12; i++) {
        scene.endpoint("acme", "hook" + i, receiver.url() + "/" + i);
      }
      second.start();
      int two = second.listeners().getFirst().uri().getPort();

      try (WebhooksService first = new WebhooksService(scene.settings("1s"))) {
        first.start();
        int one = first.listeners().getFirst().uri().getPort();
        scene.limited("acme", 1);

        await().atMost(BOUND).until(() -> paths(receiver).size() == 12);
        for (int i = 0; i < 12; i++) {
          String hook = "hook" + i;
          // Whoever owns an endpoint's deliveries, both can tell of them.
          for (int port : List.of(one, two)) {
            await()
                .atMost(BOUND)
                .until(
                    () ->
                        scene
                            .deliveries(port, "acme", hook)
                            .path(0)
                            .path("state")
                            .asText()
                            .equals("delivered"));
          }
        }
      }
      int before = receiver.received().size();
      scene.limited("acme", 2);

      await().atMost(BOUND).until(() -> receiver.received().size() >= before + 12);
      for (int i = 0; i < 12; i++) {
        String hook = "hook" + i;
        await()
            .atMost(BOUND)
            .until(
                () -> {
                  List<String> states =
                      scene.deliveries(two, "acme", hook).findValuesAsText("state");
                  return states.equals(List.of("delivered", "delivered"));
                });
      }
    }
  }

  private static Set<String> paths(StubUpstream receiver) {
    Set<String> paths = new HashSet<>();
    receiver.received().forEach(request -> paths.add(request.target()));
    return paths;
  }

  private static String status(int port) throws Exception {
    return HttpProbe.once(port, "GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .text();
  }
}
