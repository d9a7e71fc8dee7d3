package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.gateway.pipeline.LimitDecisions;
import dev.aegis.gateway.pipeline.LimitDecisions.Outcome;
import dev.aegis.gateway.pipeline.Limits;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits as callers meet them; none of them gets room back while a test runs. */
final class RouteLimitsTest {
  private static final int DAY = 86_400;

  private final Map<Outcome, AtomicInteger> decisions = new ConcurrentHashMap<>();
  private StubUpstream backend;
  private GatewayInProcess gateway;
  private HttpProbe caller;

  @BeforeEach
  void start() throws Exception {
    backend =
        StubUpstream.start(
            (request, exchange) ->
                exchange.reply(
                    200, List.of("RateLimit: theirs", "X-RateLimit-Limit: 9"), new byte[0]));
    LimitDecisions board =
        new LimitDecisions(
            (tenant, policy, outcome) ->
                decisions.computeIfAbsent(outcome, key -> new AtomicInteger())::incrementAndGet);
    gateway = GatewayInProcess.counting(new Limits(SharedCounts.NONE, board), backend.url());
    caller = gateway.connect();
  }

  @AfterEach
  void stop() throws Exception {
    caller.close();
    gateway.close();
    backend.close();
  }

  private void bucket(int burst, Map<String, ?> more) {
    Map<String, Object> config =
        new HashMap<>(
            Map.of("algorithm", "token_bucket", "limit", 1, "window_seconds", DAY, "burst", burst));
    config.putAll(more);
    gateway.put("tenants/a/plugins/l", Map.of("id", "l", "plugin", "rate_limit", "config", config));
  }

  private HttpMessage ask(String method) throws Exception {
    return caller.send(method + " / HTTP/1.1\r\nHost: a.test\r\n\r\n").read();
  }

  private int decided(Outcome outcome) {
    return decisions.computeIfAbsent(outcome, key -> new AtomicInteger()).get();
  }

  @Test
  void tellsWhatIsLeftToTheLastRequestAndBeyond() throws Exception {
    bucket(2, Map.of());
    for (int left = 1; left >= 0; left--) {
      HttpMessage reply = ask("GET");
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.fields("RateLimit-Policy")).containsExactly("\"l\";q=1;w=86400");
      assertThat(reply.fields("X-RateLimit-Limit")).containsExactly("2");
      assertThat(reply.fields("X-RateLimit-Remaining")).containsExactly("" + left);
      // Until the bucket is whole again: a day for each that was taken.
      long reset = Long.parseLong(reply.field("X-RateLimit-Reset"));
      assertThat(reset).isBetween((2L - left) * DAY - 60, (2L - left) * DAY);
      assertThat(reply.fields("RateLimit")).containsExactly("\"l\";r=" + left + ";t=" + reset);
    }
    HttpMessage refused = ask("GET");
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.field("X-RateLimit-Remaining")).isEqualTo("0");
    assertThat(refused.field("Retry-After")).isEqualTo(refused.field("X-RateLimit-Reset"));
    assertThat(Long.parseLong(refused.field("Retry-After"))).isBetween(DAY - 60L, (long) DAY);
    assertThat(decided(Outcome.ALLOWED)).isEqualTo(2);
    assertThat(decided(Outcome.REFUSED)).isEqualTo(1);
  }

  @Test
  void oneThatReportsLetsPassAndTellsNobodyButTheMetric() throws Exception {
    bucket(1, Map.of("mode", "report"));
    for (int i = 0; i < 3; i++) {
      HttpMessage reply = ask("GET");
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.field("RateLimit")).isEqualTo("theirs");
      assertThat(reply.field("RateLimit-Policy")).isNull();
    }
    assertThat(decided(Outcome.ALLOWED)).isEqualTo(1);
    assertThat(decided(Outcome.WOULD_REFUSE)).isEqualTo(2);
    assertThat(decided(Outcome.REFUSED)).isZero();
  }

  @Test
  void refusedRequestsCountIfAsked() throws Exception {
    bucket(1, Map.of("count_refused", true));
    assertThat(ask("GET").status()).isEqualTo(200);
    assertThat(Long.parseLong(ask("GET").field("Retry-After"))).isLessThanOrEqualTo(DAY);
    assertThat(Long.parseLong(ask("GET").field("Retry-After"))).isGreaterThan(DAY);
  }

  @Test
  void refusedRequestsDoNotCountOtherwise() throws Exception {
    bucket(1, Map.of());
    assertThat(ask("GET").status()).isEqualTo(200);
    for (int i = 0; i < 3; i++) {
      assertThat(Long.parseLong(ask("GET").field("Retry-After"))).isLessThanOrEqualTo(DAY);
    }
  }

  @Test
  void aMethodMayCostMore() throws Exception {
    bucket(10, Map.of("method_costs", Map.of("DELETE", 7, "HEAD", 0)));
    assertThat(ask("DELETE").field("X-RateLimit-Remaining")).isEqualTo("3");
    assertThat(ask("DELETE").status()).isEqualTo(429);
    assertThat(ask("GET").field("X-RateLimit-Remaining")).isEqualTo("2");
  }

  @Test
  void keepsItsCountWhenOnlyOtherThingsChange() throws Exception {
    bucket(2, Map.of());
    assertThat(ask("GET").field("X-RateLimit-Remaining")).isEqualTo("1");
    gateway.route(Map.of("priority", 3));
    bucket(2, Map.of());
    assertThat(ask("GET").field("X-RateLimit-Remaining")).isEqualTo("0");
    bucket(3, Map.of());
    assertThat(ask("GET").field("X-RateLimit-Remaining")).isEqualTo("2");
  }
}
