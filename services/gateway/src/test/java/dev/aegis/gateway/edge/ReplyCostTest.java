package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.gateway.pipeline.LimitDecisions;
import dev.aegis.gateway.pipeline.Limits;
import dev.aegis.gateway.pipeline.ReplyCosts.Outcome;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What replies say that requests cost; no limit gets room back while a test runs. */
final class ReplyCostTest {
  private static final int DAY = 86_400;

  private final List<String> lines = new ArrayList<>();
  private final Limits limits =
      new Limits(SharedCounts.NONE, new LimitDecisions((tenant, policy, outcome) -> () -> {}));
  private StubUpstream backend;
  private GatewayInProcess gateway;
  private HttpProbe caller;

  @BeforeEach
  void start() throws Exception {
    backend =
        StubUpstream.start(
            (request, exchange) -> exchange.reply(200, List.copyOf(lines), new byte[0]));
    gateway = GatewayInProcess.counting(limits, backend.url());
    caller = gateway.connect();
  }

  @AfterEach
  void stop() throws Exception {
    caller.close();
    gateway.close();
    backend.close();
  }

  private void bucket(String id, int burst, Map<String, ?> cost, Map<String, ?> more) {
    Map<String, Object> config =
        new HashMap<>(
            Map.of("algorithm", "token_bucket", "limit", 1, "window_seconds", DAY, "burst", burst));
    config.putAll(more);
    Map<String, Object> all = new HashMap<>(Map.of("header", "X-Cost"));
    all.putAll(cost);
    config.put("reply_cost", all);
    gateway.put(
        "tenants/a/plugins/" + id, Map.of("id", id, "plugin", "rate_limit", "config", config));
  }

  private HttpMessage ask(String method, String... said) throws Exception {
    lines.clear();
    lines.addAll(List.of(said));
    caller.send(method + " / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    return method.equals("HEAD") ? caller.readHead() : caller.read();
  }

  private static int left(HttpMessage reply) {
    return Integer.parseInt(reply.field("X-RateLimit-Remaining"));
  }

  @Test
  void takesTheRestWhenTheReplyComesAndTellsWhatIsLeftThen() throws Exception {
    bucket("l", 100, Map.of(), Map.of());
    HttpMessage reply = ask("GET", "x-COST: 30");
    assertThat(left(reply)).isEqualTo(70);
    assertThat(reply.field("X-Cost")).isNull();
    assertThat(reply.fields("RateLimit")).hasSize(1);
    assertThat(left(ask("GET", "X-Cost: 1"))).isEqualTo(69);
    assertThat(left(ask("GET", "X-Cost: 0"))).isEqualTo(68); // never less than was taken
    assertThat(limits.replyCosts().count(Outcome.SAID)).isEqualTo(3);
  }

  @Test
  void whatIsTooMuchWeighsOnTheNextOnesOnly() throws Exception {
    bucket("l", 10, Map.of(), Map.of());
    assertThat(left(ask("GET", "X-Cost: 8"))).isEqualTo(2);
    HttpMessage current = ask("GET", "X-Cost: 10");
    assertThat(current.status()).isEqualTo(200);
    assertThat(left(current)).isZero();
    int asked = backend.received().size();
    HttpMessage next = ask("GET", "X-Cost: 1");
    assertThat(next.status()).isEqualTo(429);
    // Eight more than there is are owed, and one is wanted: a day for each.
    assertThat(Long.parseLong(next.field("Retry-After"))).isBetween(9L * DAY - 60, 9L * DAY);
    assertThat(backend.received()).hasSize(asked);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "X-Cost:",
        "X-Cost: -5",
        "X-Cost: 5.0",
        "X-Cost: five",
        "X-Cost: 0x5",
        "X-Cost: 5 5",
        "X-Cost: 99999999999999999999"
      })
  void whatIsNoNumberCostsWhatWasTaken(String line) throws Exception {
    bucket("l", 100, Map.of(), Map.of("cost", 2));
    HttpMessage reply = line.isEmpty() ? ask("GET") : ask("GET", line);
    assertThat(left(reply)).isEqualTo(98);
    assertThat(reply.field("X-Cost")).isNull();
    Outcome outcome = line.isEmpty() ? Outcome.MISSING : Outcome.INVALID;
    assertThat(limits.replyCosts().count(outcome)).isEqualTo(1);
  }

  @Test
  void twoNumbersAreNone() throws Exception {
    bucket("l", 100, Map.of(), Map.of());
    assertThat(left(ask("GET", "X-Cost: 5", "x-cost: 7"))).isEqualTo(99);
    assertThat(limits.replyCosts().count(Outcome.INVALID)).isEqualTo(1);
  }

  @Test
  void noMoreCountsThanIsSaid() throws Exception {
    bucket("l", 100, Map.of("most", 20), Map.of());
    assertThat(left(ask("GET", "X-Cost: 21"))).isEqualTo(80);
    assertThat(limits.replyCosts().count(Outcome.CAPPED)).isEqualTo(1);
  }

  @Test
  void callersGetTheFieldIfAsked() throws Exception {
    bucket("l", 100, Map.of("keep", true), Map.of());
    assertThat(ask("GET", "X-Cost: 7").fields("X-Cost")).containsExactly("7");
  }

  @Test
  void aMethodThatIsNotCountedCostsNothingAfterwards() throws Exception {
    bucket("l", 100, Map.of(), Map.of("method_costs", Map.of("HEAD", 0, "DELETE", 10)));
    assertThat(left(ask("HEAD", "X-Cost: 50"))).isEqualTo(100);
    assertThat(left(ask("DELETE", "X-Cost: 12"))).isEqualTo(88);
  }

  @Test
  void oneThatReportsCountsToo() throws Exception {
    bucket("l", 10, Map.of(), Map.of("mode", "report"));
    bucket("m", 1_000, Map.of(), Map.of());
    assertThat(left(ask("GET", "X-Cost: 10"))).isEqualTo(990);
    HttpMessage reply = ask("GET", "X-Cost: 10");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(left(reply)).isEqualTo(980);
  }

  /** A backend that does nothing has no cost. */
  @Test
  void aReplyThatWasKeptCostsOnlyWhatIsTaken() throws Exception {
    gateway.route(Map.of("cache", Map.of()));
    bucket("l", 100, Map.of(), Map.of());
    assertThat(left(ask("GET", "X-Cost: 40", "Cache-Control: max-age=600"))).isEqualTo(60);
    HttpMessage kept = ask("GET");
    assertThat(kept.field("Age")).isNotNull();
    assertThat(left(kept)).isEqualTo(59);
    assertThat(kept.field("X-Cost")).isNull();
  }

  @Test
  void aFailureOfTheBackendCostsOnlyWhatIsTaken() throws Exception {
    bucket("l", 100, Map.of(), Map.of());
    backend.close();
    assertThat(ask("GET").status()).isEqualTo(502);
    gateway.put(
        "tenants/a/upstreams/u", Map.of("id", "u", "targets", List.of(Map.of("url", other()))));
    assertThat(left(ask("GET", "X-Cost: 1"))).isEqualTo(98);
  }

  private String other() {
    backend =
        StubUpstream.start(
            (request, exchange) -> exchange.reply(200, List.copyOf(lines), new byte[0]));
    return backend.url();
  }
}
