package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A route that shares its requests out among upstreams. */
final class RouteSplitTest {
  private static String get(HttpProbe caller, String lines) throws Exception {
    caller.send("GET / HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n");
    return caller.read().text();
  }

  @Test
  void theFieldChoosesAndTheRecordNamesWhoServed() throws Exception {
    try (StubUpstream stable = StubUpstream.answering("stable");
        StubUpstream canary = StubUpstream.answering("canary");
        GatewayInProcess gateway = GatewayInProcess.before(stable.url());
        HttpProbe caller = gateway.connect()) {
      gateway.upstream("canary", canary.url(), Map.of());
      gateway.route(
          Map.of(
              "split",
              List.of(
                  Map.of("upstream", "u", "weight", 100),
                  Map.of("upstream", "canary", "weight", 0),
                  Map.of("upstream", "gone", "weight", 0)),
              "split_header",
              "X-Variant"));
      assertThat(get(caller, "")).isEqualTo("stable");
      assertThat(get(caller, "x-variant: canary\r\n")).isEqualTo("canary");
      assertThat(get(caller, "X-Variant: nobody\r\n")).isEqualTo("stable");
      assertThat(get(caller, "X-Variant: gone\r\n")).contains("no_healthy_target");
      assertThat(gateway.finished(4))
          .extracting(each -> each.event().upstreamId())
          .containsExactly("u", "canary", "u", "gone");
      assertThat(gateway.snapshot().findings())
          .singleElement()
          .satisfies(finding -> assertThat(finding.message()).contains("\"gone\""));
    }
  }
}
