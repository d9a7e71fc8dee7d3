package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.gateway.http2.RawCaller;
import dev.aegis.gateway.pipeline.LimitDecisions;
import dev.aegis.gateway.pipeline.LimitDecisions.Outcome;
import dev.aegis.gateway.pipeline.Limits;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A limit of how many requests may be under way at once, as callers meet it. */
final class RequestsUnderWayTest {
  private static final int LIMIT = 2;
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final String HOST = "Host: a.test\r\n";
  private static final String SOCKET =
      "GET /socket HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

  private final Map<Outcome, AtomicInteger> decisions = new ConcurrentHashMap<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger arrived = new AtomicInteger();
  private RawBackend backend;
  private GatewayInProcess gateway;

  @BeforeEach
  void start() throws Exception {
    backend = RawBackend.start(this::serve);
    LimitDecisions board =
        new LimitDecisions(
            (tenant, policy, outcome) ->
                decisions.computeIfAbsent(outcome, key -> new AtomicInteger())::incrementAndGet);
    gateway = GatewayInProcess.counting(new Limits(SharedCounts.NONE, board), backend.url());
    limit(Map.of());
  }

  @AfterEach
  void stop() throws Exception {
    release.countDown();
    gateway.close();
    backend.close();
  }

  private void limit(Map<String, ?> more) {
    Map<String, Object> config = new HashMap<>(Map.of("algorithm", "concurrency", "limit", LIMIT));
    config.putAll(more);
    gateway.put("tenants/a/plugins/l", Map.of("id", "l", "plugin", "rate_limit", "config", config));
  }

  /** What the path asks for. */
  private void serve(RawBackend.Leg leg) throws Exception {
    while (true) {
      String head = leg.head();
      arrived.incrementAndGet();
      if (head.contains(" /hold")) {
        release.await();
        leg.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nheld");
      } else if (head.contains(" /half")) {
        leg.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        leg.toEnd();
        return;
      } else if (head.contains(" /cut")) {
        leg.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        leg.cut();
        return;
      } else if (head.contains(" /reset")) {
        leg.reset();
        return;
      } else if (head.contains(" /never")) {
        leg.toEnd();
        return;
      } else if (head.contains(" /socket")) {
        leg.send("HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        leg.toEnd();
        return;
      } else {
        leg.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }
    }
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\n" + HOST + "\r\n";
  }

  private HttpMessage one() throws IOException {
    return HttpProbe.once(gateway.port(), get("/ok"));
  }

  /** Exactly all places are free but that of the request that asks. */
  private void allAreFree() {
    await()
        .atMost(BOUND)
        .untilAsserted(
            () -> {
              HttpMessage reply = one();
              assertThat(reply.status()).isEqualTo(200);
              assertThat(reply.field("X-RateLimit-Remaining")).isEqualTo("" + (LIMIT - 1));
            });
  }

  private void awaitArrived(int count) {
    await().atMost(BOUND).until(() -> arrived.get() >= count);
  }

  @Test
  void refusesWhatFindsNoPlaceUntilAnotherEnds() throws Exception {
    List<HttpProbe> callers = new ArrayList<>();
    for (int i = 0; i < LIMIT; i++) {
      callers.add(gateway.connect().send(get("/hold")));
      awaitArrived(i + 1);
    }
    HttpMessage refused = one();
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.text()).contains("\"rate_limited\"");
    assertThat(refused.field("Retry-After")).isEqualTo("1");
    assertThat(refused.field("RateLimit-Policy")).isEqualTo("\"l\";q=2;qu=\"concurrent-requests\"");
    assertThat(refused.field("RateLimit")).isEqualTo("\"l\";r=0");
    assertThat(refused.field("X-RateLimit-Limit")).isEqualTo("2");
    assertThat(refused.field("X-RateLimit-Remaining")).isEqualTo("0");
    assertThat(refused.field("X-RateLimit-Reset")).isEqualTo("1");
    release.countDown();
    assertThat(callers.getFirst().read().field("RateLimit")).isEqualTo("\"l\";r=1");
    assertThat(callers.getLast().read().field("X-RateLimit-Reset")).isEqualTo("0");
    for (HttpProbe caller : callers) {
      caller.close();
    }
    allAreFree();
    assertThat(decisions.get(Outcome.REFUSED).get()).isPositive();
  }

