package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.model.Finding;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that do not start are started again, but not all the time. */
final class FailedStartsTest {
  private static final String STARTS = "aegis.test.starts";
  private static final String GOOD = "aegis.test.starts.good";

  private static final String BODY =
      """
      public Filter configure(Config config) { return new Starting(); }
      record Starting() implements Filter.EditingReply {
        public void start() {
          int before = Integer.getInteger("aegis.test.starts", 0);
          System.setProperty("aegis.test.starts", "" + (before + 1));
          if (System.getProperty("aegis.test.starts.good") == null) {
            throw new IllegalStateException("not yet");
          }
        }
        public void editReply(Request request, Reply reply, Header header) {
          header.set("X-Late", "1");
        }
      }
      """;

  @TempDir Path folder;

  @AfterEach
  void forget() {
    System.clearProperty(STARTS);
    System.clearProperty(GOOD);
  }

  private static int starts() {
    return Integer.getInteger(STARTS, 0);
  }

  private static HttpMessage get(HttpProbe caller) throws Exception {
    caller.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    return caller.read();
  }

  @Test
  void areStartedAgainWhenTheyChangeOrAfterAWhile() throws Exception {
    OthersPlugin plugin = new OthersPlugin(folder, "Late", "", BODY);
    try (StubUpstream backend =
            StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), new byte[0]));
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugin.installed());
      plugin.use(gateway, "tenants/a/plugins/x", Map.of());
      assertThat(starts()).isEqualTo(1);
      gateway.compile();
      gateway.compile();
      assertThat(starts()).isEqualTo(1);
      assertThat(gateway.compiledFindings())
          .extracting(Finding::message)
          .singleElement()
          .asString()
          .contains("it cannot be started", "not yet", "its routes get 503");
      assertThat(get(caller).status()).isEqualTo(503);
      plugin.use(gateway, "tenants/a/plugins/x", Map.of("order", 7));
      assertThat(starts()).isEqualTo(2);
      gateway.install(plugin.installed());
      assertThat(starts()).isEqualTo(3);
      System.setProperty(GOOD, "now");
      gateway.compile();
      assertThat(starts()).isEqualTo(3);
      gateway.elapse(Duration.ofMinutes(2));
      gateway.compile();
      assertThat(starts()).isEqualTo(4);
      assertThat(gateway.compiledFindings()).isEmpty();
      assertThat(get(caller).fields("X-Late")).containsExactly("1");
      gateway.elapse(Duration.ofMinutes(9));
      gateway.compile();
      assertThat(starts()).isEqualTo(4);
    }
  }
}
