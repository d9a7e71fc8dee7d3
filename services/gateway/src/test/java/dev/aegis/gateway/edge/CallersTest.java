package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.events.RequestEvent;
import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What hostile, broken and slow callers get, and what the backend sees of them. */
final class CallersTest {
  private static final String HOST = "Host: a.test\r\n";
  private static final String GET = "GET / HTTP/1.1\r\n" + HOST + "\r\n";
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\n" + HOST + "\r\n";

  private static EdgeSettings bounds(int headMillis, int bodyMillis) {
    return new EdgeSettings(
        Duration.ofSeconds(20), Duration.ofMillis(headMillis), Duration.ofMillis(bodyMillis));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\nHost: a.test\n\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET http://b.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET /../x HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET /%2e%2e%2fx HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.test\r\nX: a\0b\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n",
        "GET / HTTP/3.0\r\nHost: a.test\r\n\r\n"
      })
  void closesBehindWhatIsNoRequestAndForwardsNothing(String bytes) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(bytes + SMUGGLED);
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.field("Connection")).isEqualTo("close");
      assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
      assertThat(reply.text()).contains("\"code\":\"malformed_request\"");
      assertThat(caller.ended()).isTrue();
      assertThat(backend.connections()).isZero();
      assertThat(gateway.finished(1)).hasSize(1);
      assertThat(gateway.finished(1).getFirst().event().requestId())
          .isEqualTo(reply.field("X-Request-Id"));
    }
  }

  /** The head was forwarded before the body could be seen; it must not become a whole request. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nX y\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"
      })
  void neverCompletesARequestWhoseChunksAreBroken(String chunks) throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(
          "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunks + SMUGGLED);
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.text()).contains("malformed_request");
      assertThat(caller.ended()).isTrue();
      await().until(() -> backend.openConnections() == 0);
      assertThat(backend.connections()).isEqualTo(1);
      assertThat(backend.legs().getFirst().text())
          .doesNotContain("\r\n0\r\n\r\n")
          .doesNotContain("smuggled");
    }
  }

  @ParameterizedTest
  @CsvSource({"414,8200,10", "431,10,40000"})
  void saysWhatIsTooLarge(int status, int path, int value) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(
          "GET /"
              + "a".repeat(path)
              + " HTTP/1.1\r\n"
              + HOST
              + "X: "
              + "b".repeat(value)
              + "\r\n\r\n");
      assertThat(caller.read().status()).isEqualTo(status);
      assertThat(caller.ended()).isTrue();
      assertThat(backend.connections()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"CONNECT a.test:80", "CONNECT http://a.test", "TRACE /"})
  void doesNotTunnelOrTrace(String request) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      HttpMessage reply = HttpProbe.once(gateway.port(), request + " HTTP/1.1\r\n" + HOST + "\r\n");
      assertThat(reply.status()).isIn(400, 405);
      assertThat(backend.connections()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a.test\r\nX: y"})
  void endsWithOneWhoNeverFinishesItsHead(String part) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway =
            GatewayInProcess.before(
                new EdgeSettings(
                    Duration.ofSeconds(part.isEmpty() ? 1 : 10),
                    Duration.ofMillis(300),
                    Duration.ofSeconds(10)),
                60_000,
                backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(part);
      if (!part.isEmpty()) {
        assertLate(caller, gateway);
      }
      assertThat(caller.ended()).isTrue();
      assertThat(backend.connections()).isZero();
    }
  }

  /** The bound is on the whole head, so a byte now and then does not help. */
  @Test
  void endsWithOneWhoTricklesItsHead() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway =
            GatewayInProcess.before(bounds(400, 10_000), 60_000, backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("GET / HTTP/1.1\r\n");
      await()
          .atMost(Duration.ofSeconds(5))
          .pollInterval(Duration.ofMillis(50))
          .ignoreNoExceptions()
          .until(
              () -> {
                try {
                  caller.send("X: y\r\n");
                  return gateway.finished().size() == 1;
                } catch (IOException e) {
                  return true;
                }
              });
      assertThat(backend.connections()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 10\r\n\r\nhalf",
        "Content-Length: 40000\r\n\r\nhalf",
        "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf"
      })
  void endsWithOneWhoNeverFinishesItsBody(String body) throws Exception {
    try (RawBackend backend = RawBackend.start(RawBackend.Leg::toEnd);
        GatewayInProcess gateway =
            GatewayInProcess.before(bounds(10_000, 300), 60_000, backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + body);
      assertLate(caller, gateway);
      assertThat(caller.ended()).isTrue();
      await().until(() -> backend.openConnections() == 0);
    }
  }

  /** RFC 9110 section 15.5.9: a caller that was too slow is told, under the id of the record. */
  private static void assertLate(HttpProbe caller, GatewayInProcess gateway) throws IOException {
    HttpMessage reply = caller.read();
    assertThat(reply.status()).isEqualTo(408);
    assertThat(reply.field("Connection")).isEqualTo("close");
    assertThat(reply.text()).contains("\"code\":\"request_timeout\"");
    RequestEvent event = gateway.finished(1).getFirst().event();
    assertThat(event.code()).isEqualTo("request_timeout");
    assertThat(event.status()).isEqualTo(408);
    assertThat(event.requestId()).isEqualTo(reply.field("X-Request-Id"));
  }

  /** Behind a reply that has begun, a 408 would be a part of it. */
  @Test
  void endsWithOneWhoNeverFinishesItsBodyBehindAReply() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").toEnd();
                });
        GatewayInProcess gateway =
            GatewayInProcess.before(bounds(10_000, 300), 60_000, backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 40000\r\n\r\nhalf");
      assertThat(new String(caller.input().readAllBytes(), StandardCharsets.ISO_8859_1))
          .startsWith("HTTP/1.1 200 OK\r\n")
          .endsWith("\r\n\r\nhalf");
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("request_timeout");
    }
  }

  @Test
  void endsWithOneWhoDoesNotReadItsReply() throws Exception {
    byte[] much = new byte[30_000_000];
    try (StubUpstream backend =
            StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), much));
        GatewayInProcess gateway =
            GatewayInProcess.before(bounds(10_000, 300), 60_000, backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(GET);
      await().atMost(Duration.ofSeconds(10)).until(() -> gateway.finished().size() == 1);
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("caller_gone");
      await().until(() -> gateway.active() == 0);
      await().until(() -> backend.openConnections() == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-User-Id",
        "x-user-id",
        "X_User_Id",
        "x-user_id",
        "X-User-Tenant-Id",
        "X_User_Tenant_Id",
        "X-User-Roles",
        "X_USER_ROLES",
        "X-Tenant-Id",
        "X_Tenant_Id",
        "X-Forwarded-For",
        "X_Forwarded_For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Real-IP",
        "X_Real_Ip",
        "Forwarded",
        "FORWARDED"
      })
  void neverLetsACallerSpeakForAegis(String name) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      String lines = name + ": forged\r\n" + name + ": forged\r\n";
      for (String connection : List.of("x", name, name + ", close")) {
        try (HttpProbe one = gateway.connect()) {
          one.send("GET / HTTP/1.1\r\n" + HOST + lines + "Connection: " + connection + "\r\n\r\n");
          assertThat(one.read().status()).isEqualTo(200);
        }
      }
      assertThat(backend.received())
          .hasSize(3)
          .allSatisfy(
              request -> {
                assertThat(request.head()).doesNotContain("forged");
                assertThat(request.field("X-Tenant-Id")).isEqualTo("a");
                assertThat(request.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
                assertThat(request.field("X-User-Id")).isNull();
              });
    }
  }

  /** Naming Aegis' own fields in Connection must not take them away. */
  @Test
  void tellsTheBackendWhoCalls() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.trust();
      gateway.put(
          "tenants/a/routes/all",
          Map.of("id", "all", "paths", List.of("/**"), "upstream", "u", "strip_credentials", true));
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
      HttpMessage reply =
          HttpProbe.once(
              gateway.port(),
              "GET / HTTP/1.1\r\n"
                  + HOST
                  + "X-User-Id: eve\r\nX_User_Id: eve\r\nX-User-Roles: admin\r\n"
                  + "Connection: x-user-id, x-user-roles, x-tenant-id\r\n"
                  + "X-API-Key: secret\r\n"
                  + "Authorization: Bearer "
                  + token
                  + "\r\n\r\n");
      assertThat(reply.status()).isEqualTo(200);
      HttpMessage request = backend.received().getFirst();
      assertThat(request.field("X-User-Id")).isEqualTo("alice");
      assertThat(request.field("X-User-Roles")).isEqualTo("all,x");
      assertThat(request.field("X-Tenant-Id")).isEqualTo("a");
      assertThat(request.head()).doesNotContain("eve", "admin", token, "secret");
      assertThat(gateway.finished(1).getFirst().event().subject()).isEqualTo("alice");
    }
  }

  @Test
  void aKeyTellsTheBackendWhoCallsAndStaysHere() throws Exception {
    ApiKeySecret key = ApiKeySecret.mint(new SecureRandom());
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.trust();
      for (String auth : List.of("api_key", "any")) {
        gateway.put(
            "tenants/a/routes/" + auth,
            Map.of(
                "id",
                auth,
                "paths",
                List.of("/" + auth),
                "upstream",
                "u",
                "auth",
                auth,
                "strip_credentials",
                auth.equals("api_key")));
      }
      gateway.put(
          "tenants/a/api-keys/ci",
          Map.of(
              "id",
              "ci",
              "name",
              "ci",
              "subject",
              "svc-1",
              "roles",
              List.of("all", "x"),
              "secrets",
              List.of(Map.of("prefix", key.prefix(), "last_four", key.lastFour())),
              "hashes",
              List.of(key.hash().toString())));
      String line = "X-API-Key: " + key.text() + "\r\n";
      HttpMessage reply =
          HttpProbe.once(
              gateway.port(),
              "GET /api_key HTTP/1.1\r\n" + HOST + "X-User-Id: eve\r\n" + line + "\r\n");
      assertThat(reply.status()).isEqualTo(200);
      HttpMessage request = backend.received().getFirst();
      assertThat(request.field("X-User-Id")).isEqualTo("svc-1");
      assertThat(request.field("X-User-Roles")).isEqualTo("all,x");
      assertThat(request.head()).doesNotContain("eve", key.text());

      HttpProbe.once(gateway.port(), "GET /any HTTP/1.1\r\n" + HOST + line + "\r\n");
      assertThat(backend.received().get(1).head()).contains(key.text());

      String wrong = key.text().replace('_', '-');
      HttpMessage refused =
          HttpProbe.once(
              gateway.port(),
              "GET /api_key HTTP/1.1\r\n" + HOST + "X-API-Key: " + wrong + "\r\n\r\n");
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.fields("WWW-Authenticate")).containsExactly("ApiKey realm=\"a\"");
      assertThat(refused.head() + refused.text()).contains("\"unknown_key\"").doesNotContain(wrong);
      HttpMessage missing = HttpProbe.once(gateway.port(), "GET /any HTTP/1.1\r\n" + HOST + "\r\n");
      assertThat(missing.fields("WWW-Authenticate"))
          .containsExactly("Bearer realm=\"a\"", "ApiKey realm=\"a\"");

      List<Finished> finished = gateway.finished(4);
      assertThat(finished)
          .extracting(each -> each.event().credential() + " " + each.event().subject())
          .containsExactly("api_key svc-1", "api_key svc-1", "none null", "none null");
      assertThat(finished.toString()).doesNotContain(key.text(), wrong);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "has space", "\u00e9", "a\"b", "a\\b"})
  void makesARequestIdWhenTheCallersIsNotHarmless(String id) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      for (String given : List.of(id, "x".repeat(129))) {
        HttpMessage reply =
            HttpProbe.once(
                gateway.port(),
                "GET / HTTP/1.1\r\n" + HOST + "X-Request-Id: " + given + "\r\n\r\n");
        assertThat(reply.field("X-Request-Id")).matches("[0-9a-f-]{36}");
        assertThat(backend.received().getLast().fields("X-Request-Id"))
            .containsExactly(reply.field("X-Request-Id"));
      }
    }
  }

  @Test
  void keepsTheConnectionBehindARefusal() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\nHost: b.test\r\nContent-Length: 5\r\n\r\nhello" + GET);
      HttpMessage refusal = caller.read();
      assertThat(refusal.status()).isEqualTo(404);
      assertThat(refusal.text()).contains("\"code\":\"unknown_tenant\"");
      assertThat(refusal.field("Connection")).isNull();
      assertThat(caller.read().text()).isEqualTo("hello");
    }
  }

  /** RFC 9110 section 9.3.2: the reply to a HEAD has no body, a refusal neither. */
  @Test
  void refusesHeadWithoutABody() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("HEAD / HTTP/1.1\r\nHost: b.test\r\n\r\n" + GET);
      assertThat(caller.readHead().status()).isEqualTo(404);
      assertThat(caller.read().text()).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 70000\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n",
        "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
      })
  void closesBehindARefusalWhoseBodyItDoesNotWant(String framing) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\nHost: b.test\r\n" + framing + SMUGGLED);
      HttpMessage refusal = caller.read();
      assertThat(refusal.status()).isEqualTo(404);
      assertThat(refusal.field("Connection")).isEqualTo("close");
      caller.finish();
      assertThat(caller.ended()).isTrue();
      assertThat(backend.connections()).isZero();
    }
  }
}
