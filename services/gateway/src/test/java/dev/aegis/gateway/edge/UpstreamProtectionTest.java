package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers see of the means that keep a failing upstream from harming them. */
final class UpstreamProtectionTest {
  private static final String HOST = "Host: a.test\r\n";
  private static final String GET = "GET / HTTP/1.1\r\n" + HOST + "\r\n";
  private static final String POST = "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\n\r\nhi";
  private static final String OK = "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok";
  private static final String BAD = "HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\nno";

  /** Answers request after request with {@code reply}. */
  private static RawBackend answering(String reply) {
    return RawBackend.start(
        leg -> {
          while (true) {
            leg.head();
            leg.send(reply);
          }
        });
  }

  private static void put(GatewayInProcess gateway, RawBackend[] backends, Map<String, ?> more) {
    List<Map<String, String>> targets =
        List.of(backends).stream().map(backend -> Map.of("url", backend.url())).toList();
    Map<String, Object> definition = new HashMap<>(more);
    definition.put("id", "u");
    definition.put("targets", targets);
    gateway.put("tenants/a/upstreams/u", definition);
  }

  private static void assertRefused(HttpMessage reply, String code) {
    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.text()).contains("\"code\":\"" + code + "\"");
    assertThat(Integer.parseInt(String.valueOf(reply.field("Retry-After")))).isPositive();
  }

  @Test
  void opensTheCircuitAndAsksNoMore() throws Exception {
    try (RawBackend backend = answering(BAD);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      put(
          gateway,
          new RawBackend[] {backend},
          Map.of("circuit_breaker", Map.of("consecutive_failures", 3)));
      for (int i = 0; i < 3; i++) {
        assertThat(caller.send(GET).read().status()).isEqualTo(500);
      }
      String asked = backend.legs().getFirst().text();
      assertRefused(caller.send(GET).read(), "circuit_open");
      // A change of something else does not close it.
      put(
          gateway,
          new RawBackend[] {backend},
          Map.of("circuit_breaker", Map.of("consecutive_failures", 4)));
      assertRefused(caller.send(GET).read(), "circuit_open");
      assertThat(backend.legs().getFirst().text()).isEqualTo(asked);
      assertThat(gateway.finished(5).getLast().event().attempts()).isZero();
      assertThat(gateway.heard()).containsExactly("circuit.opened");
    }
  }

  @Test
  void closesTheCircuitWhenTheUpstreamIsBack() throws Exception {
    AtomicBoolean well = new AtomicBoolean();
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  while (true) {
                    leg.head();
                    leg.send(well.get() ? OK : BAD);
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      put(
          gateway,
          new RawBackend[] {backend},
          Map.of("circuit_breaker", Map.of("consecutive_failures", 1, "open_ms", 1)));
      assertThat(caller.send(GET).read().status()).isEqualTo(500);
      well.set(true);
      await().until(() -> caller.send(GET).read().status() == 200);
      assertThat(caller.send(GET).read().status()).isEqualTo(200);
      assertThat(gateway.heard()).containsExactly("circuit.opened", "circuit.closed");
    }
  }

  @Test
  void leavesOutATargetThatKeepsFailing() throws Exception {
    try (RawBackend bad = answering(BAD);
        RawBackend good = answering(OK);
        GatewayInProcess gateway = GatewayInProcess.before(bad.url(), good.url());
        HttpProbe caller = gateway.connect()) {
      put(
          gateway,
          new RawBackend[] {bad, good},
          Map.of("health", Map.of("passive", Map.of("failures", 2))));
      int failed = 0;
      for (int i = 0; i < 20; i++) {
        failed += caller.send(GET).read().status() == 500 ? 1 : 0;
      }
      assertThat(failed).isEqualTo(2);
      assertThat(gateway.heard()).containsExactly("upstream.unhealthy");
    }
  }

  /** What was sent is not sent twice, however the target is left out meanwhile. */
  @Test
  void leavesOutATargetThatBreaksPosts() throws Exception {
    try (RawBackend bad =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.reset();
                });
        RawBackend good =
            RawBackend.start(
                leg -> {
                  while (true) {
                    leg.head();
                    leg.read(2);
                    leg.send(OK);
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(bad.url(), good.url());
        HttpProbe caller = gateway.connect()) {
      put(
          gateway,
          new RawBackend[] {bad, good},
          Map.of("health", Map.of("passive", Map.of("failures", 3))));
      int failed = 0;
      for (int i = 0; i < 20; i++) {
        failed += caller.send(POST).read().status() == 502 ? 1 : 0;
      }
      assertThat(failed).isEqualTo(3);
      assertThat(bad.connections()).isEqualTo(3);
    }
  }

  /** Answers checks with {@code check}, as long as it is set, and requests with {@link #OK}. */
  private static RawBackend checked(AtomicReference<String> check) {
    return RawBackend.start(
        leg -> {
          while (true) {
            leg.send(leg.head().startsWith("GET /up ") ? check.get() : OK);
          }
        });
  }

  private static Map<String, ?> checks(Map<String, ?> more) {
    Map<String, Object> health = new HashMap<>(more);
    health.putAll(Map.of("interval_ms", 100, "timeout_ms", 200, "healthy", 1, "unhealthy", 1));
    return Map.of("health", health);
  }

  private static boolean answers(HttpProbe caller, int status) throws Exception {
    return caller.send(GET).read().status() == status;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        BAD,
        "HTTP/1.1 302 X\r\n\r\n",
        "HTTP/2.0 200 X\r\n\r\n",
        "garbage that is long enough",
        "HTTP/1.1 20",
        ""
      })
  void asksNoTargetThatDoesNotPassItsChecks(String answer) throws Exception {
    AtomicReference<String> check = new AtomicReference<>(answer);
    try (RawBackend backend = checked(check);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      put(gateway, new RawBackend[] {backend}, checks(Map.of("path", "/up")));
      await().until(() -> answers(caller, 503));
      assertRefused(caller.send(GET).read(), "no_healthy_target");
      assertThat(gateway.finished(1).getLast().event().attempts()).isZero();
      check.set("HTTP/1.1 204 X\r\n\r\n");
      await().until(() -> answers(caller, 200));
      await()
          .untilAsserted(
              () ->
                  assertThat(gateway.heard())
                      .containsExactly("upstream.unhealthy", "upstream.recovered"));
    }
  }

  @Test
  void takesTheStatusesThatItIsTold() throws Exception {
    AtomicReference<String> check = new AtomicReference<>(OK);
    try (RawBackend backend = checked(check);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      put(
          gateway,
          new RawBackend[] {backend},
          checks(Map.of("path", "/up", "statuses", List.of(401))));
      await().until(() -> answers(caller, 503));
      check.set("HTTP/1.1 401 X\r\n\r\n");
      await().until(() -> answers(caller, 200));
    }
  }

  @Test
  void checksConnectionsWhenThereIsNoPathAndGoesOnWithTheTargetsThatAreUp() throws Exception {
    int port = FreePorts.next();
    try (RawBackend good = answering(OK);
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:" + port, good.url());
        HttpProbe caller = gateway.connect()) {
      List<Map<String, String>> targets =
          List.of(Map.of("url", "http://127.0.0.1:" + port), Map.of("url", good.url()));
      Map<String, Object> definition = new HashMap<>(checks(Map.of()));
      definition.putAll(Map.of("id", "u", "targets", targets));
      gateway.put("tenants/a/upstreams/u", definition);
      // Once it is known to be down nobody tries it any more: every request needs one attempt.
      await()
          .until(
              () -> {
                for (int i = 0; i < 4; i++) {
                  assertThat(caller.send(GET).read().status()).isEqualTo(200);
                }
                List<Finished> all = gateway.finished();
                return all.size() >= 4
                    && all.subList(all.size() - 4, all.size()).stream()
                        .allMatch(one -> one.event().attempts() == 1);
              });
      // A definition without checks trusts every target again.
      definition.remove("health");
      definition.put("targets", targets.subList(0, 1));
      gateway.put("tenants/a/upstreams/u", definition);
      assertThat(caller.send(GET).read().status()).isEqualTo(502);
    }
  }

  /** Answers each request by its number, from 1, as the rule says. */
  private static RawBackend numbered(AtomicInteger number, IntFunction<String> rule) {
    return RawBackend.start(
        leg -> {
          while (true) {
            String head = leg.head();
            if (head.startsWith("POST")) {
              leg.read(2);
            }
            leg.send(rule.apply(number.incrementAndGet()));
          }
        });
  }

  @Test
  void triesRepliesWithTheseStatusesAgainIfThatIsSafe() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (RawBackend backend =
            numbered(asked, number -> number % 2 == 1 ? BAD.replace("500", "503") : OK);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      put(
          gateway,
          new RawBackend[] {backend},
          Map.of("retries", Map.of("statuses", List.of(503), "backoff_ms", 1)));
      assertThat(caller.send(GET).read().status()).isEqualTo(200);
      assertThat(asked.get()).isEqualTo(2);
      // RFC 9110 section 9.2.2: the first POST may have done something.
      HttpMessage reply = caller.send(POST).read();
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.text()).isEqualTo("no");
      assertThat(asked.get()).isEqualTo(3);
      assertThat(gateway.finished(2).getFirst().event().attempts()).isEqualTo(2);
    }
  }

  @Test
  void passesTheLastReplyOnWhenAttemptsOrTheBudgetAreUsedUp() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (RawBackend backend = numbered(asked, number -> BAD);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      Map<String, Object> retries = new HashMap<>();
      retries.putAll(Map.of("attempts", 4, "statuses", List.of(500), "backoff_ms", 0));
      put(gateway, new RawBackend[] {backend}, Map.of("retries", retries));
      assertThat(caller.send(GET).read().text()).isEqualTo("no");
      assertThat(asked.get()).isEqualTo(4);
      retries.putAll(Map.of("budget_percent", 0, "min_per_second", 0));
      put(gateway, new RawBackend[] {backend}, Map.of("retries", retries));
      for (int i = 0; i < 20; i++) {
        assertThat(caller.send(GET).read().text()).isEqualTo("no");
      }
      // What was left of the old budget, which never held more than some, and nothing else.
      int before = asked.get();
      assertThat(caller.send(GET).read().text()).isEqualTo("no");
      assertThat(asked.get()).isEqualTo(before + 1);
    }
  }

  @Test
  void givesAnAttemptUpThatIsLateAndMakesAnother() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  if (leg.number() == 1) {
                    leg.toEnd();
                  }
                  leg.send(OK);
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      put(
          gateway,
          new RawBackend[] {backend},
          Map.of("retries", Map.of("per_try_timeout_ms", 100)));
      assertThat(caller.send(GET).read().status()).isEqualTo(200);
      assertThat(gateway.finished(1).getFirst().event().attempts()).isEqualTo(2);
      assertThat(backend.connections()).isEqualTo(2);
    }
  }

  /** A POST that is late may have been done: it gets its 504 and no second attempt. */
  @ParameterizedTest
  @ValueSource(strings = {"first_byte_ms", "request_ms", "per_try_timeout_ms"})
  void boundsTheWaitForTheReply(String bound) throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      String where = bound.startsWith("per") ? "retries" : "timeouts";
      put(gateway, new RawBackend[] {backend}, Map.of(where, Map.of(bound, 100)));
      HttpMessage reply = caller.send(POST).read();
      assertThat(reply.status()).isEqualTo(504);
      assertThat(reply.text()).contains("\"code\":\"upstream_timeout\"");
      assertThat(backend.connections()).isEqualTo(1);
    }
  }

  /** Each byte comes in time, but the reply as a whole does not. */
  @Test
  void boundsTheWholeRequest() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n");
                  while (true) {
                    leg.send("x");
                    LockSupport.parkNanos(5_000_000);
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      put(gateway, new RawBackend[] {backend}, Map.of("timeouts", Map.of("request_ms", 200)));
      HttpMessage half = caller.send(GET).read();
      assertThat(half.status()).isEqualTo(200);
      assertThat(half.text()).hasSizeLessThan(1_000_000);
      assertThat(caller.ended()).isTrue();
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("upstream_timeout");
    }
  }

  /** The bound on the reply's head does not hold for what follows it. */
  @Test
  void letsTheBodyTakeItsTime() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\no");
                  LockSupport.parkNanos(600_000_000);
                  leg.send("k");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      put(
          gateway,
          new RawBackend[] {backend},
          Map.of(
              "timeouts",
              Map.of("first_byte_ms", 200),
              "retries",
              Map.of("per_try_timeout_ms", 200)));
      assertThat(caller.send(GET).read().text()).isEqualTo("ok");
    }
  }

  @Test
  void refusesMoreThanMayBeUnderWay() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch enough = new CountDownLatch(1);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  while (true) {
                    leg.head();
                    asked.countDown();
                    enough.await();
                    leg.send(OK);
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe first = gateway.connect();
        HttpProbe second = gateway.connect()) {
      put(gateway, new RawBackend[] {backend}, Map.of("max_active", 1));
      first.send(GET);
      asked.await();
      assertRefused(second.send(GET).read(), "overloaded");
      enough.countDown();
      assertThat(first.read().status()).isEqualTo(200);
      await().until(() -> answers(second, 200));
    }
  }
}
