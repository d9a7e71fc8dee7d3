package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.model.Finding;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.StubUpstream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Routes that ask a service of the tenant's own whether a request may pass. */
final class ExternalAuthorizationTest {
  private static final String GET = "GET /x?y=1 HTTP/1.1\r\nHost: a.test\r\n";
  private static final byte[] NOTHING = {};

  private static void asks(GatewayInProcess gateway, String url, Map<String, ?> more) {
    asks(gateway, url, more, Map.of());
  }

  private static void asks(
      GatewayInProcess gateway, String url, Map<String, ?> more, Map<String, ?> route) {
    gateway.upstream("authz", url, Map.of("timeouts", Map.of("idle_ms", 60_000)));
    Map<String, Object> asked = new HashMap<>(Map.of("upstream", "authz", "timeout_ms", 10_000));
    asked.putAll(more);
    Map<String, Object> members = new HashMap<>(route);
    members.put("external_authorization", asked);
    gateway.route(members);
  }

  private static HttpMessage once(GatewayInProcess gateway, String request) throws Exception {
    return HttpProbe.once(gateway.port(), request);
  }

  private static StubUpstream says(int status, String... lines) {
    return StubUpstream.start(
        (request, exchange) -> exchange.reply(status, List.of(lines), NOTHING));
  }

  @ParameterizedTest
  @EnumSource(TargetProtocol.class)
  void itIsToldWhatTheRequestIsAndWhose(TargetProtocol protocol) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz = says(204, "X-Plan: gold", "X-Other: no");
        GatewayInProcess gateway = GatewayInProcess.before(protocol, backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.trust();
      asks(
          gateway,
          authz.url(),
          Map.of(
              "path",
              "/check?q",
              "headers",
              List.of("X-Device", "Cookie"),
              "response_headers",
              List.of("X-Plan")),
          Map.of("auth", "jwt"));
      String token =
          Jwts.hmac("k", "HS256", GatewayInProcess.SECRET.getBytes(StandardCharsets.UTF_8))
              .token(
                  Jwts.claims(
                      "idp",
                      "a",
                      "alice",
                      List.of("all", "x"),
                      Instant.now(),
                      Duration.ofHours(1)));
      for (int i = 0; i < 2; i++) {
        caller.send(
            "POST /a/b?y=1 HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer "
                + token
                + "\r\nX-Device: d1\r\nX-Device: d2\r\nX-Secret: s\r\nX-Plan: forged\r\n"
                + "x_plan: forged\r\nX-User-Id: eve\r\nX-Forwarded-Method: GET\r\n"
                + "Content-Length: 5\r\n\r\nhello");
        assertThat(caller.read().text()).isEqualTo("hello");
      }
      HttpMessage asked = authz.received().getFirst();
      assertThat(asked.startLine()).isEqualTo("GET /check?q HTTP/1.1");
      assertThat(asked.body()).isEmpty();
      assertThat(asked.field("Host")).isEqualTo("a.test");
      assertThat(asked.fields("X-Forwarded-Method")).containsExactly("POST");
      assertThat(asked.field("X-Forwarded-Uri")).isEqualTo("/a/b?y=1");
      assertThat(asked.field("X-Forwarded-Host")).isEqualTo("a.test");
      assertThat(asked.field("X-Forwarded-Proto")).isEqualTo("http");
      assertThat(asked.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
      assertThat(asked.field("X-Tenant-Id")).isEqualTo("a");
      assertThat(asked.fields("X-User-Id")).containsExactly("alice");
      assertThat(asked.field("X-User-Roles")).isEqualTo("all,x");
      assertThat(asked.fields("X-Device")).containsExactly("d1", "d2");
      assertThat(asked.field("X-Secret")).isNull();
      assertThat(asked.field("Authorization")).isNull();
      HttpMessage served = backend.received().getFirst();
      assertThat(asked.field("X-Request-Id")).isEqualTo(served.field("X-Request-Id"));
      assertThat(served.fields("X-Plan")).containsExactly("gold");
      assertThat(served.field("x_plan")).isNull();
      assertThat(served.field("X-Other")).isNull();
      assertThat(served.text()).isEqualTo("hello");
      if (protocol == TargetProtocol.HTTP_1_1) {
        assertThat(authz.received()).hasSize(2);
        assertThat(authz.connections()).isEqualTo(1);
      }
    }
  }

