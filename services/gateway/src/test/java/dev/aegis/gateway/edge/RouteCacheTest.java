package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.StubUpstream;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Replies that are kept, from the caller's socket to the backend's (RFC 9111). */
@ParameterizedClass
@EnumSource(TargetProtocol.class)
final class RouteCacheTest {
  private static final String FRESH = "Cache-Control: max-age=60";

  private final TargetProtocol protocol;

  RouteCacheTest(TargetProtocol protocol) {
    this.protocol = protocol;
  }

  private GatewayInProcess before(StubUpstream backend) throws Exception {
    GatewayInProcess gateway = GatewayInProcess.before(protocol, backend.url());
    route(gateway, Map.of());
    return gateway;
  }

  private static void route(GatewayInProcess gateway, Map<String, ?> more) {
    Map<String, Object> route = new HashMap<>(Map.of("cache", Map.of("max_entry_bytes", 100_000)));
    route.putAll(more);
    gateway.route(route);
  }

  /** Answers each request with its number, so that a kept reply shows. */
  private static StubUpstream counting(String... lines) {
    AtomicInteger count = new AtomicInteger();
    return StubUpstream.start(
        (request, exchange) ->
            exchange.reply(200, List.of(lines), bytes("n" + count.incrementAndGet())));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static HttpMessage ask(HttpProbe caller, String method, String path, String lines)
      throws Exception {
    caller.send(method + " " + path + " HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n");
    return method.equals("HEAD") ? caller.readHead() : caller.read();
  }

  private static String text(HttpProbe caller, String lines) throws Exception {
    return ask(caller, "GET", "/x", lines).text();
  }

  private static List<@Nullable String> outcomes(GatewayInProcess gateway, int count) {
    List<@Nullable String> outcomes = new ArrayList<>();
    gateway.finished(count).forEach(each -> outcomes.add(each.event().cache()));
    return outcomes;
  }

  @Test
  void aFreshReplyIsGivenAgainWithItsAge() throws Exception {
    try (StubUpstream backend = counting(FRESH, "X-Own: 1", "Age: 5", "X-Request-Id: theirs");
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      assertThat(ask(caller, "GET", "/x", "").text()).isEqualTo("n1");
      HttpMessage hit = ask(caller, "GET", "/x", "X-Request-Id: mine\r\n");
      assertThat(hit.text()).isEqualTo("n1");
      assertThat(hit.startLine()).startsWith("HTTP/1.1 200");
      assertThat(hit.field("X-Own")).isEqualTo("1");
      assertThat(hit.fields("X-Request-Id")).containsExactly("mine");
      assertThat(hit.fields("Age")).hasSize(1);
      assertThat(Integer.parseInt(hit.field("Age"))).isBetween(5, 30);
      assertThat(hit.field("Date")).isNotNull();
      assertThat(hit.fields("Content-Length")).containsExactly("2");
      gateway.elapse(Duration.ofSeconds(56));
      assertThat(ask(caller, "GET", "/x", "").text()).isEqualTo("n2");
      assertThat(outcomes(gateway, 3)).containsExactly("miss", "hit", "miss");
      assertThat(gateway.finished(3).get(1).event().attempts()).isZero();
      assertThat(gateway.finished(3).get(1).event().bytesOut()).isEqualTo(2);
    }
  }

  @Test
  void eachTargetUriIsItsOwn() throws Exception {
    try (StubUpstream backend = counting(FRESH);
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      assertThat(ask(caller, "GET", "/x?a=1", "").text()).isEqualTo("n1");
      assertThat(ask(caller, "GET", "/x?a=2", "").text()).isEqualTo("n2");
      assertThat(ask(caller, "GET", "/./x?a=1", "").text()).isEqualTo("n1");
      caller.send("GET /x?a=1 HTTP/1.1\r\nHost: a.test:81\r\n\r\n");
      assertThat(caller.read().text()).isEqualTo("n3");
    }
  }

  @Test
  void neitherTenantsNorRoutesNorTheirChangesShare() throws Exception {
    try (StubUpstream backend = counting(FRESH);
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      gateway.tenant("b", backend.url(), Map.of("cache", Map.of()));
      assertThat(text(caller, "")).isEqualTo("n1");
      caller.send("GET /x HTTP/1.1\r\nHost: b.test\r\n\r\n");
      assertThat(caller.read().text()).isEqualTo("n2");
      route(gateway, Map.of("priority", 1));
      assertThat(text(caller, "")).isEqualTo("n3");
      assertThat(text(caller, "")).isEqualTo("n3");
    }
  }

  @Test
  void aRouteWithoutCacheKeepsNothing() throws Exception {
    try (StubUpstream backend = counting(FRESH);
        GatewayInProcess gateway = GatewayInProcess.before(protocol, backend.url());
        HttpProbe caller = gateway.connect()) {
      assertThat(text(caller, "")).isEqualTo("n1");
      assertThat(text(caller, "")).isEqualTo("n2");
      assertThat(outcomes(gateway, 2)).containsOnlyNulls();
    }
  }

  @Test
  void variesByWhatTheBackendSees() throws Exception {
    try (StubUpstream backend = counting(FRESH, "Vary: X-Lang");
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      assertThat(text(caller, "X-Lang: de\r\n")).isEqualTo("n1");
      assertThat(text(caller, "X-Lang: en\r\n")).isEqualTo("n2");
      assertThat(text(caller, "")).isEqualTo("n3");
      assertThat(text(caller, "X_Lang: fr\r\n")).isEqualTo("n4"); // many read it as X-Lang
      assertThat(text(caller, "X-Lang: de\r\n")).isEqualTo("n1");
      assertThat(text(caller, "X-Lang: en\r\n")).isEqualTo("n2");
      assertThat(text(caller, "")).isEqualTo("n3");
    }
  }

  @Test
  void whatACallerKeepsFromTheBackendIsNotWhatTheReplyVariesBy() throws Exception {
    try (StubUpstream backend = counting(FRESH, "Vary: X-Lang");
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      assertThat(text(caller, "Connection: x-lang\r\nX-Lang: de\r\n")).isEqualTo("n1");
      assertThat(backend.received().getFirst().field("X-Lang")).isNull();
      assertThat(text(caller, "X-Lang: de\r\n")).isEqualTo("n2");
      assertThat(text(caller, "")).isEqualTo("n1");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"max-age=60 | n1 n2 n3", "max-age=60, public | n1 n1 n1", "s-maxage=9 | n1 n1 n1"})
  void whoShowsCredentialsSharesOnlyWhatSaysSo(String says, String expected) throws Exception {
    try (StubUpstream backend = counting("Cache-Control: " + says);
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      String got = text(caller, "Authorization: Basic YTpi\r\n");
      got += ' ' + text(caller, "X-API-Key: k\r\n");
      got += ' ' + text(caller, "");
      assertThat(got).isEqualTo(expected);
      if (says.equals("max-age=60")) {
        assertThat(text(caller, "")).isEqualTo("n3");
        assertThat(text(caller, "Authorization: Basic YTpi\r\n")).isEqualTo("n4");
      }
    }
  }

  @Test
  void whatIsKeptIsGivenOnlyToWhoIsLetIn() throws Exception {
    try (StubUpstream backend = counting("Cache-Control: public, max-age=60");
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      gateway.trust();
      route(gateway, Map.of("auth", "jwt"));
      assertThat(text(caller, "Authorization: Bearer " + token() + "\r\n")).isEqualTo("n1");
      assertThat(ask(caller, "GET", "/x", "").status()).isEqualTo(401);
      assertThat(text(caller, "Authorization: Bearer " + token() + "\r\n")).isEqualTo("n1");
      assertThat(outcomes(gateway, 3)).containsExactly("miss", null, "hit");
    }
  }

  private static String token() throws Exception {
    return Jwts.hmac("k", "HS256", GatewayInProcess.SECRET.getBytes(StandardCharsets.UTF_8))
        .token(
            Jwts.claims("idp", "a", "alice", List.of("all"), Instant.now(), Duration.ofHours(1)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "PURGE"})
  void anUnsafeRequestMakesItVoidOnAnyRoute(String method) throws Exception {
    try (StubUpstream backend = counting(FRESH);
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      gateway.put(
          "tenants/a/routes/writes",
          Map.of(
              "id",
              "writes",
              "paths",
              List.of("/**"),
              "upstream",
              "u",
              "auth",
              "none",
              "priority",
              1,
              "methods",
              List.of("POST", "PUT", "DELETE", "PATCH")));
      assertThat(text(caller, "")).isEqualTo("n1");
      assertThat(ask(caller, method, "/x", "Content-Length: 0\r\n").text()).isEqualTo("n2");
      assertThat(text(caller, "")).isEqualTo("n3");
      assertThat(text(caller, "")).isEqualTo("n3");
    }
  }

  @Test
  void anUnsafeRequestThatFailsChangesNothing() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(
                        request.method().equals("GET") ? 200 : 409,
                        List.of(FRESH),
                        bytes("n" + count.incrementAndGet())));
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      assertThat(text(caller, "")).isEqualTo("n1");
      assertThat(ask(caller, "DELETE", "/x", "").status()).isEqualTo(409);
      assertThat(text(caller, "")).isEqualTo("n1");
    }
  }

  @Test
  void whatWasAskedForBeforeAChangeIsNotKeptAfterIt() throws Exception {
    CountDownLatch changed = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    AtomicInteger count = new AtomicInteger();
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) -> {
                  int number = count.incrementAndGet();
                  if (number == 1) {
                    asked.countDown();
                    changed.await();
                  }
                  exchange.reply(200, List.of(FRESH), bytes("n" + number));
                });
        GatewayInProcess gateway = before(backend);
        HttpProbe slow = gateway.connect();
        HttpProbe caller = gateway.connect()) {
      slow.send("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n");
      asked.await();
      assertThat(ask(caller, "PUT", "/x", "Content-Length: 0\r\n").text()).isEqualTo("n2");
      changed.countDown();
      assertThat(slow.read().text()).isEqualTo("n1");
      gateway.finished(2);
      assertThat(text(caller, "")).isEqualTo("n3");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "If-None-Match: \"v1\" | 304",
        "If-None-Match: \"v0\", W/\"v1\" | 304",
        "If-None-Match: * | 304",
        "If-None-Match: \"v\" | 200",
        "If-None-Match: \"v2\"^If-Modified-Since: Sun, 06 Nov 2044 08:49:37 GMT | 200",
        "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT | 304",
        "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT | 200",
        "If-Modified-Since: yesterday | 200"
      })
  void whoHasItAlreadyIsToldSo(String condition, int status) throws Exception {
    try (StubUpstream backend =
            counting(
                FRESH,
                "ETag: \"v1\"",
                "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
                "Content-Type: text/plain",
                "Vary: X-A");
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      assertThat(text(caller, "")).isEqualTo("n1");
      HttpMessage reply = ask(caller, "GET", "/x", condition.replace("^", "\r\n") + "\r\n");
      assertThat(reply.status()).isEqualTo(status);
      assertThat(reply.field("ETag")).isEqualTo("\"v1\"");
      assertThat(reply.field("Cache-Control")).isEqualTo("max-age=60");
      assertThat(reply.field("Vary")).isEqualTo("X-A");
      assertThat(reply.field("Age")).isNotNull();
      assertThat(reply.text()).isEqualTo(status == 304 ? "" : "n1");
      assertThat(reply.field("Content-Type")).isEqualTo(status == 304 ? null : "text/plain");
      assertThat(text(caller, "")).isEqualTo("n1");
      assertThat(outcomes(gateway, 3)).containsExactly("miss", "hit", "hit");
    }
  }

  @Test
  void headIsAnsweredFromWhatAGetBrought() throws Exception {
    try (StubUpstream backend = counting(FRESH);
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      assertThat(text(caller, "")).isEqualTo("n1");
      HttpMessage head = ask(caller, "HEAD", "/x", "");
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.field("Content-Length")).isEqualTo("2");
      assertThat(text(caller, "")).isEqualTo("n1");
      assertThat(outcomes(gateway, 3)).containsExactly("miss", "hit", "hit");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Cache-Control: no-cache | n2 | n2 | miss",
        "Pragma: no-cache | n2 | n2 | miss",
        "Cache-Control: max-age=0, max-stale | n1 | n1 | hit",
        "Cache-Control: min-fresh=60 | n2 | n2 | miss",
        "Cache-Control: min-fresh=20 | n1 | n1 | hit",
        "Cache-Control: no-store | n2 | n1 | bypass",
        "Range: bytes=0-1 | n2 | n1 | bypass",
        "If-Match: \"a\" | n2 | n1 | bypass",
        "Content-Length: 1^^a | n2 | n1 | bypass",
        "Cache-Control: only-if-cached | n1 | n1 | hit"
      })
  void theCallerSaysWhatItTakes(String lines, String got, String then, String outcome)
      throws Exception {
    try (StubUpstream backend = counting(FRESH);
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      assertThat(text(caller, "")).isEqualTo("n1");
      boolean body = lines.contains("^");
      caller.send("GET /x HTTP/1.1\r\nHost: a.test\r\n" + lines.replace("^", "\r\n"));
      caller.send(body ? "" : "\r\n\r\n");
      assertThat(caller.read().text()).isEqualTo(got);
      assertThat(text(caller, "")).isEqualTo(then);
      assertThat(outcomes(gateway, 2).get(1)).isEqualTo(outcome);
    }
  }

  @Test
  void whoWantsOnlyWhatIsKeptIsToldThatThereIsNone() throws Exception {
    try (StubUpstream backend = counting(FRESH);
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      HttpMessage reply = ask(caller, "GET", "/x", "Cache-Control: only-if-cached\r\n");
      assertThat(reply.status()).isEqualTo(504);
      assertThat(reply.text()).contains("\"not_cached\"");
      assertThat(backend.received()).isEmpty();
      assertThat(text(caller, "")).isEqualTo("n1");
    }
  }

  @ParameterizedTest
  @CsvSource({"99_999,true", "100_000,true", "100_001,false"})
  void onlyWhatIsNotTooLargeIsKeptAnnouncedOrNot(String bytes, boolean kept) throws Exception {
    int size = Integer.parseInt(bytes.replace("_", ""));
    String large = "a".repeat(size);
    for (boolean chunked : List.of(true, false)) {
      try (StubUpstream backend =
              StubUpstream.start(
                  (request, exchange) ->
                      exchange.send(
                          "HTTP/1.1 200 OK\r\n"
                              + FRESH
                              + (chunked
                                  ? "\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n"
                                      + "a\r\n"
                                      + Integer.toHexString(size - 1)
                                      + "\r\n"
                                      + large.substring(1)
                                      + "\r\n0\r\n\r\n"
                                  : "\r\nContent-Length: " + size + "\r\n\r\n" + large)));
          GatewayInProcess gateway = before(backend);
          HttpProbe caller = gateway.connect()) {
        assertThat(text(caller, "")).isEqualTo(large);
        assertThat(text(caller, "")).isEqualTo(large);
        assertThat(backend.received()).hasSize(kept ? 1 : 2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Transfer-Encoding: chunked\r\n\r\n3\r\nab", "Content-Length: 9\r\n\r\nab"})
  void whatMayNotBeWholeIsNotKept(String rest) throws Exception {
    assertThat(outcomesOfTwo(rest)).containsExactly("miss", "miss");
  }

  /** The end of a connection may be a cut; that of a stream is none (RFC 9113 section 8.1). */
  @Test
  void whatEndsWithItsConnectionIsNotKept() throws Exception {
    assertThat(outcomesOfTwo("Connection: close\r\n\r\nab"))
        .containsExactly(
            "miss",
            switch (protocol) {
              case HTTP_1_1 -> "miss";
              case HTTP_2 -> "hit";
            });
  }

  private List<@Nullable String> outcomesOfTwo(String rest) throws Exception {
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) -> {
                  exchange.send("HTTP/1.1 200 OK\r\n" + FRESH + "\r\n" + rest);
                  exchange.close();
                });
        GatewayInProcess gateway = before(backend)) {
      for (int i = 1; i <= 2; i++) {
        try (HttpProbe caller = gateway.connect()) {
          caller.send("GET /x HTTP/1.0\r\nHost: a.test\r\n\r\n");
          caller.input().readAllBytes();
          gateway.finished(i);
        }
      }
      return outcomes(gateway, 2);
    }
  }

  @Test
  void routesChangeWhatIsKeptOnItsWayOut() throws Exception {
    String body = "some text ".repeat(200);
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(
                        200, List.of(FRESH, "Content-Type: text/plain", "X-A: 1"), bytes(body)));
        GatewayInProcess gateway = before(backend);
        HttpProbe caller = gateway.connect()) {
      route(
          gateway,
          Map.of(
              "compression",
              Map.of(),
              "cors",
              Map.of("origins", List.of("https://a.example", "https://b.example")),
              "response_headers",
              Map.of("set", Map.of("X-A", "2"))));
      for (String origin : List.of("https://a.example", "https://b.example")) {
        HttpMessage reply =
            ask(caller, "GET", "/x", "Accept-Encoding: gzip\r\nOrigin: " + origin + "\r\n");
        assertThat(reply.fields("X-A")).containsExactly("2");
        assertThat(reply.fields("Access-Control-Allow-Origin")).containsExactly(origin);
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(reply.body()))) {
          assertThat(in.readAllBytes()).isEqualTo(bytes(body));
        }
      }
      assertThat(text(caller, "")).isEqualTo(body);
      assertThat(backend.received()).hasSize(1);
    }
  }

  @Test
  void callersInHttp2GetTheSame() throws Exception {
    try (StubUpstream backend = counting(FRESH, "ETag: \"v1\"");
        GatewayInProcess gateway = before(backend);
        HttpClient client =
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(SecureCaller.context(null))
                .build()) {
      gateway.put("tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of("localhost")));
      URI uri = URI.create("https://localhost:" + gateway.securePort() + "/x");
      HttpRequest get = HttpRequest.newBuilder(uri).build();
      assertThat(client.send(get, BodyHandlers.ofString()).body()).isEqualTo("n1");
      gateway.finished(1);
      HttpResponse<String> hit = client.send(get, BodyHandlers.ofString());
      assertThat(hit.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(hit.body()).isEqualTo("n1");
      assertThat(hit.headers().firstValue("age")).isPresent();
      HttpRequest head = HttpRequest.newBuilder(uri).HEAD().build();
      assertThat(client.send(head, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      HttpRequest conditional =
          HttpRequest.newBuilder(uri).header("If-None-Match", "\"v1\"").build();
      HttpResponse<String> unchanged = client.send(conditional, BodyHandlers.ofString());
      assertThat(unchanged.statusCode()).isEqualTo(304);
      assertThat(unchanged.body()).isEmpty();
      assertThat(outcomes(gateway, 4)).containsExactly("miss", "hit", "hit", "hit");
    }
  }
}
