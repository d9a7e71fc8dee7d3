package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The services as separate processes, and what must hold when one of them is killed. */
final class WholePathTest {
  private static final int REQUESTS = 20_000;
  private static final int CALLERS = 8;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;

  @Test
  void passesEveryByteAndCountsEveryRequestThoughAnalyticsIsKilled() throws Exception {
    try (EchoBackend backend = new EchoBackend();
        Installation installation = started(backend)) {
      AtomicLong done = new AtomicLong();
      List<Future<Long>> callers = new ArrayList<>();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int caller = 0; caller < CALLERS; caller++) {
          int number = caller;
          callers.add(threads.submit(() -> mixed(installation, number, REQUESTS / CALLERS, done)));
        }
        await().atMost(Duration.ofMinutes(5)).until(() -> done.get() > REQUESTS / 2);
        installation.process("analytics").kill();
        installation.start("analytics");
        for (Future<Long> caller : callers) {
          assertThat(caller.get()).isEqualTo(REQUESTS / CALLERS);
        }
      }
      assertThat(backend.served()).isEqualTo(REQUESTS);
      assertThat(installation.settled(REQUESTS)).isEqualTo(REQUESTS);
    }
  }

  @Test
  void failsNoRequestAndLosesNoEventWhileKafkaIsAway() throws Exception {
    try (EchoBackend backend = new EchoBackend();
        Installation installation = started(backend);
        HttpClient client = client();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      AtomicBoolean enough = new AtomicBoolean();
      AtomicLong done = new AtomicLong();
      String token = installation.token();
      List<Future<?>> callers = new ArrayList<>();
      for (int caller = 0; caller < 4; caller++) {
        callers.add(
            threads.submit(
                () -> {
                  while (!enough.get()) {
                    HttpResponse<byte[]> reply =
                        send(client, installation, token, "GET", "/sized", noBody());
                    assertThat(reply.statusCode()).isEqualTo(200);
                    done.incrementAndGet();
                  }
                  return null;
                }));
      }
      await().until(() -> done.get() > 500);
      installation.kafka().kill();
      long when = done.get();
      // Long enough for the gateway to stop waiting and to begin its spool.
      await().atMost(Duration.ofMinutes(2)).until(() -> done.get() > when + 5_000);
      await().atMost(Duration.ofSeconds(30)).until(() -> installation.spooled() > 0);
      installation.kafka().restart();
      long back = done.get();
      await().atMost(Duration.ofMinutes(2)).until(() -> done.get() > back + 500);
      enough.set(true);
      for (Future<?> caller : callers) {
        caller.get();
      }
      assertThat(installation.settled(done.get())).isEqualTo(done.get());
    }
  }

  @Test
  void keepsARouteOverARestartOfEverything() throws Exception {
    try (EchoBackend backend = new EchoBackend();
        Installation installation = started(backend);
        HttpClient client = client()) {
      Map<String, ?> route =
          Map.of(
              "id", "open",
              "paths", List.of("/sized"),
              "upstream", "api-service-acme",
              "auth", "none");
      HttpResponse<String> created =
          installation.admin("POST", "tenants/acme/routes?wait=applied", route);
      assertThat(created.statusCode()).isEqualTo(201);
      assertThat(JSON.readTree(created.body()).at("/applied/complete").asBoolean()).isTrue();
      assertThat(send(client, installation, "", "GET", "/sized", noBody()).statusCode())
          .isEqualTo(200);
      HttpResponse<String> explained =
          installation.admin(
              "POST",
              "explain",
              Map.of("host", Installation.HOST, "method", "GET", "path", "/sized"));
      assertThat(explained.statusCode()).as(explained.body()).isEqualTo(200);
      JsonNode explanation = JSON.readTree(explained.body());
      assertThat(explanation.path("outcome").asText()).isEqualTo("admitted");
      assertThat(explanation.at("/route/id").asText()).isEqualTo("open");
      assertThat(explanation.path("node").asText()).isEqualTo("gateway-node-of-gateway");

      String path = "tenants/acme/routes/open";
      String tag = created.headers().firstValue("ETag").orElseThrow();
      Map<String, ?> higher = Map.of("priority", 7);
      assertThat(installation.admin("PATCH", path, higher, "If-Match", tag).statusCode())
          .isEqualTo(200);
      HttpResponse<String> stale = installation.admin("PATCH", path, higher, "If-Match", tag);
      assertThat(stale.statusCode()).isEqualTo(412);
      assertThat(JSON.readTree(stale.body()).path("code").asText()).isEqualTo("stale_revision");

      for (String service : List.of("gateway", "admin", "analytics")) {
        assertThat(installation.process(service).stop(Duration.ofSeconds(20))).isZero();
      }
      installation.kafka().stop();
      installation.kafka().restart();
      for (String service : List.of("admin", "gateway", "analytics")) {
        installation.start(service);
      }
      assertThat(send(client, installation, "", "GET", "/sized", noBody()).statusCode())
          .isEqualTo(200);
      HttpResponse<String> kept = installation.admin("GET", path, Map.of());
      assertThat(JSON.readTree(kept.body()).path("priority").asInt()).isEqualTo(7);
    }
  }

  private Installation started(EchoBackend backend) throws Exception {
    Installation installation = new Installation(data);
    try {
      installation.start("admin");
      installation.start("analytics");
      installation.start("gateway");
      installation.publish(backend.uri());
      return installation;
    } catch (Exception | AssertionError e) {
      installation.close();
      throw e;
    }
  }

  /** Requests of all kinds; each reply is compared with what was sent, byte for byte. */
  private static long mixed(Installation installation, int caller, int count, AtomicLong done)
      throws Exception {
    Random random = new Random(caller);
    byte[] kilobyte = bytes(random, 1 << 10);
    byte[] large = bytes(random, 10_000_000);
    String token = installation.token();
    try (HttpClient client = client()) {
      for (int i = 0; i < count; i++) {
        boolean rarely = i % (count / 3) == 0;
        switch (rarely ? 7 + i % 2 : i % 7) {
          case 0 -> echoed(client, installation, token, "/sized", noBody(), new byte[0]);
          case 1 -> echoed(client, installation, token, "/sized", ofBytes(kilobyte), kilobyte);
          case 2 -> echoed(client, installation, token, "/chunked", inChunks(kilobyte), kilobyte);
          case 3 -> echoed(client, installation, token, "/sized", inChunks(kilobyte), kilobyte);
          case 4 -> status(client, installation, token, "HEAD", "/sized", 200);
          case 5 -> status(client, installation, token, "GET", "/status/204", 204);
          case 6 -> status(client, installation, token, "GET", "/status/304", 304);
          case 7 -> echoed(client, installation, token, "/sized", ofBytes(large), large);
          default -> echoed(client, installation, token, "/chunked", inChunks(large), large);
        }
        done.incrementAndGet();
      }
    }
    return count;
  }

  private static void echoed(
      HttpClient client,
      Installation installation,
      String token,
      String path,
      BodyPublisher body,
      byte[] expected)
      throws Exception {
    HttpResponse<byte[]> reply = send(client, installation, token, "POST", path, body);
    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(Arrays.equals(reply.body(), expected)).isTrue();
  }

  private static void status(
      HttpClient client,
      Installation installation,
      String token,
      String method,
      String path,
      int status)
      throws Exception {
    HttpResponse<byte[]> reply = send(client, installation, token, method, path, noBody());
    assertThat(reply.statusCode()).isEqualTo(status);
    assertThat(reply.body()).isEmpty();
  }

  private static HttpResponse<byte[]> send(
      HttpClient client,
      Installation installation,
      String token,
      String method,
      String path,
      BodyPublisher body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(installation.gateway(path))
            .timeout(Duration.ofSeconds(60))
            .header("Host", Installation.HOST)
            .method(method, body);
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static HttpClient client() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  private static BodyPublisher noBody() {
    return BodyPublishers.noBody();
  }

  private static BodyPublisher ofBytes(byte[] body) {
    return BodyPublishers.ofByteArray(body);
  }

  private static BodyPublisher inChunks(byte[] body) {
    return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
  }

  private static byte[] bytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
