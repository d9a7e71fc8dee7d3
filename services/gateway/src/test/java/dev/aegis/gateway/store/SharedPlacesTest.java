package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.RedisPeer;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A limit of requests under way in Redis, as callers of two gateways meet it. */
final class SharedPlacesTest {
  private static final int LIMIT = 6;

  private final Semaphore release = new Semaphore(0);
  private final AtomicInteger arrived = new AtomicInteger();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final List<HttpProbe> held = new ArrayList<>();
  private RedisPeer redis;
  private TwoGateways gateways;

  @BeforeEach
  void start() throws Exception {
    redis = RedisPeer.start();
    StubUpstream backend =
        StubUpstream.start(
            (request, exchange) -> {
              if (request.head().contains(" /hold ")) {
                arrived.incrementAndGet();
                release.acquire();
              }
              most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
              Thread.yield();
              underWay.decrementAndGet();
              exchange.reply(200, List.of(), new byte[0]);
            });
    gateways = new TwoGateways(redis, Duration.ofSeconds(5), backend);
  }

  @AfterEach
  void stop() throws Exception {
    release.release(1_000);
    for (HttpProbe each : held) {
      each.close();
    }
    gateways.close();
    redis.close();
  }

  private void limit(String onFailure) {
    gateways.limit(
        Map.of(
            "algorithm",
            "concurrency",
            "limit",
            LIMIT,
            "by",
            List.of("tenant"),
            "store",
            "redis",
            "on_failure",
            onFailure));
  }

  private void hold(int gateway, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      int before = arrived.get();
      held.add(TwoGateways.send(gateways.caller(gateway), "/hold"));
      await().atMost(TwoGateways.BOUND).until(() -> arrived.get() > before);
    }
  }

  private HttpMessage one(int gateway) throws IOException {
    try (HttpProbe caller = gateways.caller(gateway)) {
      return TwoGateways.ask(caller);
    }
  }

  private void finish() throws IOException {
    release.release(1_000);
    for (HttpProbe each : held) {
      assertThat(each.read().status()).isEqualTo(200);
      each.close();
    }
    held.clear();
    for (int gateway = 0; gateway < 2; gateway++) {
      int asked = gateway;
      await()
          .atMost(TwoGateways.BOUND)
          .until(() -> ("" + (LIMIT - 1)).equals(one(asked).field("X-RateLimit-Remaining")));
    }
  }

  private void kill() {
    redis.kill();
    await()
        .atMost(TwoGateways.BOUND)
        .until(
            () -> {
              one(0); // who asks finds out
              one(1);
              return gateways.apart();
            });
  }

  private void restore() {
    redis.restart();
    await().atMost(TwoGateways.BOUND).until(gateways::counted);
  }

  @Test
  void twoGatewaysHaveItTogether() throws Exception {
    limit("local_share");
    hold(0, 4);
    hold(1, 2);
    for (int gateway = 0; gateway < 2; gateway++) {
      HttpMessage refused = one(gateway);
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.field("Retry-After")).isEqualTo("1");
    }
    finish();
  }

  /** Places that are given back while others ask let nobody pass of whom Redis knows nothing. */
  @Test
  void thereAreNeverMoreThanTheLimit() throws Exception {
    int limit = 2;
    gateways.limit(
        Map.of(
            "algorithm", "concurrency", "limit", limit, "by", List.of("tenant"), "store", "redis"));
    int admitted = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        int gateway = i;
        all.add(
            threads.submit(
                () -> {
                  int passed = 0;
                  try (HttpProbe caller = gateways.caller(gateway)) {
                    for (int call = 0; call < 150; call++) {
                      passed += TwoGateways.ask(caller).status() == 200 ? 1 : 0;
                    }
                  }
                  return passed;
                }));
      }
      for (Future<Integer> each : all) {
        admitted += each.get();
      }
    }
    System.out.printf(
        "16 callers of two gateways: %d of 2400 admitted, at most %d at once, limit %d%n",
        admitted, most.get(), limit);
    assertThat(most.get()).isBetween(1, limit);
    assertThat(admitted).isPositive();
  }

  /** What was under way when Redis went is counted, here against a share of three. */
  @Test
  void aShareCountsWhatIsUnderWayAlready() throws Exception {
    limit("local_share");
    hold(0, 2);
    hold(1, 3);
    kill();
    assertThat(one(0).field("X-RateLimit-Remaining")).isEqualTo("0");
    assertThat(one(1).status()).isEqualTo(429);
    hold(0, 1);
    assertThat(one(0).status()).isEqualTo(429);
    restore();
    // Redis has lost everything, and has heard it again.
    assertThat(one(0).status()).isEqualTo(429);
    assertThat(one(1).status()).isEqualTo(429);
    finish();
  }

  @Test
  void openLetsPassAndItCountsAfterwards() throws Exception {
    limit("open");
    hold(0, LIMIT);
    kill();
    assertThat(one(0).status()).isEqualTo(200);
    hold(1, 2);
    restore();
    assertThat(one(0).status()).isEqualTo(429);
    assertThat(one(1).status()).isEqualTo(429);
    finish();
  }

  @Test
  void closedLetsNobodyInAndKeepsWhatIsUnderWay() throws Exception {
    limit("closed");
    hold(0, 2);
    kill();
    assertThat(one(0).text()).contains("limiter_unavailable");
    restore();
    assertThat(one(0).field("X-RateLimit-Remaining")).isEqualTo("" + (LIMIT - 3));
    finish();
  }
}
