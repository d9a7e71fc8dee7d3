package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.aegis.gateway.plugin.Failure;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.SealedMember;
import dev.aegis.model.Finding;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugins.PluginFolder;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.PluginSource;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that were told something in secret, where they run. */
final class PluginSecretsTest {
  private static final String SECRET = "tok-3f9c1d7e5b";

  private static final String KEEPER =
      """
      import dev.aegis.plugin.*;

      public class Keeper implements Plugin<Keeper.Config> {
        public record Config(@Member(value = "What it knows.", secret = true) String token) {}

        public String name() { return "keeper"; }

        public String description() { return "Knows a secret."; }

        public Class<Config> config() { return Config.class; }

        public Filter configure(Config config) {
          if (config.token().startsWith("bad")) {
            throw new IllegalStateException("x".repeat(290) + config.token());
          }
          return new Keeping(config.token());
        }

        record Keeping(String token) implements Filter.Authorizing {
          public Verdict authorize(Request request) {
            if (request.path().equals("/throw")) {
              throw new IllegalStateException("x".repeat(240) + token);
            }
            return request.header("X-Guess").equals(token)
                ? Verdict.PASS
                : new Verdict.Refuse(401, "Guess again");
          }
        }
      }
      """;

  @TempDir Path folder;
  @TempDir Path work;

  private static void use(GatewayInProcess gateway, MasterKey key, String token) {
    ObjectKey owner = new ObjectKey(Kind.PLUGIN, "a", "x");
    Map<?, ?> sealed =
        new ObjectMapper()
            .convertValue(SealedMember.seal(key, owner, TextNode.valueOf(token)), Map.class);
    gateway.put(
        "tenants/a/plugins/x",
        Map.of(
            "id",
            "x",
            "plugin",
            "keeper",
            "timeout_ms",
            10_000,
            "config",
            Map.of("token", sealed)));
  }

  private static HttpMessage get(HttpProbe caller, String path, String guess) throws Exception {
    caller.send("GET " + path + " HTTP/1.1\r\nHost: a.test\r\nX-Guess: " + guess + "\r\n\r\n");
    return caller.read();
  }

  @Test
  void areOpenedForThemAndKeptOutOfWhatTheySay() throws Exception {
    new PluginSource(work, Plugin.class, "Keeper", KEEPER).pack(folder.resolve("k.jar"), "1");
    try (StubUpstream backend =
            StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), new byte[0]));
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugins.get());
      use(gateway, gateway.masterKey(), SECRET);
      assertThat(get(caller, "/", SECRET).status()).isEqualTo(200);
      assertThat(get(caller, "/", "other").status()).isEqualTo(401);
      assertThat(get(caller, "/throw", SECRET).status()).isEqualTo(503);
      assertThat(gateway.pluginFailures())
          .extracting(Failure::why)
          .singleElement()
          .asString()
          .contains("[redacted]")
          .doesNotContain("tok-");
      use(gateway, gateway.masterKey(), "bad" + SECRET);
      assertThat(get(caller, "/", SECRET).status()).isEqualTo(503);
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .singleElement()
          .asString()
          .contains("it cannot be started: it threw")
          .doesNotContain("bad", "tok-");
    }
  }

  @Test
  void anotherMasterKeyClosesTheRoutes() throws Exception {
    new PluginSource(work, Plugin.class, "Keeper", KEEPER).pack(folder.resolve("k.jar"), "1");
    MasterKey other = MasterKey.parse(MasterKey.newText());
    try (StubUpstream backend =
            StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), new byte[0]));
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugins.get());
      use(gateway, other, SECRET);
      HttpMessage refused = get(caller, "/", SECRET);
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text()).contains("\"plugin_failed\"");
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .containsExactly(
              "/config/token cannot be opened: sealed under master key "
                  + other.id()
                  + ", this process has "
                  + gateway.masterKey().id()
                  + "; send it again; its routes get 503");
      assertThat(backend.received()).isEmpty();
    }
  }
}
