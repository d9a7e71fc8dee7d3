package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.upstream.Mirrors.Outcome;
import dev.aegis.testkit.StubUpstream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** What routes can do, for callers in HTTP/2: streams end, connections go on. */
final class RoutesOverHttp2Test {
  private static final String APP = "https://app.acme.test";

  private static HttpClient client() throws Exception {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_2)
        .sslContext(SecureCaller.context(null))
        .build();
  }

  private static GatewayInProcess before(StubUpstream backend, Map<String, ?> more)
      throws Exception {
    return before(backend.url(), more);
  }

  private static GatewayInProcess before(String target, Map<String, ?> more) throws Exception {
    GatewayInProcess gateway = GatewayInProcess.before(target);
    gateway.put("tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of("localhost")));
    gateway.route(more);
    return gateway;
  }

  private static HttpRequest.Builder request(GatewayInProcess gateway, String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + gateway.securePort() + path));
  }

  private static HttpResponse<String> ask(HttpClient client, HttpRequest.Builder request)
      throws Exception {
    HttpResponse<String> reply = client.send(request.build(), BodyHandlers.ofString());
    assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_2);
    return reply;
  }

  private static HttpRequest.BodyPublisher unsized(String body) {
    return BodyPublishers.ofInputStream(
        () -> new ByteArrayInputStream(body.getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void bodiesThatAreTooLargeEndTheirStreamAlone() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway =
            before(backend, Map.of("max_request_bytes", 10, "max_response_bytes", 10));
        HttpClient client = client()) {
      for (int i = 0; i < 2; i++) {
        assertThat(ask(client, request(gateway, "/").POST(unsized("0123456789"))).statusCode())
            .isEqualTo(200);
        for (HttpRequest.BodyPublisher large :
            List.of(unsized("0123456789a"), BodyPublishers.ofString("0123456789a"))) {
          HttpResponse<String> reply = ask(client, request(gateway, "/").POST(large));
          assertThat(reply.statusCode()).isEqualTo(413);
          assertThat(reply.body()).contains("payload_too_large");
        }
      }
      gateway.route(Map.of("max_response_bytes", 4));
      assertThat(ask(client, request(gateway, "/")).statusCode()).isEqualTo(502);
    }
  }

  @Test
  void anArbiterIsAskedAboutEachStream() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream arbiter =
            StubUpstream.start(
                (asked, exchange) ->
                    exchange.reply(
                        asked.field("X-Forwarded-Uri").equals("/no") ? 403 : 200,
                        List.of("X-Plan: gold"),
                        new byte[0]));
        GatewayInProcess gateway = before(backend, Map.of());
        HttpClient client = client()) {
      gateway.upstream("authz", arbiter.url(), Map.of());
      gateway.route(
          Map.of(
              "external_authorization",
              Map.of(
                  "upstream",
                  "authz",
                  "timeout_ms",
                  10_000,
                  "response_headers",
                  List.of("X-Plan"))));
      for (int i = 0; i < 2; i++) {
        HttpResponse<String> refused =
            ask(client, request(gateway, "/no").POST(unsized("0123456789")));
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"forbidden\"");
        assertThat(
                ask(client, request(gateway, "/yes").header("X-Plan", "forged").POST(unsized("x")))
                    .body())
            .isEqualTo("hello");
      }
      assertThat(backend.received())
          .hasSize(2)
          .allSatisfy(
              each -> {
                assertThat(each.fields("X-Plan")).containsExactly("gold");
                assertThat(each.text()).isEqualTo("x");
              });
    }
  }

  @Test
  void aReplyThatTurnsOutTooLargeIsReset() throws Exception {
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
                            + "6\r\n world\r\n0\r\n\r\n"));
        GatewayInProcess gateway = before(backend, Map.of("max_response_bytes", 10));
        HttpClient client = client()) {
      assertThatThrownBy(
              () -> {
                HttpResponse<String> reply = ask(client, request(gateway, "/"));
                if (reply.statusCode() == 502) {
                  throw new IOException("nothing of it had gone out"); // just as good
                }
              })
          .isInstanceOf(IOException.class);
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("upstream_failed");
    }
  }

  @Test
  void pagesAskAndRead() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway =
            before(
                backend,
                Map.of(
                    "cors",
                    Map.of("origins", List.of(APP), "expose", List.of("X-Total")),
                    "response_headers",
                    Map.of("set", Map.of("X-Total", "1"), "remove", List.of("content-type"))));
        HttpClient client = client()) {
      HttpResponse<String> reply =
          ask(
              client,
              request(gateway, "/")
                  .method("OPTIONS", BodyPublishers.noBody())
                  .header("Origin", APP)
                  .header("Access-Control-Request-Method", "PUT"));
      assertThat(reply.statusCode()).isEqualTo(204);
      assertThat(reply.headers().firstValue("Access-Control-Allow-Origin")).contains(APP);
      assertThat(reply.headers().firstValue("Access-Control-Allow-Methods")).isPresent();
      reply = ask(client, request(gateway, "/").header("Origin", APP));
      assertThat(reply.body()).isEqualTo("hello");
      assertThat(reply.headers().firstValue("Access-Control-Allow-Origin")).contains(APP);
      assertThat(reply.headers().firstValue("Access-Control-Expose-Headers")).contains("X-Total");
      assertThat(reply.headers().firstValue("X-Total")).contains("1");
      assertThat(reply.headers().firstValue("Content-Type")).isEmpty();
    }
  }

  @Test
  void repliesAreCompressed() throws Exception {
    String body = "hello ".repeat(1_000);
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(
                        200,
                        List.of("Content-Type: text/plain"),
                        body.getBytes(StandardCharsets.US_ASCII)));
        GatewayInProcess gateway = before(backend, Map.of("compression", Map.of()));
        HttpClient client = client()) {
      HttpResponse<byte[]> reply =
          client.send(
              request(gateway, "/").header("Accept-Encoding", "gzip").build(),
              BodyHandlers.ofByteArray());
      assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(reply.headers().firstValue("Content-Encoding")).contains("gzip");
      assertThat(reply.headers().firstValue("Content-Length")).isEmpty();
      assertThat(reply.body()).hasSizeLessThan(200);
      try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(reply.body()))) {
        assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII)).isEqualTo(body);
      }
    }
  }

  /** Each holds memory for as long as its caller likes. */
  @Test
  void soManyRepliesAreCompressedAtOnceAndNoMore() throws Exception {
    CountDownLatch counted = new CountDownLatch(1);
    List<HttpClient> clients = List.of(client(), client(), client(), client());
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  while (true) {
                    leg.head();
                    leg.send(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                            + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
                    counted.await();
                    leg.send("0\r\n\r\n");
                  }
                });
        GatewayInProcess gateway = before(backend.url(), Map.of("compression", Map.of()))) {
      List<CompletableFuture<HttpResponse<InputStream>>> many = new ArrayList<>();
      for (int i = 0; i < 260; i++) {
        many.add(
            clients
                .get(i % clients.size())
                .sendAsync(
                    request(gateway, "/").header("Accept-Encoding", "gzip").build(),
                    BodyHandlers.ofInputStream()));
      }
      int compressed = 0;
      for (CompletableFuture<HttpResponse<InputStream>> each : many) {
        HttpResponse<InputStream> reply = each.get(30, TimeUnit.SECONDS);
        compressed += reply.headers().firstValue("Content-Encoding").isPresent() ? 1 : 0;
      }
      assertThat(compressed).isEqualTo(256);
      counted.countDown();
      gateway.finished(260);
      assertThat(
              clients
                  .getFirst()
                  .send(
                      request(gateway, "/").header("Accept-Encoding", "gzip").build(),
                      BodyHandlers.ofByteArray())
                  .headers()
                  .firstValue("Content-Encoding"))
          .contains("gzip");
    } finally {
      clients.forEach(HttpClient::shutdownNow);
    }
  }

  @Test
  void answersOfTheGatewayItself() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway =
            before(backend, Map.of("redirect", Map.of("to", "https://{host}/n{path}{query}")));
        HttpClient client = client()) {
      HttpResponse<String> reply = ask(client, request(gateway, "/x?y"));
      assertThat(reply.statusCode()).isEqualTo(308);
      assertThat(reply.headers().firstValue("Location")).contains("https://localhost/n/x?y");
      gateway.route(Map.of("maintenance", Map.of("retry_after_s", 7)));
      reply = ask(client, request(gateway, "/x").POST(unsized("hello")));
      assertThat(reply.statusCode()).isEqualTo(503);
      assertThat(reply.headers().firstValue("Retry-After")).contains("7");
      assertThat(reply.body()).contains("\"maintenance\"");
    }
  }

  @Test
  void copiesAreFramedByTheirLength() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        StubUpstream shadow = StubUpstream.answering("shadow");
        GatewayInProcess gateway = before(backend, Map.of());
        HttpClient client = client()) {
      gateway.upstream("shadow", shadow.url(), Map.of());
      gateway.route(Map.of("mirror", Map.of("upstream", "shadow")));
      assertThat(ask(client, request(gateway, "/").POST(unsized("copy me"))).body())
          .isEqualTo("hello");
      await().until(() -> gateway.mirrors().count(Outcome.SENT) == 1);
      assertThat(shadow.received().getFirst().text()).isEqualTo("copy me");
      assertThat(shadow.received().getFirst().field("Content-Length")).isEqualTo("7");
      assertThat(shadow.received().getFirst().field("Via")).isEqualTo("2.0 aegis");
    }
  }
}
