package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.LocalCounts;
import dev.aegis.gateway.admission.Places;
import dev.aegis.gateway.admission.Refills;
import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.gateway.pipeline.LimitDecisions;
import dev.aegis.gateway.pipeline.Limits;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A leased limit when Redis is back, and the other gateway has not told yet what it let pass. */
final class LeasedWhileSettlingTest {
  private static final int LIMIT = 100;

  /** The counts of two gateways, in this process. */
  private static final class Settling implements SharedCounts {
    private final LocalCounts counts = new LocalCounts();
    private volatile boolean settling = true;

    @Override
    public @Nullable List<Count> take(List<Claim> claims, long epochMillis, Places held) {
      return counts.take(claims, epochMillis, held);
    }

    @Override
    public @Nullable List<Count> peek(List<Claim> claims, long epochMillis) {
      return counts.peek(claims, epochMillis);
    }

    @Override
    public @Nullable List<Count> charge(List<Claim> claims, long epochMillis) {
      return counts.charge(claims, epochMillis);
    }

    @Override
    public boolean answers() {
      return true;
    }

    @Override
    public boolean settling() {
      return settling;
    }

    @Override
    public int gateways() {
      return 2;
    }

    @Override
    public void owe(List<Claim> claims, long epochMillis, Places held) {
      throw new AssertionError("it answers");
    }
  }

  @Test
  void takesNoMoreThanTheGatewaysPart() throws Exception {
    Settling shared = new Settling();
    LimitDecisions board = new LimitDecisions((tenant, policy, outcome) -> () -> {});
    try (StubUpstream backend = StubUpstream.answering("served");
        Refills refills = new Refills(shared, InstantSource.system());
        GatewayInProcess gateway =
            GatewayInProcess.counting(
                new Limits(new LocalCounts(refills), shared, board), backend.url());
        HttpProbe caller = gateway.connect()) {
      Map<String, Object> config =
          Map.of("limit", LIMIT, "window_seconds", 86_400, "store", "leased", "share", 10);
      gateway.put(
          "tenants/a/plugins/l", Map.of("id", "l", "plugin", "rate_limit", "config", config));
      int admitted = 0;
      HttpMessage reply = ask(caller);
      while (reply.status() == 200) {
        admitted++;
        reply = ask(caller);
      }
      assertThat(admitted).isEqualTo(LIMIT / 2);
      assertThat(Integer.parseInt(reply.field("Retry-After"))).isGreaterThan(1);
      shared.settling = false;
      await().until(() -> ask(caller).status() == 200); // the other has told nothing
    }
  }

  private static HttpMessage ask(HttpProbe caller) throws Exception {
    return caller.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").read();
  }
}
