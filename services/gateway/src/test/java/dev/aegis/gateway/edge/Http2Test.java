package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.StubUpstream;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Callers in HTTP/2 who behave: the JDK's client. */
final class Http2Test {
  private static HttpClient client() throws Exception {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_2)
        .sslContext(SecureCaller.context(null))
        .build();
  }

  private static HttpRequest.Builder request(GatewayInProcess gateway, String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + gateway.securePort() + path));
  }

  private static GatewayInProcess before(String... targets) throws Exception {
    GatewayInProcess gateway = GatewayInProcess.before(targets);
    gateway.put("tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of("localhost")));
    return gateway;
  }

  @Test
  void carriesRequestsAndRepliesOverOneConnection() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = before(backend.url());
        HttpClient client = client()) {
      HttpResponse<String> reply =
          client.send(
              request(gateway, "/a/%2e%2e/b//c?x=%2e&y").header("X-Kept", "as it was").build(),
              BodyHandlers.ofString());
      assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(reply.statusCode()).isEqualTo(200);
      assertThat(reply.body()).isEqualTo("hello");
      assertThat(reply.headers().firstValue("via")).contains("1.1 aegis");
      List<CompletableFuture<HttpResponse<String>>> many = new ArrayList<>();
      for (int i = 0; i < 90; i++) {
        many.add(
            client.sendAsync(
                request(gateway, "/" + i).POST(BodyPublishers.ofString("b" + i)).build(),
                BodyHandlers.ofString()));
      }
      for (CompletableFuture<HttpResponse<String>> each : many) {
        assertThat(each.get().statusCode()).isEqualTo(200);
      }
      assertThat(backend.received().getFirst().head())
          .contains("GET /b/c?x=%2e&y HTTP/1.1\r\n")
          .contains("x-kept: as it was\r\n")
          .contains("Forwarded: for=127.0.0.1;host=\"localhost:" + gateway.securePort())
          .contains("Via: 2.0 aegis\r\n");
      assertThat(gateway.finished(91)).extracting(each -> each.event().status()).containsOnly(200);
    }
  }

  @Test
  void carriesLargeBodiesBothWaysBesideEachOther() throws Exception {
    byte[] bytes = new byte[3_000_017];
    new Random(7).nextBytes(bytes);
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(200, List.of("X-Sent: " + request.body().length), bytes));
        GatewayInProcess gateway = before(backend.url());
        HttpClient client = client()) {
      List<CompletableFuture<HttpResponse<byte[]>>> many = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        boolean sized = i % 2 == 0;
        many.add(
            client.sendAsync(
                request(gateway, "/" + i)
                    .POST(
                        sized
                            ? BodyPublishers.ofByteArray(bytes)
                            : BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)))
                    .build(),
                BodyHandlers.ofByteArray()));
      }
      for (CompletableFuture<HttpResponse<byte[]>> each : many) {
        HttpResponse<byte[]> reply = each.get();
        assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(reply.headers().firstValueAsLong("X-Sent")).hasValue(bytes.length);
        assertThat(reply.body()).isEqualTo(bytes);
      }
      assertThat(backend.received()).allSatisfy(got -> assertThat(got.body()).isEqualTo(bytes));
    }
  }

  @Test
  void passesAStreamedReplyOnAsItComes() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(
                      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                          + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
                  seen.await();
                  leg.send("9\r\ndata: 2\n\n\r\n0\r\nX-Sum: 3\r\n\r\n");
                  leg.toEnd();
                });
        GatewayInProcess gateway = before(backend.url());
        HttpClient client = client()) {
      HttpResponse<InputStream> reply =
          client.send(request(gateway, "/events").build(), BodyHandlers.ofInputStream());
      try (InputStream events = reply.body()) {
        assertThat(new String(events.readNBytes(9), ISO_8859_1)).isEqualTo("data: 1\n\n");
        seen.countDown();
        assertThat(new String(events.readAllBytes(), ISO_8859_1)).isEqualTo("data: 2\n\n");
      }
    }
  }

  @Test
  void refusesAsOverHttp1() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = before(backend.url());
        HttpClient client = client()) {
      gateway.trust();
      gateway.put(
          "tenants/a/routes/mine",
          Map.of("id", "mine", "paths", List.of("/mine/**"), "upstream", "u"));
      HttpResponse<String> reply =
          client.send(
              request(gateway, "/mine/x").POST(BodyPublishers.ofString("x")).build(),
              BodyHandlers.ofString());
      assertThat(reply.statusCode()).isEqualTo(401);
      assertThat(reply.headers().firstValue("WWW-Authenticate")).isPresent();
      assertThat(reply.headers().firstValue("Connection")).isEmpty();
      assertThat(reply.body()).contains("missing_credentials");
      assertThat(backend.received()).isEmpty();
    }
  }
}
