package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that have a say after limits. */
final class AdmittingPluginsTest {
  private static final String BODY =
      """
      public Filter configure(Config config) {
        return (Filter.Admitting) request -> request.path().equals("/later")
            ? new Verdict.Refuse(429, "not now", 7)
            : Verdict.PASS;
      }
      """;

  @TempDir Path folder;

  private static HttpMessage get(HttpProbe caller, String path) throws Exception {
    caller.send("GET " + path + " HTTP/1.1\r\nHost: a.test\r\n\r\n");
    return caller.read();
  }

  @Test
  void theyAreAskedOnceLimitsHaveCounted() throws Exception {
    OthersPlugin plugin = new OthersPlugin(folder, "Seats", "", BODY);
    try (StubUpstream backend =
            StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), new byte[0]));
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      plugin.use(gateway, "tenants/a/plugins/x", Map.of());
      gateway.put(
          "tenants/a/plugins/two",
          Map.of(
              "id",
              "two",
              "plugin",
              "rate_limit",
              "config",
              Map.of("limit", 2, "window_seconds", 60)));
      HttpMessage later = get(caller, "/later");
      assertThat(later.status()).isEqualTo(429);
      assertThat(later.text()).contains("\"plugin_refused\"", "not now");
      assertThat(later.fields("Retry-After")).containsExactly("7");
      assertThat(get(caller, "/").status()).isEqualTo(200);
      HttpMessage third = get(caller, "/later");
      assertThat(third.text()).contains("\"rate_limited\"");
      assertThat(backend.received()).hasSize(1);
    }
  }

  @Test
  void whatTheyRefuseHoldsNoPlace() throws Exception {
    OthersPlugin plugin = new OthersPlugin(folder, "Seats", "", BODY);
    try (StubUpstream backend =
            StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), new byte[0]));
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      plugin.use(gateway, "tenants/a/plugins/x", Map.of());
      gateway.put(
          "tenants/a/plugins/one",
          Map.of(
              "id",
              "one",
              "plugin",
              "rate_limit",
              "config",
              Map.of("algorithm", "concurrency", "limit", 1)));
      for (int i = 0; i < 3; i++) {
        assertThat(get(caller, "/later").text()).contains("\"plugin_refused\"");
      }
      assertThat(get(caller, "/").status()).isEqualTo(200);
    }
  }
}
