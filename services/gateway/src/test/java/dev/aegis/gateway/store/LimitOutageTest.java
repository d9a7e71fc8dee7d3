package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.pipeline.LimitDecisions.Outcome;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.RedisPeer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Redis is killed and comes back under load, and has lost its counts. Nothing runs out of a count
 * while this takes, so numbers are exact but for the requests that are under way at each change,
 * one of each caller.
 */
final class LimitOutageTest {
  private static final int CALLERS = 8;
  private static final int LIMIT = 1_000;

  private RedisPeer redis;
  private TwoGateways gateways;
  private ExecutorService threads;
  private final List<Future<Void>> load = new ArrayList<>();
  private final AtomicIntegerArray statuses = new AtomicIntegerArray(600);
  private final AtomicInteger inAll = new AtomicInteger();
  private volatile boolean over;

  @BeforeEach
  void start() throws Exception {
    redis = RedisPeer.start();
    gateways = new TwoGateways(redis, Duration.ofSeconds(5));
    threads = Executors.newVirtualThreadPerTaskExecutor();
  }

  @AfterEach
  void stop() throws Exception {
    over = true;
    threads.close();
    gateways.close();
    redis.close();
    for (Future<Void> each : load) {
      each.get();
    }
  }

  private void limit(String onFailure) {
    gateways.limit(
        Map.of(
            "algorithm",
            "token_bucket",
            "limit",
            1,
            "window_seconds",
            86_400,
            "burst",
            LIMIT,
            "by",
            List.of("tenant"),
            "store",
            "redis",
            "on_failure",
            onFailure));
  }

  /** Callers of both gateways that ask as fast as they are answered. */
  private void load() {
    for (int i = 0; i < CALLERS; i++) {
      int number = i;
      load.add(
          threads.submit(
              () -> {
                try (HttpProbe caller = gateways.caller(number)) {
                  while (!over) {
                    statuses.incrementAndGet(TwoGateways.ask(caller).status());
                    inAll.incrementAndGet();
                  }
                }
                return null;
              }));
    }
  }

  private int admitted() {
    return statuses.get(200);
  }

  /**
   * How many had passed at some moment: what passes while Redis is killed was before it or after.
   *
   * @param least before it was killed
   * @param most when it was dead
   */
  private record Passed(int least, int most) {}

  /** Kills Redis when so many have passed. */
  private Passed killAfter(int passed) {
    await().atMost(TwoGateways.BOUND).until(() -> admitted() >= passed);
    int least = admitted();
    redis.kill();
    Passed then = new Passed(least, admitted());
    await().atMost(TwoGateways.BOUND).until(gateways::apart);
    return then;
  }

  /** Starts Redis, and waits until both gateways count there and many requests were answered. */
  private void restore() {
    redis.restart();
    await().atMost(TwoGateways.BOUND).until(gateways::counted);
    more(3_000);
  }

  private void more(int requests) {
    int before = inAll.get();
    await().atMost(TwoGateways.BOUND).until(() -> inAll.get() >= before + requests);
  }

  /** As if Redis had never been away, but for what it lost and what was under way. */
  private void resynchronised(String policy, Passed before) {
    int least = admitted() - before.most();
    int most = admitted() - before.least();
    System.out.printf(
        "%s: %d to %d admitted since Redis was killed and lost its counts, limit %d, %d callers%n",
        policy, least, most, LIMIT, CALLERS);
    assertThat(least).isLessThanOrEqualTo(LIMIT + 2 * CALLERS);
    assertThat(most).isGreaterThanOrEqualTo(LIMIT);
  }

  private HttpMessage one() throws IOException {
    try (HttpProbe caller = gateways.caller(0)) {
      return TwoGateways.ask(caller);
    }
  }

  @Test
  void eachGatewayKeepsItsShare() throws Exception {
    limit("local_share");
    load();
    Passed before = killAfter(LIMIT / 5);
    // Half of the limit in each of the two, and then no more.
    await().atMost(TwoGateways.BOUND).until(() -> statuses.get(429) >= 100);
    await().atMost(TwoGateways.BOUND).until(() -> admitted() - before.least() >= LIMIT);
    HttpMessage refused =
        await().atMost(TwoGateways.BOUND).until(this::one, reply -> reply.status() == 429);
    assertThat(refused.field("X-RateLimit-Limit")).isEqualTo(Integer.toString(LIMIT / 2));
    assertThat(refused.field("Retry-After")).isNotNull();
    restore();
    resynchronised("local_share", before);
    assertThat(one().field("X-RateLimit-Limit")).isEqualTo(Integer.toString(LIMIT));
    assertThat(statuses.get(503)).isZero();
  }

  @Test
  void ofAShareThatIsNotUsedUpTheRestIsStillThere() throws Exception {
    limit("local_share");
    load();
    Passed before = killAfter(LIMIT / 5);
    await().atMost(TwoGateways.BOUND).until(() -> admitted() - before.least() >= LIMIT / 5);
    restore();
    resynchronised("local_share, restored early", before);
  }

  @Test
  void openLetsPass() throws Exception {
    limit("open");
    load();
    Passed before = killAfter(LIMIT / 5);
    int refused = statuses.get(429);
    more(3 * LIMIT);
    assertThat(statuses.get(429)).isEqualTo(refused);
    assertThat(one().field("RateLimit")).isNull(); // nobody counted
    assertThat(gateways.decisions(Outcome.OPEN)).isGreaterThan(2 * LIMIT);
    int passed = admitted();
    restore();
    // What was let pass has been counted: there is nothing left.
    int after = admitted();
    more(1_000);
    assertThat(admitted()).isEqualTo(after);
    assertThat(passed - before.most()).isGreaterThan(LIMIT);
    assertThat(one().status()).isEqualTo(429);
    System.out.printf(
        "open: %d admitted while Redis was away, limit %d%n", after - before.most(), LIMIT);
  }

  @Test
  void closedLetsNobodyPass() throws Exception {
    limit("closed");
    load();
    Passed before = killAfter(LIMIT / 5);
    more(CALLERS);
    int apart = admitted();
    int refused = statuses.get(503);
    more(1_000);
    assertThat(admitted()).isEqualTo(apart);
    assertThat(statuses.get(503) - refused).isGreaterThanOrEqualTo(1_000 - CALLERS);
    assertThat(one().text()).contains("limiter_unavailable");
    assertThat(gateways.decisions(Outcome.CLOSED)).isGreaterThanOrEqualTo(1_000);
    restore();
    resynchronised("closed", before);
    assertThat(statuses.get(429)).isGreaterThan(0);
  }
}
