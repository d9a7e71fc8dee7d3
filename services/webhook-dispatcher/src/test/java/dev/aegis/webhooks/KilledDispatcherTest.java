package dev.aegis.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.Processes;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dispatcher that is killed or stopped in the middle of deliveries, and started again. */
final class KilledDispatcherTest {
  private static final Duration BOUND = Duration.ofSeconds(90);
  private static final Pattern READY = Pattern.compile("^webhook-dispatcher is ready$");
  private static final Pattern LISTENS =
      Pattern.compile("^webhook-dispatcher listens on http://[^:]+:(\\d+)");

  @TempDir private Path folder;

  @Test
  void losesNoDeliveryWhenItIsKilled() throws Exception {
    int events = 40;
    AtomicBoolean healthy = new AtomicBoolean();
    AtomicInteger calls = new AtomicInteger();
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Set<String> taken = ConcurrentHashMap.newKeySet();
    try (Scene scene = new Scene(folder);
        StubUpstream receiver =
            StubUpstream.start(
                (request, exchange) -> {
                  calls.incrementAndGet();
                  seen.add(request.field("webhook-id"));
                  if (healthy.get()) {
                    taken.add(request.field("webhook-id"));
                  }
                  exchange.reply(healthy.get() ? 200 : 500, List.of(), new byte[0]);
                })) {
      scene.tenant("acme");
      scene.endpoint("acme", "hook", receiver.url());
      ChildProcess first = start(scene, "500ms,1s,5s,5s,5s,5s,5s,5s");
      try (first) {
        for (int i = 0; i < events; i++) {
          scene.limited("acme", i);
        }
        await().atMost(BOUND).until(() -> calls.get() > events / 2);
        first.kill();
      }
      int before = calls.get();
      healthy.set(true);

      try (ChildProcess second = start(scene, "500ms,1s,5s,5s,5s,5s,5s,5s")) {
        await().atMost(BOUND).until(() -> taken.size() == events);
        int port = port(second);
        await()
            .atMost(BOUND)
            .until(
                () -> {
                  List<String> states =
                      scene.deliveries(port, "acme", "hook").findValuesAsText("state");
                  return states.size() == events
                      && states.stream().allMatch(state -> state.equals("delivered"));
                });
        assertThat(taken).containsAll(seen);
        Set<String> ids =
            new HashSet<>(scene.deliveries(port, "acme", "hook").findValuesAsText("webhook_id"));
        assertThat(ids).isEqualTo(taken);
        assertThat(before).isPositive();
        assertThat(second.stop(Duration.ofSeconds(10))).isZero();
        assertThat(second.output()).doesNotContain(Scene.SECRET, "ERROR");
      }
    }
  }

  @Test
  void repeatsACallThatItWasKilledIn() throws Exception {
    CountDownLatch killed = new CountDownLatch(1);
    List<String> ids = new ArrayList<>();
    try (Scene scene = new Scene(folder);
        StubUpstream receiver =
            StubUpstream.start(
                (request, exchange) -> {
                  synchronized (ids) {
                    ids.add(request.field("webhook-id"));
                  }
                  killed.await();
                  exchange.reply(200, List.of(), new byte[0]);
                })) {
      scene.tenant("acme");
      scene.endpoint("acme", "hook", receiver.url());
      try (ChildProcess first = start(scene, "1s")) {
        scene.limited("acme", 1);
        await().atMost(BOUND).until(() -> receiver.received().size() == 1);
        first.kill();
      }
      killed.countDown();

      try (ChildProcess second = start(scene, "1s")) {
        JsonNode delivery = awaitDelivered(scene, port(second));
        assertThat(ids).hasSize(2);
        assertThat(ids.get(1)).isEqualTo(ids.get(0));
        assertThat(delivery.path("attempts")).hasSize(1);
      }
    }
  }

  @Test
  void stopsInTimeWhileAReceiverHangsAndDoesNotCountThatCall() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch never = new CountDownLatch(1);
    try (Scene scene = new Scene(folder);
        StubUpstream receiver =
            StubUpstream.start(
                (request, exchange) -> {
                  if (calls.incrementAndGet() == 1) {
                    never.await();
                  }
                  exchange.reply(200, List.of(), new byte[0]);
                })) {
      scene.tenant("acme");
      scene.endpoint("acme", "hook", receiver.url());
      try (ChildProcess first = start(scene, "1s")) {
        scene.limited("acme", 1);
        await().atMost(BOUND).until(() -> calls.get() == 1);
        assertThat(first.stop(Duration.ofSeconds(10))).isZero();
      }

      try (ChildProcess second = start(scene, "1s")) {
        JsonNode delivery = awaitDelivered(scene, port(second));
        assertThat(calls).hasValue(2);
        assertThat(delivery.path("attempts")).hasSize(1);
      } finally {
        never.countDown();
      }
    }
  }

  private static JsonNode awaitDelivered(Scene scene, int port) throws Exception {
    await()
        .atMost(BOUND)
        .until(
            () ->
                scene
                    .deliveries(port, "acme", "hook")
                    .path(0)
                    .path("state")
                    .asText()
                    .equals("delivered"));
    return scene.deliveries(port, "acme", "hook").get(0);
  }

  private static ChildProcess start(Scene scene, String delays) throws Exception {
    ChildProcess process =
        Processes.java(
            "services/webhook-dispatcher",
            "dev.aegis.webhooks.WebhooksMain",
            List.of(),
            scene.environment(0, delays));
    try {
      process.awaitLine(READY, BOUND);
    } catch (AssertionError e) {
      process.close();
      throw e;
    }
    return process;
  }

  private static int port(ChildProcess process) throws Exception {
    return Integer.parseInt(process.awaitLine(LISTENS, BOUND).group(1));
  }
}
