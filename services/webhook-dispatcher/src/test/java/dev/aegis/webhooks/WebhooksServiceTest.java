package dev.aegis.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.journal.Json;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.OtlpReceiver;
import dev.aegis.testkit.StubUpstream;
import dev.aegis.webhooks.signing.SigningSecret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole dispatcher in this JVM, on a real Kafka, calling real sockets. */
final class WebhooksServiceTest {
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private static OtlpReceiver collector;
  private static Scene scene;
  private static WebhooksService service;
  private static int port;

  private final String tenant = "tenant" + NUMBERS.incrementAndGet();

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    scene = new Scene(folder);
    collector = OtlpReceiver.start();
    service =
        new WebhooksService(
            scene
                .settings("100ms,100ms,100ms")
                .with(CommonSettings.OTLP_ENDPOINT, Optional.of(URI.create(collector.url()))));
    service.start();
    port = service.listeners().getFirst().uri().getPort();
  }

  @AfterAll
  static void stop() {
    service.close();
    collector.close();
    scene.close();
  }

  @Test
  void deliversAnEventSigned() throws Exception {
    try (StubUpstream receiver = StubUpstream.answering("thanks")) {
      endpoint("hook", receiver.url() + "/in?x=1");

      scene.limited(tenant, 3);

      await().atMost(BOUND).until(() -> receiver.received().size() == 1);
      HttpMessage request = receiver.received().getFirst();
      assertThat(request.startLine()).isEqualTo("POST /in?x=1 HTTP/1.1");
      assertThat(request.field("Content-Type")).isEqualTo("application/json");
      assertThat(request.field("User-Agent")).startsWith("Aegis-Webhooks/");
      String id = request.field("webhook-id");
      String timestamp = request.field("webhook-timestamp");
      assertThat(request.field("webhook-signature"))
          .isEqualTo(
              SigningSecret.parse(Scene.SECRET)
                  .sign(id, Long.parseLong(timestamp), request.body()));
      JsonNode body = Json.readObject(request.body());
      assertThat(body.path("type").asText()).isEqualTo("rate_limit.exceeded");
      assertThat(body.path("timestamp").asText()).isNotEmpty();
      assertThat(body.path("data").path("tenant_id").asText()).isEqualTo(tenant);
      assertThat(body.path("data").path("count").asLong()).isEqualTo(3);

      awaitState("hook", "delivered");
      JsonNode delivery = scene.deliveries(port, tenant, "hook").get(0);
      assertThat(delivery.path("webhook_id").asText()).isEqualTo(id);
      assertThat(delivery.path("attempts")).hasSize(1);
      assertThat(delivery.path("attempts").get(0).path("status").asInt()).isEqualTo(200);
    }
  }

  @Test
  void eachAttemptIsASpanInTheTraceOfItsEvent() throws Exception {
    String trace = "0af7651916cd43dd8448eb211c80319c";
    AtomicInteger calls = new AtomicInteger();
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) ->
                exchange.reply(calls.incrementAndGet() == 1 ? 500 : 204, List.of(), new byte[0]))) {
      endpoint("hook", receiver.url() + "/in/token");

      scene.limitedWithin("00-" + trace + "-b7ad6b7169203331-01", tenant);
      awaitState("hook", "delivered");
      await()
          .atMost(BOUND)
          .until(
              () -> collector.spans().stream().filter(s -> s.trace().equals(trace)).count() == 2);

      List<OtlpReceiver.Received> spans =
          collector.spans().stream().filter(s -> s.trace().equals(trace)).toList();
      assertThat(receiver.received())
          .extracting(request -> request.field("traceparent"))
          .containsExactlyElementsOf(
              spans.stream().map(s -> "00-" + trace + "-" + s.id() + "-01").toList());
      assertThat(spans).allMatch(span -> span.parent().equals("b7ad6b7169203331"));
      assertThat(spans).allMatch(span -> span.kind().equals("SPAN_KIND_CLIENT"));
      assertThat(spans).extracting(OtlpReceiver.Received::failed).containsExactly(true, false);
      assertThat(spans.getLast().about())
          .containsEntry("http.request.resend_count", "1")
          .containsEntry("http.response.status_code", "204")
          .containsEntry("server.port", Integer.toString(receiver.port()))
          .containsEntry("aegis.tenant.id", tenant);
      assertThat(spans.toString()).doesNotContain("token");

      scene.limited(tenant, 1);
      await().atMost(BOUND).until(() -> receiver.received().size() == 3);
      assertThat(receiver.received().getLast().field("traceparent")).isNull();
    }
  }

  @Test
  void triesAgainUnderTheSameId() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) -> {
              switch (calls.incrementAndGet()) {
                case 1 -> exchange.reply(500, List.of(), new byte[0]);
                case 2 -> exchange.reset();
                case 3 -> exchange.send("garbage\r\n\r\n").close();
                default -> exchange.reply(204, List.of(), new byte[0]);
              }
            })) {
      endpoint("hook", receiver.url());

      scene.limited(tenant, 1);

      awaitState("hook", "delivered");
      assertThat(receiver.received()).hasSize(4);
      assertThat(receiver.received().stream().map(r -> r.field("webhook-id")).distinct())
          .hasSize(1);
      assertThat(receiver.received().stream().map(HttpMessage::text).distinct()).hasSize(1);
      JsonNode attempts = scene.deliveries(port, tenant, "hook").get(0).path("attempts");
      assertThat(attempts.findValuesAsText("error"))
          .containsExactly("status", "connection_lost", "malformed_reply", "null");
    }
  }

  @Test
  void givesUpAndCanBeAskedToSendItAgain() throws Exception {
    AtomicInteger status = new AtomicInteger(503);
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) -> exchange.reply(status.get(), List.of(), new byte[0]))) {
      endpoint("hook", receiver.url());
      scene.limited(tenant, 1);
      awaitState("hook", "failed");
      assertThat(receiver.received()).hasSize(4);
      String failed = scene.deliveries(port, tenant, "hook").get(0).path("id").asText();

      status.set(200);
      HttpMessage answer =
          scene.ask(
              port,
              "POST",
              "/webhooks/" + tenant + "/hook/replay",
              "{\"delivery_id\":\"" + failed + "\"}");

      assertThat(answer.status()).isEqualTo(202);
      awaitState("hook", "delivered");
      assertThat(receiver.received()).hasSize(5);
      assertThat(receiver.received().stream().map(r -> r.field("webhook-id")).distinct())
          .containsExactly(failed);
      JsonNode list = scene.deliveries(port, tenant, "hook");
      assertThat(list).hasSize(2);
      assertThat(list.get(0).path("replay_of").asText()).isEqualTo(failed);
      assertThat(list.get(1).path("state").asText()).isEqualTo("failed");
    }
  }

  @Test
  void leavesAReceiverAloneThatIsGone() throws Exception {
    try (StubUpstream receiver =
        StubUpstream.start((request, exchange) -> exchange.reply(410, List.of(), new byte[0]))) {
      endpoint("hook", receiver.url());

      scene.limited(tenant, 1);

      awaitState("hook", "gone");
      assertThat(receiver.received()).hasSize(1);
    }
  }

  @Test
  void sendsATest() throws Exception {
    try (StubUpstream receiver = StubUpstream.answering("thanks")) {
      endpoint("hook", receiver.url());

      HttpMessage answer = scene.ask(port, "POST", "/webhooks/" + tenant + "/hook/test", "");

      assertThat(answer.status()).isEqualTo(202);
      awaitState("hook", "delivered");
      JsonNode body = Json.readObject(receiver.received().getFirst().body());
      assertThat(body.path("type").asText()).isEqualTo("webhook.test");
      assertThat(body.path("data").path("tenant_id").asText()).isEqualTo(tenant);
    }
  }

  @Test
  void deliversToTheLivingWhileOthersHang() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    String other = tenant + "-dead";
    scene.tenant(other);
    try (StubUpstream dead = StubUpstream.start((request, exchange) -> never.await());
        StubUpstream living = StubUpstream.answering("thanks")) {
      scene.endpoint(other, "dead", dead.url());
      endpoint("hook", living.url());
      for (int i = 0; i < 50; i++) {
        scene.limited(other, i);
      }
      await().atMost(BOUND).until(() -> dead.connections() >= 4);

      for (int i = 0; i < 50; i++) {
        scene.limited(tenant, i);
      }

      await().atMost(BOUND).until(() -> living.received().size() == 50);
      assertThat(dead.openConnections()).isLessThanOrEqualTo(4);
    } finally {
      never.countDown();
      scene.delete(other, "dead");
    }
  }

  @Test
  void cancelsWhatHasNowhereToGo() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch deleted = new CountDownLatch(1);
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) -> {
              calls.incrementAndGet();
              deleted.await();
              exchange.reply(500, List.of(), new byte[0]);
            })) {
      endpoint("hook", receiver.url());
      scene.limited(tenant, 1);
      await().atMost(BOUND).until(() -> calls.get() == 1);
      scene.delete(tenant, "hook");
      await().atMost(BOUND).until(() -> ask("GET", "/deliveries", "").status() == 404);
      deleted.countDown();

      await().atMost(BOUND).until(() -> metrics().contains("outcome=\"cancelled\"} 1"));
      assertThat(calls).hasValue(1);
    }
  }

  @Test
  void putsWhatCannotBeReadAsideAndGoesOn() throws Exception {
    try (StubUpstream receiver = StubUpstream.answering("thanks")) {
      endpoint("hook", receiver.url());

      scene.publish(tenant, "rate_limit.exceeded.v1", "no json".getBytes(StandardCharsets.UTF_8));
      scene.publish(tenant, "rate_limit.exceeded.v9", "{}".getBytes(StandardCharsets.UTF_8));
      scene.limited(tenant, 8);

      await().atMost(BOUND).until(() -> receiver.received().size() == 1);
      assertThat(receiver.received().getFirst().text()).contains("\"count\":8");
    }
  }

  @Test
  void pagesThroughDeliveries() throws Exception {
    try (StubUpstream receiver = StubUpstream.answering("thanks")) {
      endpoint("hook", receiver.url());
      for (int i = 0; i < 5; i++) {
        scene.limited(tenant, i);
      }
      await().atMost(BOUND).until(() -> scene.deliveries(port, tenant, "hook").size() == 5);
      List<String> all =
          scene.deliveries(port, tenant, "hook").findValuesAsText("id").stream().toList();

      JsonNode first = Json.readObject(ask("GET", "/deliveries?limit=3", "").body());
      JsonNode second =
          Json.readObject(
              ask("GET", "/deliveries?limit=3&cursor=" + first.path("next_cursor").asText(), "")
                  .body());

      assertThat(first.path("items").findValuesAsText("id")).isEqualTo(all.subList(0, 3));
      assertThat(second.path("items").findValuesAsText("id")).isEqualTo(all.subList(3, 5));
      assertThat(second.path("next_cursor").isNull()).isTrue();
      assertThat(ask("GET", "/deliveries?limit=0", "").status()).isEqualTo(400);
      assertThat(ask("GET", "/deliveries?cursor=%21", "").status()).isEqualTo(400);
    }
  }

  @Test
  void answersNobodyWithoutTheToken() throws Exception {
    for (String token : List.of("", "Authorization: Bearer wrong\r\n")) {
      HttpMessage answer =
          HttpProbe.once(
              port,
              "GET /webhooks/a/b/deliveries HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                  + token
                  + "\r\n");
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.text()).contains("missing_credentials");
    }
    assertThat(ask("GET", "/deliveries", "").status()).isEqualTo(404);
    assertThat(ask("POST", "/test", "").status()).isEqualTo(404);
    assertThat(ask("POST", "/replay", "{\"delivery_id\":\"x\"}").status()).isEqualTo(404);
    assertThat(ask("POST", "/replay", "x").status()).isEqualTo(400);
    assertThat(ask("DELETE", "/deliveries", "").status()).isEqualTo(405);
  }

  @Test
  void tellsItsStateAndMetrics() throws Exception {
    assertThat(service.ready()).isTrue();
    assertThat(get("/health/ready").status()).isEqualTo(200);
    assertThat(get("/status").text()).contains("\"kafka\":\"up\"", "webhook-dispatcher");
    assertThat(metrics())
        .contains(
            "aegis_webhook_deliveries_total{outcome=\"delivered\"}",
            "aegis_webhook_delivery_seconds_bucket",
            "aegis_webhook_pending");
  }

  private void endpoint(String id, String url) throws Exception {
    scene.tenant(tenant);
    scene.endpoint(tenant, id, url);
    await()
        .atMost(BOUND)
        .until(
            () ->
                scene
                        .ask(port, "GET", "/webhooks/" + tenant + "/" + id + "/deliveries", "")
                        .status()
                    == 200);
  }

  private void awaitState(String id, String state) {
    await()
        .atMost(BOUND)
        .until(
            () -> {
              JsonNode list = scene.deliveries(port, tenant, id);
              return !list.isEmpty() && list.get(0).path("state").asText().equals(state);
            });
  }

  private HttpMessage ask(String method, String path, String body) throws Exception {
    return scene.ask(port, method, "/webhooks/" + tenant + "/hook" + path, body);
  }

  private static String metrics() throws Exception {
    return get("/metrics").text();
  }

  private static HttpMessage get(String path) throws Exception {
    return HttpProbe.once(
        port, "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
}
