package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.model.Finding;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that say who callers are. */
final class IdentifyingPluginsTest {
  private static final String BODY =
      """
      public Filter configure(Config config) {
        return new Door(config);
      }
      record Door(Config config) implements Filter.Identifying {
        public String scheme() { return "Basic"; }
        public Identity identify(Request request) {
          String shown = request.header("Authorization");
          if (shown.isEmpty()) {
            return Identity.NOBODY;
          }
          if (!request.header("Proxy-Authorization").isEmpty()) {
            throw new IllegalStateException("it sees what is for proxies");
          }
          return switch (shown) {
            case "Basic alice" -> new Identity.Known(
                "alice", List.of("reader"), Map.of("plan", List.of("gold")));
            case "Basic bob" -> new Identity.Known("bob", List.of("reader"), Map.of());
            case "Basic spaced" -> new Identity.Known(" alice", List.of(), Map.of());
            case "Basic forged" -> new Identity.Known("a\\r\\nX-Admin: 1", List.of(), Map.of());
            case "Basic none" -> null;
            case "Basic throws" -> throw new IllegalStateException(shown);
            default -> new Identity.Unknown("no such caller");
          };
        }
      }
      """;

  @TempDir Path folder;

  private OthersPlugin plugin() {
    return new OthersPlugin(folder, "Doors", "", BODY);
  }

  private static StubUpstream backend() throws Exception {
    return StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), new byte[0]));
  }

  private static HttpMessage get(HttpProbe caller, String path, String shown) throws Exception {
    caller.send(
        "GET "
            + path
            + " HTTP/1.1\r\nHost: a.test\r\nX-User-Id: root\r\nProxy-Authorization: p\r\n"
            + (shown.isEmpty() ? "" : "Authorization: " + shown + "\r\n")
            + "\r\n");
    return caller.read();
  }

  private static void configure(GatewayInProcess gateway) {
    gateway.route(Map.of("auth", "plugin"));
    gateway.put(
        "tenants/a/roles/reader",
        Map.of(
            "id",
            "reader",
            "permissions",
            List.of(
                Map.of("paths", List.of("/in/**")),
                Map.of(
                    "paths",
                    List.of("/gold"),
                    "when",
                    List.of(Map.of("claim", "plan", "in", List.of("gold")))))));
  }

  @Test
  void theirWordCountsForTheTenantOfTheHost() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      configure(gateway);
      plugin.use(gateway, "tenants/a/plugins/x", Map.of("route", "all"));
      assertThat(get(caller, "/in/x", "Basic alice").status()).isEqualTo(200);
      HttpMessage got = backend.received().getFirst();
      assertThat(got.fields("X-User-Id")).containsExactly("alice");
      assertThat(got.fields("X-User-Roles")).containsExactly("reader");
      assertThat(got.fields("X-User-Tenant-Id")).isEmpty();
      assertThat(gateway.finished(1).getFirst().event().credential()).isEqualTo("plugin");
      assertThat(get(caller, "/gold", "Basic alice").status()).isEqualTo(200);
      assertThat(get(caller, "/gold", "Basic bob").status()).isEqualTo(403);
      assertThat(get(caller, "/out", "Basic alice").status()).isEqualTo(403);
      HttpMessage nobody = get(caller, "/in/x", "");
      assertThat(nobody.status()).isEqualTo(401);
      assertThat(nobody.text()).contains("\"not_identified\"");
      assertThat(nobody.fields("WWW-Authenticate")).containsExactly("Basic realm=\"a\"");
      HttpMessage wrong = get(caller, "/in/x", "Basic eve");
      assertThat(wrong.status()).isEqualTo(401);
      assertThat(wrong.text()).contains("no such caller");
      assertThat(gateway.pluginFailures()).isEmpty();
    }
  }

  @Test
  void nobodyPassesWhenTheyFailWhateverTheirDefinitionSays() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      configure(gateway);
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .containsExactly("no plugin on it says who callers are; requests get 503");
      assertThat(get(caller, "/in/x", "Basic alice").status()).isEqualTo(503);
      plugin.use(gateway, "tenants/a/plugins/x", Map.of("on_failure", "open"));
      assertThat(gateway.compiledFindings()).isEmpty();
      for (String shown : List.of("throws", "forged", "spaced", "none")) {
        HttpMessage refused = get(caller, "/in/x", "Basic " + shown);
        assertThat(refused.status()).as(shown).isEqualTo(503);
        assertThat(refused.text()).contains("\"plugin_failed\"");
      }
      assertThat(gateway.pluginFailures()).hasSize(4);
      // What was shown is told to nobody.
      assertThat(gateway.pluginFailures()).noneMatch(each -> each.why().contains("Basic"));
      assertThat(gateway.pluginFailures().getFirst().why())
          .isEqualTo("it threw java.lang.IllegalStateException");
      assertThat(backend.received()).isEmpty();
    }
  }

  @Test
  void nobodyPassesWhereOneIsNotThere() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      configure(gateway);
      plugin.use(gateway, "tenants/a/plugins/x", Map.of());
      assertThat(get(caller, "/in/x", "Basic alice").status()).isEqualTo(200);
      Map<String, ?> gone =
          Map.of("id", "g", "plugin", "gone", "order", 1, "on_failure", "open", "config", Map.of());
      gateway.put("tenants/a/plugins/g", gone);
      HttpMessage refused = get(caller, "/in/x", "Basic alice");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text()).contains("\"plugin_failed\"");
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .containsExactlyInAnyOrder(
              "there is no plugin \"gone\"; requests go on without it",
              "a plugin on it is broken, which may say who callers are; requests get 503");
      gateway.route(Map.of("auth", "none"));
      assertThat(get(caller, "/in/x", "Basic alice").status()).isEqualTo(200);
    }
  }

  @Test
  void oneThatIsKnownToSayNothingOfCallersIsGoneWithout() throws Exception {
    OthersPlugin plugin = plugin();
    OthersPlugin other =
        new OthersPlugin(
            folder,
            "Stamps",
            "",
            """
            public List<String> requires() { return List.of("correlation_id"); }
            public Filter configure(Config config) {
              return (Filter.EditingReply) (request, reply, header) -> header.set("X-Stamp", "1");
            }
            """);
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      other.installed();
      gateway.install(plugin.installed());
      configure(gateway);
      plugin.use(gateway, "tenants/a/plugins/x", Map.of());
      other.use(gateway, "tenants/a/plugins/s", Map.of("on_failure", "open"));
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .containsExactly(
              "it requires \"correlation_id\", which is not on each of its routes;"
                  + " requests go on without it");
      assertThat(get(caller, "/in/x", "Basic alice").status()).isEqualTo(200);
    }
  }
}
