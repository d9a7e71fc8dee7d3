package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pages of other origins, as the Fetch standard has it. */
final class RouteCorsTest {
  private static final String APP = "https://app.acme.test";
  private static final String ORIGIN = "Origin: " + APP + "\r\n";
  private static final String ASKS =
      ORIGIN
          + "Access-Control-Request-Method: PUT\r\n"
          + "Access-Control-Request-Headers: authorization,x-mine\r\n";

  private final Map<String, Object> cors =
      new HashMap<>(
          Map.of(
              "origins",
              List.of(APP, "https://*.shop.test", "http://*.local.test:8080"),
              "expose",
              List.of("X-Total"),
              "credentials",
              true));

  private void route(GatewayInProcess gateway, String auth) {
    gateway.route(Map.of("auth", auth, "methods", List.of("GET", "PUT"), "cors", cors));
  }

  private static HttpMessage ask(HttpProbe caller, String method, String lines) throws Exception {
    caller.send(method + " /x HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n");
    return caller.read();
  }

  @Test
  void preflightsAreAnsweredBeforeAnybodyIsAskedWhoItIs() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.trust();
      route(gateway, "jwt");
      HttpMessage reply = ask(caller, "OPTIONS", ASKS);
      assertThat(reply.status()).isEqualTo(204);
      assertThat(reply.field("Access-Control-Allow-Origin")).isEqualTo(APP);
      assertThat(reply.field("Access-Control-Allow-Credentials")).isEqualTo("true");
      assertThat(reply.field("Access-Control-Allow-Methods")).isEqualTo("GET, PUT");
      assertThat(reply.field("Access-Control-Allow-Headers")).isEqualTo("authorization,x-mine");
      assertThat(reply.field("Access-Control-Max-Age")).isEqualTo("600");
      assertThat(reply.field("Vary")).contains("Origin");
      assertThat(backend.connections()).isZero();
      assertThat(gateway.finished(1).getFirst().event().routeId()).isEqualTo("all");

      reply = ask(caller, "OPTIONS", ASKS.replace("app.acme", "evil"));
      assertThat(reply.status()).isEqualTo(204);
      assertThat(reply.head()).doesNotContain("Access-Control-Allow-").contains("Vary: Origin");

      reply = ask(caller, "OPTIONS", ASKS.replace("PUT", "DELETE")); // no route has it
      assertThat(reply.status()).isEqualTo(404);
      reply = ask(caller, "OPTIONS", ORIGIN); // no preflight: an OPTIONS as any other
      assertThat(reply.status()).isEqualTo(404);
    }
  }

  @Test
  void refusalsCanBeReadByThePage() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.trust();
      route(gateway, "jwt");
      HttpMessage reply = ask(caller, "GET", ORIGIN);
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.field("Access-Control-Allow-Origin")).isEqualTo(APP);
      assertThat(reply.field("Access-Control-Expose-Headers")).isEqualTo("X-Total");
      assertThat(reply.field("Vary")).isEqualTo("Origin");
    }
  }

  @Test
  void theBackendsOwnWordDoesNotGoOn() throws Exception {
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(
                        200,
                        List.of(
                            "access-control-allow-origin: *",
                            "Access-Control-Allow-Credentials: true",
                            "Access-Control-Expose-Headers: *",
                            "Vary: Accept"),
                        new byte[0]));
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      route(gateway, "none");
      HttpMessage reply = ask(caller, "GET", ORIGIN);
      assertThat(reply.fields("Access-Control-Allow-Origin")).containsExactly(APP);
      assertThat(reply.fields("Access-Control-Allow-Credentials")).containsExactly("true");
      assertThat(reply.fields("Access-Control-Expose-Headers")).containsExactly("X-Total");
      assertThat(reply.fields("Vary")).containsExactly("Accept", "Origin");
      for (String other : List.of("", "Origin: https://evil.test\r\n", "Origin: null\r\n")) {
        reply = ask(caller, "GET", other);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.head()).doesNotContainIgnoringCase("access-control-");
        assertThat(reply.fields("Vary")).containsExactly("Accept", "Origin");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://app.acme.test,true",
    "http://app.acme.test,false",
    "https://app.acme.test:8443,false",
    "https://app.acme.test.evil.test,false",
    "https://a.shop.test,true",
    "https://a.b.shop.test,true",
    "https://shop.test,false",
    "https://.shop.test,false",
    "https://a..shop.test,false",
    "https://evilshop.test,false",
    "https://evil.test/.shop.test,false",
    "https://evil.test:1.shop.test,false",
    "https://x@y.shop.test,false",
    "http://a.local.test:8080,true",
    "http://a.local.test,false"
  })
  void anOriginIsOneOrIsNot(String origin, boolean allowed) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      route(gateway, "none");
      HttpMessage reply = ask(caller, "GET", "Origin: " + origin + "\r\n");
      assertThat(reply.field("Access-Control-Allow-Origin")).isEqualTo(allowed ? origin : null);
    }
  }

  @Test
  void everyOriginIsAStarAndNamesAreTheConfiguredOnes() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      cors.clear();
      cors.putAll(
          Map.of(
              "origins",
              List.of("*"),
              "methods",
              List.of("PUT"),
              "headers",
              List.of("X-One", "X-Two"),
              "max_age_s",
              0));
      route(gateway, "none");
      HttpMessage reply = ask(caller, "OPTIONS", ASKS);
      assertThat(reply.field("Access-Control-Allow-Origin")).isEqualTo("*");
      assertThat(reply.field("Access-Control-Allow-Credentials")).isNull();
      assertThat(reply.field("Access-Control-Allow-Methods")).isEqualTo("PUT");
      assertThat(reply.field("Access-Control-Allow-Headers")).isEqualTo("X-One, X-Two");
      assertThat(reply.field("Access-Control-Max-Age")).isEqualTo("0");
    }
  }

  @Test
  void aRouteThatSaysNothingLeavesItToTheBackend() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      assertThat(ask(caller, "OPTIONS", ASKS).text()).isEqualTo("hello");
      assertThat(backend.received().getFirst().field("Origin")).isEqualTo(APP);
    }
  }
}