  /** On one connection the next request is read when the one before has given back its place. */
  @Test
  void requestsOfOneConnectionAreOneAfterTheOther() throws Exception {
    limit(Map.of("limit", 1));
    try (HttpProbe caller = gateway.connect()) {
      for (int i = 0; i < 200; i++) {
        assertThat(caller.send(get("/ok")).read().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void oneThatReportsLetsPass() throws Exception {
    limit(Map.of("mode", "report", "limit", 1));
    try (HttpProbe first = gateway.connect()) {
      first.send(get("/hold"));
      awaitArrived(1);
      HttpMessage second = one();
      assertThat(second.status()).isEqualTo(200);
      assertThat(second.field("RateLimit")).isNull();
      assertThat(decisions.get(Outcome.WOULD_REFUSE).get()).isEqualTo(1);
      assertThat(decisions.get(Outcome.REFUSED)).isNull();
    }
  }

  @Test
  void othersHavePlacesOfTheirOwn() throws Exception {
    limit(Map.of("by", List.of("header:X-Device"), "limit", 1));
    try (HttpProbe caller = gateway.connect()) {
      caller.send("GET /hold HTTP/1.1\r\n" + HOST + "X-Device: 1\r\n\r\n");
      awaitArrived(1);
      String other = "GET /ok HTTP/1.1\r\n" + HOST + "X-Device: 2\r\n\r\n";
      assertThat(HttpProbe.once(gateway.port(), other).status()).isEqualTo(200);
      String same = "GET /ok HTTP/1.1\r\n" + HOST + "X-Device: 1\r\n\r\n";
      assertThat(HttpProbe.once(gateway.port(), same).status()).isEqualTo(429);
    }
  }

  /** More often than there are places, so that one that leaks is missed. */
  @ParameterizedTest
  @CsvSource({
    "/ok, 200",
    "/reset, 502",
    "/never, 504",
    "/gone, 503",
    "/elsewhere, 302",
    "/refused, 503",
    "/large, 413"
  })
  void aReplyGivesThePlaceBackWhoeverMadeIt(String path, int status) throws Exception {
    gateway.upstream("slow", backend.url(), Map.of("timeouts", Map.of("first_byte_ms", 100)));
    Map<String, Map<String, Object>> routes =
        Map.of(
            "slow", Map.of("paths", List.of("/never"), "upstream", "slow"),
            "gone", Map.of("paths", List.of("/gone"), "upstream", "missing"),
            "large", Map.of("paths", List.of("/large"), "upstream", "u", "max_request_bytes", 1),
            "refused", Map.of("paths", List.of("/refused"), "upstream", "u"),
            "elsewhere",
                Map.of(
                    "paths",
                    List.of("/elsewhere"),
                    "redirect",
                    Map.of("to", "/ok", "status", 302)));
    routes.forEach(
        (id, members) -> {
          Map<String, Object> route = new HashMap<>(members);
          route.putAll(Map.of("id", id, "auth", "none"));
          gateway.put("tenants/a/routes/" + id, route);
        });
    gateway.put(
        "tenants/a/plugins/absent",
        Map.of("id", "absent", "plugin", "no-such-plugin", "route", "refused"));
    for (int i = 0; i < 2 * LIMIT; i++) {
      await()
          .atMost(BOUND)
          .until(
              () ->
                  HttpProbe.once(
                          gateway.port(),
                          "POST " + path + " HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\n\r\nhi")
                      .status(),
              got -> got == status);
    }
    allAreFree();
  }

  /** Callers that end in the middle of the request, of the wait and of the reply. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /ok HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9\r\n\r\nhalf",
        "POST /hold HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfXX",
        "GET /hold HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET /half HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET /cut HTTP/1.1\r\nHost: a.test\r\n\r\n",
        SOCKET
      })
  void aCallerThatGoesAwayGivesItsPlaceBack(String request) throws Exception {
    for (int i = 0; i < 2 * LIMIT; i++) {
      try (HttpProbe caller = gateway.connect()) {
        caller.send(request);
        if (!request.contains("XX") && !request.contains("/cut")) { // which end by themselves
          await().atMost(BOUND).until(() -> one().field("X-RateLimit-Remaining").equals("0"));
        }
        if (i % 2 == 0) {
          caller.reset();
        }
      }
      allAreFree();
    }
  }

  @Test
  void aSocketHoldsItsPlaceUntilItEnds() throws Exception {
    limit(Map.of("limit", 1));
    try (HttpProbe caller = gateway.connect()) {
      assertThat(caller.send(SOCKET).readHead().status()).isEqualTo(101);
      assertThat(one().status()).isEqualTo(429);
    }
    await().atMost(BOUND).until(() -> one().status() == 200);
  }

  @Test
  void aStreamThatIsResetGivesItsPlaceBack() throws Exception {
    try (RawCaller caller = RawCaller.connect(gateway.port())) {
      for (int i = 0; i < 2 * LIMIT; i++) {
        int stream = 2 * i + 1;
        int before = arrived.get();
        byte[] head = RawCaller.request("GET", "/hold");
        caller.frame(RawCaller.HEADERS, RawCaller.WHOLE, stream, head);
        awaitArrived(before + 1);
        caller.frame(RawCaller.RST_STREAM, 0, stream, RawCaller.number(8));
        allAreFree();
      }
    }
  }

  @Test
  void moreAttemptsHoldOnePlace() throws Exception {
    limit(Map.of("limit", 1));
    gateway.upstream(
        "u",
        backend.url(),
        Map.of("retries", Map.of("attempts", 3, "budget_percent", 100, "min_per_second", 100)));
    for (int i = 0; i < 3; i++) {
      int before = arrived.get();
      await()
          .atMost(BOUND)
          .until(() -> HttpProbe.once(gateway.port(), get("/reset")).status() == 502);
      assertThat(arrived.get() - before).isGreaterThanOrEqualTo(2);
    }
    await().atMost(BOUND).until(() -> one().status() == 200);
  }

  /** Callers that do all of this at once, and are killed at any moment of it. */
  @Test
  void nothingIsLeftOfManyCallersThatAreKilled() throws Exception {
    String[] paths = {"/ok", "/ok", "/half", "/cut", "/reset", "/never", "/hold", "/socket"};
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> callers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int seed = i;
        callers.add(
            threads.submit(
                () -> {
                  Random random = new Random(seed);
                  for (int call = 0; call < 25; call++) {
                    try (HttpProbe caller =
                        HttpProbe.connect(
                            gateway.port(), Duration.ofMillis(1 + random.nextInt(50)))) {
                      String path = paths[random.nextInt(paths.length)];
                      String whole = path.equals("/socket") ? SOCKET : get(path);
                      boolean part = random.nextInt(4) == 0;
                      caller.send(
                          part ? whole.substring(0, random.nextInt(whole.length())) : whole);
                      caller.read();
                    } catch (IOException e) {
                      // Cut off, late or not waited for: that is what this is about.
                    }
                  }
                  return null;
                }));
      }
      for (Future<Void> each : callers) {
        each.get(120, TimeUnit.SECONDS);
      }
    }
    allAreFree();
    assertThat(decisions.get(Outcome.REFUSED).get()).isPositive();
    System.out.printf("callers killed at any moment: %s, all places free%n", decisions);
  }
}
