package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.model.Finding;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that say which path a request is for. */
final class RewritingPluginsTest {
  private static final String BODY =
      """
      public Place narrowest() { return Place.TENANT; }
      public Filter configure(Config config) {
        return (Filter.Rewriting) request -> request.path().equals("/old")
            ? new Rewrite.To(config.path(), request.query() + config.more())
            : Rewrite.AS_IT_CAME;
      }
      """;

  @TempDir Path folder;

  private OthersPlugin plugin() {
    return new OthersPlugin(folder, "Paths", "String path, String more", BODY);
  }

  private static StubUpstream backend() throws Exception {
    return StubUpstream.start(
        (request, exchange) -> exchange.reply(200, List.of(), request.body()));
  }

  private static Map<String, ?> to(String path, String more) {
    return Map.of("config", Map.of("path", path, "more", more));
  }

  private static HttpMessage post(HttpProbe caller, String target) throws Exception {
    caller.send("POST " + target + " HTTP/1.1\r\nHost: a.test\r\nX-Kept: 1\r\n");
    caller.send("Content-Length: 3\r\n\r\nabc");
    return caller.read();
  }

  @Test
  void whatItSaysIsThePathForAllThatFollows() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      gateway.route(Map.of("paths", List.of("/new/**")));
      assertThat(post(caller, "/old?q=1").status()).isEqualTo(404);
      plugin.use(gateway, "tenants/a/plugins/x", to("/./new/%7Ea/../b", "&r=2"));
      HttpMessage reply = post(caller, "/old?q=1");
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.text()).isEqualTo("abc");
      HttpMessage got = backend.received().getFirst();
      assertThat(got.startLine()).isEqualTo("POST /new/b?q=1&r=2 HTTP/1.1");
      assertThat(got.fields("X-Kept")).containsExactly("1");
      assertThat(gateway.finished(2).getLast().event().path()).isEqualTo("/new/b");
      plugin.use(gateway, "tenants/a/plugins/x", to("/elsewhere/../out", ""));
      HttpMessage nowhere = post(caller, "/old");
      assertThat(nowhere.status()).isEqualTo(404);
      assertThat(nowhere.text()).contains("\"instance\":\"/old\"");
      assertThat(gateway.pluginFailures()).isEmpty();
    }
  }

  @Test
  void whatIsNoPathToACallerIsNoneToAPlugin() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.install(plugin.installed());
      gateway.tenant("b", backend.url(), Map.of());
      List<String> none =
          List.of(
              "new",
              "/a b",
              "/a?b",
              "/a#b",
              "/\u00e4",
              "/a%zz",
              "/a%00",
              "/../a",
              "http://b.test/",
              "*",
              "/a HTTP/1.1\r\nHost: b.test\r\n\r\n");
      for (String path : none) {
        plugin.use(gateway, "tenants/a/plugins/x", to(path, ""));
        try (HttpProbe caller = gateway.connect()) {
          HttpMessage refused = post(caller, "/old");
          assertThat(refused.status()).as(path).isEqualTo(503);
          assertThat(refused.text()).contains("\"plugin_failed\"");
        }
      }
      assertThat(backend.received()).isEmpty();
      assertThat(gateway.pluginFailures()).hasSize(none.size());
    }
  }

  @Test
  void oneOfARouteIsTooLate() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      Map<String, ?> narrow = Map.of("route", "all", "config", Map.of("path", "/new", "more", ""));
      plugin.use(gateway, "tenants/a/plugins/x", narrow);
      assertThat(post(caller, "/old").status()).isEqualTo(503);
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .containsExactly("it is for a wider place than this; its routes get 503");
      String silent = BODY.substring(BODY.indexOf('\n') + 1);
      OthersPlugin other = new OthersPlugin(folder, "Silent", "String path, String more", silent);
      gateway.install(other.installed());
      other.use(gateway, "tenants/a/plugins/x", narrow);
      assertThat(post(caller, "/old").status()).isEqualTo(503);
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .containsExactly(
              "it takes part in rewrite, which is too early for its place; its routes get 503");
    }
  }

  @Test
  void mayRequireWhatIsOnRoutesAlone() throws Exception {
    String requires = "public List<String> requires() { return List.of(\"correlation_id\"); }\n";
    OthersPlugin plugin =
        new OthersPlugin(folder, "Paths", "String path, String more", requires + BODY);
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      gateway.put(
          "tenants/a/plugins/c",
          Map.of("id", "c", "plugin", "correlation_id", "route", "all", "config", Map.of()));
      plugin.use(gateway, "tenants/a/plugins/x", to("/new", ""));
      assertThat(post(caller, "/old").status()).isEqualTo(200);
      assertThat(backend.received().getFirst().startLine()).isEqualTo("POST /new HTTP/1.1");
      assertThat(gateway.compiledFindings()).isEmpty();
    }
  }

  @Test
  void noCallerMakesItsRequestTooLongToBeRewritten() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.install(plugin.installed());
      Map<String, Object> open = new HashMap<>(to("/new", "&" + "r".repeat(6000)));
      open.put("on_failure", "open");
      plugin.use(gateway, "tenants/a/plugins/x", open);
      String padding = ("X-Pad: " + "p".repeat(7000) + "\r\n").repeat(4);
      for (int i = 0; i < 6; i++) {
        for (String began :
            List.of(
                "GET /old HTTP/1.1\r\nHost: a.test\r\n" + padding,
                "GET /old?" + "q".repeat(3000) + " HTTP/1.1\r\nHost: a.test\r\n")) {
          try (HttpProbe caller = gateway.connect()) {
            caller.send(began + "\r\n");
            HttpMessage refused = caller.read();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.text()).contains("\"plugin_failed\"");
          }
        }
      }
      assertThat(backend.received()).isEmpty();
      assertThat(gateway.switchedOff()).isEmpty();
      assertThat(gateway.pluginFailures()).hasSize(12);
      try (HttpProbe caller = gateway.connect()) {
        assertThat(post(caller, "/old").status()).isEqualTo(200);
      }
      assertThat(backend.received().getFirst().startLine()).startsWith("POST /new?&rrr");
    }
  }
}
