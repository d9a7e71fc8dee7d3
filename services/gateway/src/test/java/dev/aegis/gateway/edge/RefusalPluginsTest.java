package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.plugin.Failure;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that say how refusals are told. */
final class RefusalPluginsTest {
  private static final String BODY =
      """
      public enum Mode { DETAIL, BODY, FORGES, THROWS, SHOWS, LONG }
      public Filter configure(Config config) {
        return (Filter.EditingRefusal) (request, refused, wording) -> {
          switch (config.mode()) {
            case DETAIL -> {
              wording.detail(request.route() + ' ' + refused.status() + ' ' + refused.code());
              wording.header("X-Help", "ask");
            }
            case BODY -> wording.body("text/html", "<p>no</p>".getBytes());
            case FORGES -> wording.header("WWW_Authenticate", "Mine");
            case THROWS -> {
              wording.detail("half of it");
              throw new IllegalStateException("of all things");
            }
            case LONG -> wording.header("X-Long", "l".repeat(9000));
            case SHOWS -> wording.detail("seen: " + request.header("Authorization"));
          }
        };
      }
      """;

  @TempDir Path folder;

  private OthersPlugin plugin() {
    return new OthersPlugin(folder, "Words", "Mode mode", BODY);
  }

  private static StubUpstream backend() throws Exception {
    return StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), new byte[0]));
  }

  private static HttpMessage ask(HttpProbe caller, String request) throws Exception {
    caller.send(request + " HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer secret\r\n\r\n");
    return request.startsWith("HEAD") ? caller.readHead() : caller.read();
  }

  private static Map<String, ?> mode(String mode) {
    return Map.of("config", Map.of("mode", mode));
  }

  @Test
  void saysItInOtherWordsAndStatusAndCodeStay() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      gateway.route(Map.of("auth", "jwt", "paths", List.of("/in/**")));
      plugin.use(gateway, "tenants/a/plugins/x", mode("detail"));
      HttpMessage refused = ask(caller, "GET /in");
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.text())
          .contains("\"code\":\"invalid_token\"", "\"detail\":\"all 401 invalid_token\"");
      assertThat(refused.fields("X-Help")).containsExactly("ask");
      assertThat(refused.fields("WWW-Authenticate")).hasSize(1);
      HttpMessage nowhere = ask(caller, "GET /out");
      assertThat(nowhere.status()).isEqualTo(404);
      assertThat(nowhere.text()).contains("\"detail\":\" 404 no_route\"");
      plugin.use(gateway, "tenants/a/plugins/x", mode("body"));
      HttpMessage page = ask(caller, "GET /in");
      assertThat(page.status()).isEqualTo(401);
      assertThat(page.fields("Content-Type")).containsExactly("text/html");
      assertThat(page.text()).isEqualTo("<p>no</p>");
      assertThat(ask(caller, "HEAD /in").fields("Content-Length")).containsExactly("9");
      plugin.use(gateway, "tenants/a/plugins/x", mode("shows"));
      assertThat(ask(caller, "GET /in").text()).contains("\"detail\":\"seen: \"");
      assertThat(gateway.finished()).allMatch(each -> each.event().status() >= 400);
      assertThat(gateway.pluginFailures()).isEmpty();
    }
  }

  @Test
  void oneThatFailsIsPassedOverAsAWhole() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      gateway.route(Map.of("auth", "jwt"));
      for (String mode : List.of("throws", "forges")) {
        plugin.use(gateway, "tenants/a/plugins/x", mode(mode));
        HttpMessage refused = ask(caller, "GET /");
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.text()).contains("\"detail\":\"The token is not valid\"");
        assertThat(refused.fields("WWW-Authenticate")).hasSize(1);
      }
      assertThat(gateway.pluginFailures())
          .extracting(Failure::why)
          .satisfiesExactly(
              first -> assertThat(first).contains("of all things"),
              second -> assertThat(second).contains("is Aegis' own to say"));
    }
  }

  @Test
  void whatAnUpstreamDoesNotSayIsToldInOtherWordsToo() throws Exception {
    OthersPlugin plugin = plugin();
    String nobody;
    try (StubUpstream backend = backend()) {
      nobody = backend.url();
    }
    try (GatewayInProcess gateway = GatewayInProcess.before(nobody);
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      plugin.use(gateway, "plugins/x", mode("detail"));
      HttpMessage failed = ask(caller, "GET /");
      assertThat(failed.status()).isEqualTo(502);
      assertThat(failed.text()).contains("\"detail\":\"all 502 upstream_failed\"");
    }
  }

  @Test
  void whatIsTooMuchInAllIsPassedOver() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      gateway.route(Map.of("auth", "jwt"));
      plugin.use(gateway, "tenants/a/plugins/x", mode("long"));
      plugin.use(gateway, "tenants/a/plugins/y", mode("long"));
      HttpMessage refused = ask(caller, "GET /");
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.fields("X-Long")).hasSize(1);
      assertThat(gateway.pluginFailures()).extracting(Failure::id).containsExactly("y");
    }
  }
}
