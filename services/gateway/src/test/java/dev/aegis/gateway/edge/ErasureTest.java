package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.StubUpstream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tenant that is deleted leaves nothing to one that gets its id afterwards. */
final class ErasureTest {
  private static final byte[] PAGE = "page".getBytes(StandardCharsets.US_ASCII);

  private final ApiKeySecret key = ApiKeySecret.mint(new SecureRandom());

  private static void publish(GatewayInProcess gateway, String url) {
    gateway.change("tenants/a", Map.of("id", "a", "name", "a"));
    gateway.change(
        "tenants/a/upstreams/u", Map.of("id", "u", "targets", List.of(Map.of("url", url))));
    gateway.change(
        "tenants/a/plugins/two",
        Map.of(
            "id",
            "two",
            "plugin",
            "rate_limit",
            "route",
            "limited",
            "config",
            Map.of("limit", 2, "window_seconds", 86_400, "by", List.of("tenant"))));
    route(gateway, "kept", Map.of("auth", "none", "cache", Map.of()));
    route(gateway, "limited", Map.of("auth", "none"));
    route(gateway, "token", Map.of("auth", "jwt"));
    route(gateway, "key", Map.of("auth", "api_key"));
  }

  private static void route(GatewayInProcess gateway, String id, Map<String, ?> more) {
    Map<String, Object> route = new HashMap<>(more);
    route.put("id", id);
    route.put("paths", List.of("/" + id));
    route.put("upstream", "u");
    gateway.change("tenants/a/routes/" + id, route);
  }

  private static String outcome(GatewayInProcess gateway, String path, String... lines)
      throws Exception {
    StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: a.test\r\n");
    for (String line : lines) {
      request.append(line).append("\r\n");
    }
    HttpMessage reply = HttpProbe.once(gateway.port(), request + "\r\n");
    if (reply.status() == 200) {
      return "served";
    }
    String text = reply.text();
    int at = text.indexOf("\"code\":\"") + 8;
    return text.substring(at, text.indexOf('"', at));
  }

  private static Upstream upstream(GatewayInProcess gateway) {
    return gateway
        .snapshot()
        .tenant("a.test")
        .routes()
        .find("a.test", "GET", "/kept", name -> null)
        .only()
        .upstream();
  }

  /**
   * @param atOnce whether a gateway learns of the deletion and of the new tenant in one
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingComesBackWithTheId(boolean atOnce) throws Exception {
    String token =
        "Authorization: Bearer "
            + Jwts.hmac("k", "HS256", GatewayInProcess.SECRET.getBytes(StandardCharsets.UTF_8))
                .token(
                    Jwts.claims(
                        "idp", "a", "alice", List.of("all"), Instant.now(), Duration.ofHours(1)));
    String shown = "X-API-Key: " + key.text();
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(200, List.of("Cache-Control: max-age=60"), PAGE));
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.change("tenants/a", null);
      publish(gateway, backend.url());
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
              List.of("all"),
              "secrets",
              List.of(Map.of("prefix", key.prefix(), "last_four", key.lastFour())),
              "hashes",
              List.of(key.hash().toString())));
      gateway.trust();
      for (String path : List.of("/kept", "/kept", "/limited", "/limited")) {
        assertThat(outcome(gateway, path)).isEqualTo("served");
      }
      assertThat(outcome(gateway, "/limited")).isEqualTo("rate_limited");
      assertThat(outcome(gateway, "/token", token)).isEqualTo("served");
      assertThat(outcome(gateway, "/key", shown)).isEqualTo("served");
      int before = backend.received().size();
      Upstream earlier = upstream(gateway);

      gateway.change("tenants/a", null);
      if (!atOnce) {
        gateway.compile();
        assertThat(outcome(gateway, "/kept")).isEqualTo("unknown_tenant");
      }
      publish(gateway, backend.url());
      gateway.compile();

      assertThat(outcome(gateway, "/kept")).isEqualTo("served");
      assertThat(backend.received()).as("what was kept is gone").hasSize(before + 1);
      assertThat(outcome(gateway, "/key", shown)).isEqualTo("unknown_key");
      assertThat(outcome(gateway, "/token", token)).isEqualTo("invalid_token");
      assertThat(upstream(gateway)).as("with connections and circuit").isNotSameAs(earlier);
      assertThat(outcome(gateway, "/limited")).isEqualTo("served");
      assertThat(outcome(gateway, "/limited")).isEqualTo("served");
      assertThat(outcome(gateway, "/limited")).isEqualTo("rate_limited");
    }
  }

  /** The last good plan of a tenant is no plan of the next one that has its id. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aNewOneThatCannotBeUnderstoodIsNotTheOldOne(boolean atOnce) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      assertThat(outcome(gateway, "/x")).isEqualTo("served");
      gateway.change("tenants/a", null);
      if (!atOnce) {
        gateway.compile();
      }
      gateway.put("tenants/a", Map.of("id", "a", "name", "a", "kind", "of a later version"));
      assertThat(outcome(gateway, "/x")).isEqualTo("unknown_tenant");
    }
  }
}
