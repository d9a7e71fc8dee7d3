package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.RedisPeer;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What replies say that requests cost, counted by two gateways together. */
final class SharedReplyCostTest {
  private static final int LIMIT = 1_000;
  private static final int COST = 100;

  private RedisPeer redis;
  private TwoGateways gateways;

  @BeforeEach
  void start() throws Exception {
    redis = RedisPeer.start();
    StubUpstream backend =
        StubUpstream.start(
            (request, exchange) -> exchange.reply(200, List.of("X-Cost: " + COST), new byte[0]));
    gateways = new TwoGateways(redis, Duration.ofSeconds(20), backend);
  }

  @AfterEach
  void stop() {
    gateways.close();
    redis.close();
  }

  private void limit(Map<String, ?> more) {
    Map<String, Object> config =
        new HashMap<>(
            Map.of(
                "limit",
                LIMIT,
                "window_seconds",
                86_400,
                "by",
                List.of("tenant"),
                "reply_cost",
                Map.of("header", "X-Cost")));
    config.putAll(more);
    gateways.limit(config);
  }

  private HttpMessage one(int gateway) throws IOException {
    try (HttpProbe caller = gateways.caller(gateway)) {
      return TwoGateways.ask(caller);
    }
  }

  @Test
  void isTakenOfTheCountOfAllGateways() throws Exception {
    limit(Map.of("store", "redis"));
    for (int i = 1; i <= LIMIT / COST; i++) {
      HttpMessage reply = one(i);
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.field("X-RateLimit-Remaining")).isEqualTo("" + (LIMIT - i * COST));
    }
    assertThat(one(0).status()).isEqualTo(429);
    assertThat(one(1).status()).isEqualTo(429);
  }

  @Test
  void isOwedWhileRedisIsAway() throws Exception {
    limit(Map.of("store", "redis", "on_failure", "local_share"));
    redis.stop();
    await()
        .atMost(TwoGateways.BOUND)
        .until(
            () -> {
              one(0); // who asks finds out
              one(1);
              return gateways.apart();
            });
    // A share of half the limit bears five in each gateway, with those that were asked before.
    for (int gateway = 0; gateway < 2; gateway++) {
      int asked = gateway;
      await().atMost(TwoGateways.BOUND).until(() -> one(asked).status() == 429);
    }
    redis.restart();
    await().atMost(TwoGateways.BOUND).until(gateways::counted);
    assertThat(one(0).status()).isEqualTo(429);
    assertThat(one(1).status()).isEqualTo(429);
  }

  @Test
  void isTakenOfSharesToo() throws Exception {
    int share = 50;
    limit(Map.of("store", "leased", "share", share));
    int admitted = 0;
    for (int i = 0; i < 2; i++) {
      int refusals = 0;
      while (refusals == 0) {
        HttpMessage reply = one(i);
        if (reply.status() == 200) {
          admitted++;
        } else if (Integer.parseInt(reply.field("Retry-After")) > 1) {
          refusals++;
        }
      }
    }
    // What is spent in advance, and what the last request of each gateway turned out to cost.
    assertThat(admitted * COST).isBetween(LIMIT - 2 * share, LIMIT + 2 * (share + COST));
    System.out.printf("leased, cost by replies: %d spent, limit %d%n", admitted * COST, LIMIT);
  }
}
