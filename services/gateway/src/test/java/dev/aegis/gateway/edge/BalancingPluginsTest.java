package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that choose targets. */
final class BalancingPluginsTest {
  private static final String BODY =
      """
      public Filter configure(Config config) {
        return (Filter.Balancing) (request, targets) -> {
          String wanted = request.header("X-Wanted");
          switch (wanted) {
            case "beyond": return targets.size();
            case "throws": throw new IllegalStateException("of all things");
            default:
              for (int i = 0; i < targets.size(); i++) {
                if (targets.get(i).address().endsWith(":" + wanted)) {
                  return i;
                }
              }
              return -1;
          }
        };
      }
      """;

  @TempDir Path folder;

  private static StubUpstream backend(String name) throws Exception {
    return StubUpstream.start(
        (request, exchange) -> exchange.reply(200, List.of(), name.getBytes()));
  }

  private static HttpMessage get(HttpProbe caller, String wanted) throws Exception {
    caller.send("GET / HTTP/1.1\r\nHost: a.test\r\nX-Wanted: " + wanted + "\r\n\r\n");
    return caller.read();
  }

  private static String port(StubUpstream backend) {
    return backend.url().substring(backend.url().lastIndexOf(':') + 1);
  }

  @Test
  void theirWishCountsAmongTargetsThatAreFit() throws Exception {
    OthersPlugin plugin = new OthersPlugin(folder, "Wishes", "", BODY);
    StubUpstream gone = backend("gone");
    try (StubUpstream one = backend("one");
        StubUpstream two = backend("two");
        GatewayInProcess gateway = GatewayInProcess.before(one.url(), two.url(), gone.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      plugin.use(gateway, "tenants/a/plugins/x", Map.of("route", "all"));
      for (int i = 0; i < 4; i++) {
        assertThat(get(caller, port(one)).text()).isEqualTo("one");
        assertThat(get(caller, port(two)).text()).isEqualTo("two");
      }
      String port = port(gone);
      gone.close();
      // What failed is not offered again, so the retry goes elsewhere.
      assertThat(get(caller, port).text()).isIn("one", "two");
      assertThat(gateway.pluginFailures()).isEmpty();
    }
  }

  @Test
  void theUpstreamBalancesWhereTheyFailOrHaveNoWish() throws Exception {
    OthersPlugin plugin = new OthersPlugin(folder, "Wishes", "", BODY);
    try (StubUpstream one = backend("one");
        StubUpstream two = backend("two");
        GatewayInProcess gateway = GatewayInProcess.before(one.url(), two.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      plugin.use(gateway, "tenants/a/plugins/x", Map.of());
      for (String wanted : List.of("throws", "beyond", "nobody")) {
        Set<String> served = new HashSet<>();
        for (int i = 0; i < 2; i++) {
          HttpMessage reply = get(caller, wanted);
          assertThat(reply.status()).isEqualTo(200);
          served.add(reply.text());
        }
        assertThat(served).as(wanted).containsExactlyInAnyOrder("one", "two");
      }
      assertThat(gateway.pluginFailures()).hasSize(4);
    }
  }
}
