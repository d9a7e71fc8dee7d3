package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.aegis.gateway.plugin.Failure;
import dev.aegis.model.Finding;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that have a say in which connections are served. */
final class ConnectingPluginsTest {
  private static final String BODY =
      """
      public Place narrowest() { return Place.INSTALLATION; }
      public Filter configure(Config config) {
        return (Filter.Connecting) arrival -> {
          if (config.mode().equals("throws")) {
            throw new IllegalStateException(arrival.toString());
          }
          return config.mode().equals("open")
              && arrival.address().equals("127.0.0.1")
              && !arrival.secure();
        };
      }
      """;

  private static final String WHERE = "plugins/x";

  @TempDir Path folder;

  private OthersPlugin plugin() {
    return new OthersPlugin(folder, "Doorman", "String mode", BODY);
  }

  private static StubUpstream backend() throws Exception {
    return StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), new byte[0]));
  }

  private static Map<String, ?> mode(String mode, String onFailure) {
    return Map.of("on_failure", onFailure, "config", Map.of("mode", mode));
  }

  /** Status of a request on a connection of its own, 0 when that is closed without a word. */
  private static int ask(GatewayInProcess gateway) throws Exception {
    try (HttpProbe caller = gateway.connect()) {
      return ask(caller);
    }
  }

  private static int ask(HttpProbe caller) throws Exception {
    try {
      caller.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      return caller.read().status();
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing came of it", e);
    } catch (IOException e) {
      return 0; // the end of the connection may come as a reset
    }
  }

  @Test
  void theySayWhichConnectionsAreServed() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe before = gateway.connect()) {
      assertThat(ask(before)).isEqualTo(200);
      gateway.install(plugin.installed());
      plugin.use(gateway, WHERE, mode("open", "closed"));
      assertThat(ask(gateway)).isEqualTo(200);
      plugin.use(gateway, WHERE, mode("shut", "closed"));
      assertThat(ask(gateway)).isZero();
      assertThat(ask(before)).isEqualTo(200); // it was there before
      assertThat(backend.received()).hasSize(3);
      gateway.change(WHERE, null);
      gateway.compile();
      assertThat(ask(gateway)).isEqualTo(200);
    }
  }

  @Test
  void onesThatFailFollowWhatTheirObjectSays() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.install(plugin.installed());
      plugin.use(gateway, WHERE, mode("throws", "closed"));
      assertThat(ask(gateway)).isZero();
      plugin.use(gateway, WHERE, mode("throws", "open"));
      for (int i = 0; i < 6; i++) {
        assertThat(ask(gateway)).isEqualTo(200);
      }
      assertThat(gateway.pluginFailures())
          .extracting(Failure::tenant, failure -> failure.phase().label())
          .containsOnly(tuple("_none", "connection"));
      assertThat(gateway.switchedOff()).containsExactly(WHERE);
    }
  }

  /** What a tenant puts to use is not asked about connections, which may be for others. */
  @Test
  void aTenantHasNoSay() throws Exception {
    OthersPlugin plugin = plugin();
    try (StubUpstream backend = backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe other = gateway.connect()) {
      gateway.install(plugin.installed());
      gateway.tenant("b", backend.url(), Map.of());
      plugin.use(gateway, "tenants/a/plugins/x", mode("shut", "closed"));
      assertThat(ask(gateway)).isEqualTo(503);
      other.send("GET / HTTP/1.1\r\nHost: b.test\r\n\r\n");
      assertThat(other.read().status()).isEqualTo(200);
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .anyMatch(message -> message.startsWith("it is for a wider place than this"));
    }
  }
}
