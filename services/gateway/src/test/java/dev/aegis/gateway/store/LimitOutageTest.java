package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.pipeline.LimitDecisions.Outcome;
import dev.aegis.testkit.HttpMessage;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Redis is killed and comes back under load, and has lost its counts. Nothing runs out of a count
 * while this takes, so numbers are exact but for the requests that are under way at each change,
 * one of each caller.
 */
final class LimitOutageTest {
  private static final int CALLERS = Outage.CALLERS;
  private static final int LIMIT = Outage.LIMIT;

  private Outage outage;

  @BeforeEach
  void start() throws Exception {
    outage = new Outage();
  }

  @AfterEach
  void stop() throws Exception {
    outage.end();
  }

  private void limit(String onFailure) {
    outage.limit(
        onFailure,
        Map.of(
            "algorithm",
            "token_bucket",
            "limit",
            1,
            "window_seconds",
            86_400,
            "burst",
            LIMIT,
            "store",
            "redis"));
    outage.load();
  }

  /** As if Redis had never been away, but for what it lost and what was under way. */
  private void resynchronised(String policy, Outage.Passed before) {
    int least = outage.admitted() - before.most();
    int most = outage.admitted() - before.least();
    System.out.printf(
        "%s: %d to %d admitted since Redis was killed and lost its counts, limit %d, %d callers%n",
        policy, least, most, LIMIT, CALLERS);
    assertThat(least).isLessThanOrEqualTo(LIMIT + 2 * CALLERS);
    assertThat(most).isGreaterThanOrEqualTo(LIMIT);
  }

  @Test
  void eachGatewayKeepsItsShare() throws Exception {
    limit("local_share");
    Outage.Passed before = outage.killAfter(LIMIT / 5);
    // Half of the limit in each of the two, and then no more.
    await().atMost(TwoGateways.BOUND).until(() -> outage.answered(429) >= 100);
    await().atMost(TwoGateways.BOUND).until(() -> outage.admitted() - before.least() >= LIMIT);
    HttpMessage refused =
        await().atMost(TwoGateways.BOUND).until(outage::one, reply -> reply.status() == 429);
    assertThat(refused.field("X-RateLimit-Limit")).isEqualTo(Integer.toString(LIMIT / 2));
    assertThat(refused.field("Retry-After")).isNotNull();
    outage.restore();
    resynchronised("local_share", before);
    assertThat(outage.one().field("X-RateLimit-Limit")).isEqualTo(Integer.toString(LIMIT));
    assertThat(outage.answered(503)).isZero();
  }

  @Test
  void ofAShareThatIsNotUsedUpTheRestIsStillThere() throws Exception {
    limit("local_share");
    Outage.Passed before = outage.killAfter(LIMIT / 5);
    await().atMost(TwoGateways.BOUND).until(() -> outage.admitted() - before.least() >= LIMIT / 5);
    outage.restore();
    resynchronised("local_share, restored early", before);
  }

  @Test
  void openLetsPass() throws Exception {
    limit("open");
    Outage.Passed before = outage.killAfter(LIMIT / 5);
    int refused = outage.answered(429);
    outage.more(3 * LIMIT);
    assertThat(outage.answered(429)).isEqualTo(refused);
    assertThat(outage.one().field("RateLimit")).isNull(); // nobody counted
    assertThat(outage.gateways().decisions(Outcome.OPEN)).isGreaterThan(2 * LIMIT);
    int passed = outage.admitted();
    outage.restore();
    // What was let pass has been counted: there is nothing left.
    int after = outage.admitted();
    outage.more(1_000);
    assertThat(outage.admitted()).isEqualTo(after);
    assertThat(passed - before.most()).isGreaterThan(LIMIT);
    assertThat(outage.one().status()).isEqualTo(429);
    System.out.printf(
        "open: %d admitted while Redis was away, limit %d%n", after - before.most(), LIMIT);
  }

  @Test
  void closedLetsNobodyPass() throws Exception {
    limit("closed");
    Outage.Passed before = outage.killAfter(LIMIT / 5);
    outage.more(CALLERS);
    int apart = outage.admitted();
    int refused = outage.answered(503);
    outage.more(1_000);
    assertThat(outage.admitted()).isEqualTo(apart);
    assertThat(outage.answered(503) - refused).isGreaterThanOrEqualTo(1_000 - CALLERS);
    assertThat(outage.one().text()).contains("limiter_unavailable");
    assertThat(outage.gateways().decisions(Outcome.CLOSED)).isGreaterThanOrEqualTo(1_000);
    outage.restore();
    resynchronised("closed", before);
    assertThat(outage.answered(429)).isGreaterThan(0);
  }
}