  @Test
  void aTenantNamesItForAllItsRoutesThatDoNotSay() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz = says(204, "X-Plan: gold");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.upstream("authz", authz.url(), Map.of());
      gateway.put(
          "tenants/a",
          Map.of(
              "id",
              "a",
              "name",
              "a",
              "external_authorization",
              Map.of(
                  "upstream",
                  "authz",
                  "timeout_ms",
                  10_000,
                  "response_headers",
                  List.of("X-Plan"))));
      gateway.route(Map.of());
      String forged = GET + "X-Plan: forged\r\n\r\n";
      assertThat(once(gateway, forged).status()).isEqualTo(200);
      assertThat(authz.received()).hasSize(1);
      assertThat(backend.received().getFirst().fields("X-Plan")).containsExactly("gold");

      gateway.route(Map.of("external_authorization", "none"));
      assertThat(once(gateway, forged).status()).isEqualTo(200);
      assertThat(authz.received()).hasSize(1);
      assertThat(backend.received().getLast().fields("X-Plan")).containsExactly("forged");
    }
  }

  /** What it says, or fails to say; {@code 0} is for no refusal. */
  @ParameterizedTest
  @CsvSource({
    "200, deny, 0, ''",
    "299, deny, 0, ''",
    "401, allow, 403, forbidden",
    "403, allow, 403, forbidden",
    "302, deny, 503, authorization_unavailable",
    "302, allow, 0, ''",
    "404, deny, 503, authorization_unavailable",
    "500, deny, 503, authorization_unavailable",
    "500, allow, 0, ''"
  })
  void itsStatusDecides(int said, String policy, int status, String code) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz = says(said, "Location: http://127.0.0.1:1/");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      asks(gateway, authz.url(), Map.of("on_failure", policy));
      HttpMessage reply = once(gateway, GET + "\r\n");
      assertThat(authz.received()).hasSize(1);
      if (status == 0) {
        assertThat(reply.status()).isEqualTo(200);
      } else {
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.text()).contains("\"code\":\"" + code + "\"");
        assertThat(reply.field("Retry-After")).isEqualTo(status == 503 ? "1" : null);
        assertThat(backend.received()).isEmpty();
        Finished finished = gateway.finished(1).getFirst();
        assertThat(finished.event().code()).isEqualTo(code);
        assertThat(finished.detail()).contains(Integer.toString(said));
      }
    }
  }

  private enum Faulty implements RawBackend.Script {
    SILENT(RawBackend.Leg::toEnd),
    ENDS(leg -> leg.head()),
    RESETS(
        leg -> {
          leg.head();
          leg.reset();
        }),
    GARBAGE(
        leg -> {
          leg.head();
          leg.send("220 mail.test ESMTP\r\n\r\n");
        }),
    SWITCHES(
        leg -> {
          leg.head();
          leg.send("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
        }),
    HUGE_HEAD(
        leg -> {
          leg.head();
          leg.send("HTTP/1.1 200 X\r\nX-Long: " + "x".repeat(40_000) + "\r\n\r\n");
        }),
    HUGE_FIELDS(
        leg -> {
          leg.head();
          leg.send(
              "HTTP/1.1 200 X\r\nX-Plan: " + "x".repeat(9_000) + "\r\nContent-Length: 0\r\n\r\n");
        }),
    HUGE_BODY(
        leg -> {
          leg.head();
          leg.send("HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n" + "x".repeat(100_000));
        }),
    ENDLESS_BODY(
        leg -> {
          leg.head();
          leg.send("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n");
          while (true) {
            leg.send("1\r\nx\r\n");
          }
        }),
    HALF_A_BODY(
        leg -> {
          leg.head();
          leg.send("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nhell");
        }),
    STALLS_IN_HEAD(
        leg -> {
          leg.head();
          leg.send("HTTP/1.1 200 X\r\nX-Plan: go");
          leg.toEnd();
        });

    private final RawBackend.Script script;

    Faulty(RawBackend.Script script) {
      this.script = script;
    }

    @Override
    public void serve(RawBackend.Leg leg) throws Exception {
      script.serve(leg);
    }
  }

  @ParameterizedTest
  @EnumSource(Faulty.class)
  void oneThatGivesNoAnswerLetsThePolicyDecide(Faulty fault) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        RawBackend authz = RawBackend.start(fault);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      Map<String, Object> asked =
          new HashMap<>(Map.of("response_headers", List.of("X-Plan"), "timeout_ms", 200));
      asks(gateway, authz.url(), asked);
      caller.send(GET + "X-Plan: forged\r\n\r\n");
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.text()).contains("authorization_unavailable");
      assertThat(backend.received()).isEmpty();
      asked.put("on_failure", "allow");
      asks(gateway, authz.url(), asked);
      caller.send(GET + "X-Plan: forged\r\n\r\n");
      assertThat(caller.read().text()).isEqualTo("hello");
      assertThat(backend.received().getFirst().field("X-Plan")).isNull();
      assertThat(gateway.finished(2))
          .allSatisfy(each -> assertThat(each.detail()).startsWith("the arbiter gave no answer: "));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"deny", "allow"})
  void nobodyAtAllLetsThePolicyDecide(String policy) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      asks(gateway, "http://127.0.0.1:" + FreePorts.next(), Map.of("on_failure", policy));
      int status = policy.equals("deny") ? 503 : 200;
      assertThat(once(gateway, GET + "\r\n").status()).isEqualTo(status);
      gateway.route(
          Map.of("external_authorization", Map.of("upstream", "nowhere", "on_failure", policy)));
      assertThat(once(gateway, GET + "\r\n").status()).isEqualTo(status);
      assertThat(gateway.snapshot().tenant("a.test").findings())
          .extracting(Finding::message)
          .anySatisfy(each -> assertThat(each).contains("nowhere"));
    }
  }

  @Test
  void whatItSaidIsRememberedForTheSameRequestOnly() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz = says(200, "X-Plan: gold");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      Map<String, Object> asked =
          Map.of(
              "cache_s", 300, "headers", List.of("Cookie"), "response_headers", List.of("X-Plan"));
      asks(gateway, authz.url(), asked);
      for (int i = 0; i < 2; i++) {
        once(gateway, GET + "Cookie: a=1\r\nX-Plan: forged\r\n\r\n");
      }
      assertThat(authz.received()).hasSize(1);
      assertThat(backend.received())
          .hasSize(2)
          .allSatisfy(each -> assertThat(each.fields("X-Plan")).containsExactly("gold"));
      once(gateway, GET + "Cookie: a=2\r\n\r\n");
      once(gateway, GET + "\r\n");
      once(gateway, GET.replace("y=1", "y=2") + "Cookie: a=1\r\n\r\n");
      once(gateway, GET.replace("GET", "PUT") + "Cookie: a=1\r\nContent-Length: 0\r\n\r\n");
      assertThat(authz.received()).hasSize(5);
      asks(gateway, authz.url(), asked); // a newer revision of the route
      once(gateway, GET + "Cookie: a=1\r\n\r\n");
      assertThat(authz.received()).hasSize(6);
    }
  }

  @Test
  void silenceIsNotRemembered() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz = says(500);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      asks(gateway, authz.url(), Map.of("cache_s", 300, "on_failure", "allow"));
      once(gateway, GET + "\r\n");
      once(gateway, GET + "\r\n");
      assertThat(authz.received()).hasSize(2);
    }
  }

  @Test
  void whoHasNoCredentialsAndPreflightsDoNotGetThere() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz = says(403);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      asks(
          gateway,
          authz.url(),
          Map.of(),
          Map.of("auth", "jwt", "cors", Map.of("origins", List.of("https://app.test"))));
      assertThat(once(gateway, GET + "\r\n").status()).isEqualTo(401);
      HttpMessage preflight =
          once(
              gateway,
              "OPTIONS /x HTTP/1.1\r\nHost: a.test\r\nOrigin: https://app.test\r\n"
                  + "Access-Control-Request-Method: GET\r\n\r\n");
      assertThat(preflight.status()).isEqualTo(204);
      assertThat(authz.received()).isEmpty();
    }
  }

  @Test
  void webSocketsAndCallsOfGrpcAreAskedAboutToo() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz = says(403);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      asks(gateway, authz.url(), Map.of());
      HttpMessage socket =
          once(
              gateway,
              GET
                  + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      assertThat(socket.status()).isEqualTo(403);
      HttpMessage call =
          once(
              gateway,
              "POST /s/M HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/grpc\r\n"
                  + "Content-Length: 0\r\n\r\n");
      assertThat(call.field("Grpc-Status")).isEqualTo("7");
      assertThat(authz.received())
          .hasSize(2)
          .allSatisfy(each -> assertThat(each.field("Upgrade")).isNull());
      assertThat(backend.received()).isEmpty();
    }
  }

  /** The body is not touched by it: what comes of it meanwhile arrives whole, and in its order. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theBodyWaitsForTheAnswer(boolean longer) throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz =
            StubUpstream.start(
                (request, exchange) -> {
                  asked.countDown();
                  answer.await();
                  if (longer) {
                    LockSupport.parkNanos(1_500_000_000); // until the caller is watched
                  }
                  exchange.reply(200, List.of(), NOTHING);
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      asks(gateway, authz.url(), Map.of());
      caller.send(
          "POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n");
      asked.await();
      caller.send("3\r\nllo\r\n0\r\n\r\n" + GET + "\r\n");
      answer.countDown();
      assertThat(caller.read().text()).isEqualTo("hello");
      assertThat(caller.read().text()).isEqualTo("hello");
      assertThat(backend.received().getFirst().text()).isEqualTo("hello");
    }
  }

  @Test
  void aCallerThatWaitsToBeAskedForItsBodyIsAskedAfterwards() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz =
            StubUpstream.start(
                (request, exchange) -> {
                  LockSupport.parkNanos(1_500_000_000); // until the caller is watched
                  exchange.reply(200, List.of(), NOTHING);
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      asks(gateway, authz.url(), Map.of());
      caller.send(
          "POST /x HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n"
              + "Content-Length: 5\r\n\r\n");
      await().until(() -> !backend.received().isEmpty() || backend.connections() > 0);
      caller.send("hello");
      HttpMessage reply = caller.read();
      while (reply.status() == 100) {
        reply = caller.read();
      }
      assertThat(reply.text()).isEqualTo("hello");
      await().until(() -> !backend.received().isEmpty());
      assertThat(backend.received().getFirst().text()).isEqualTo("hello");
    }
  }

  @Test
  void aCallerThatGoesAwayEndsTheQuestion() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream authz = StubUpstream.start((request, exchange) -> asked.countDown());
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      asks(gateway, authz.url(), Map.of());
      try (HttpProbe caller = gateway.connect()) {
        caller.send(GET + "\r\n");
        asked.await();
      }
      await().untilAsserted(() -> assertThat(authz.openConnections()).isZero());
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("caller_gone");
      assertThat(backend.received()).isEmpty();
    }
  }

  /** Replies that were made for one caller are not kept for others, though none shows a token. */
  @Test
  void repliesAreKeptOnlyWhereTheBackendSaysForAll() throws Exception {
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(
                        200,
                        List.of("Cache-Control: max-age=60"),
                        String.valueOf(request.field("Cookie"))
                            .getBytes(StandardCharsets.US_ASCII)));
        StubUpstream authz = says(200);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      asks(gateway, authz.url(), Map.of("headers", List.of("Cookie")), Map.of("cache", Map.of()));
      assertThat(once(gateway, GET + "Cookie: a\r\n\r\n").text()).isEqualTo("a");
      assertThat(once(gateway, GET + "Cookie: b\r\n\r\n").text()).isEqualTo("b");
    }
  }
}
