package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.pipeline.LimitDecisions.Outcome;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of a leased limit. The bounds are wider than those of an exact one: each gateway may
 * have a share of which Redis knew before, and spend one in advance after.
 */
final class LeasedOutageTest {
  private static final int LIMIT = Outage.LIMIT;
  private static final int SHARE = 10;
  private static final int MORE = 2 * 2 * SHARE + 2 * Outage.CALLERS;

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
        Map.of("limit", LIMIT, "window_seconds", 86_400, "store", "leased", "share", SHARE));
    outage.load();
  }

  /** As if Redis had never been away, but for what it lost and what is spent in advance. */
  private void resynchronised(String policy, Outage.Passed before) {
    outage.usedUp();
    int least = outage.admitted() - before.most();
    int most = outage.admitted() - before.least();
    System.out.printf(
        "leased, %s: %d to %d admitted since Redis was killed and lost its counts, limit %d,"
            + " %d at most%n",
        policy, least, most, LIMIT, LIMIT + MORE);
    assertThat(least).isLessThanOrEqualTo(LIMIT + MORE);
    assertThat(most).isGreaterThanOrEqualTo(LIMIT - 2 * SHARE);
  }

  @Test
  void eachGatewayKeepsItsPart() throws Exception {
    limit("local_share");
    Outage.Passed before = outage.killAfter(LIMIT / 5);
    await()
        .atMost(TwoGateways.BOUND)
        .until(() -> outage.admitted() - before.least() >= LIMIT - 2 * SHARE);
    outage.restore();
    resynchronised("local_share", before);
    assertThat(outage.answered(503)).isZero();
  }

  @Test
  void ofAPartThatIsNotUsedUpTheRestIsStillThere() throws Exception {
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
    assertThat(outage.gateways().decisions(Outcome.OPEN)).isGreaterThan(2 * LIMIT);
    outage.restore();
    outage.usedUp();
    // What was let pass has been counted: there is nothing left but shares.
    int after = outage.admitted();
    outage.more(1_000);
    assertThat(outage.admitted() - after).isLessThanOrEqualTo(2 * 2 * SHARE);
    System.out.printf(
        "leased, open: %d admitted while Redis was away, %d after it was back, limit %d%n",
        after - before.most(), outage.admitted() - after, LIMIT);
  }

  @Test
  void closedLetsNobodyPass() throws Exception {
    limit("closed");
    Outage.Passed before = outage.killAfter(LIMIT / 5);
    outage.more(Outage.CALLERS);
    int apart = outage.admitted();
    outage.more(1_000);
    assertThat(outage.admitted()).isEqualTo(apart);
    assertThat(outage.one().text()).contains("limiter_unavailable");
    assertThat(outage.gateways().decisions(Outcome.CLOSED)).isGreaterThanOrEqualTo(1_000);
    outage.restore();
    resynchronised("closed", before);
  }
}
