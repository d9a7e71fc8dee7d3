package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.RedisPeer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** A limit in Redis as callers of two gateways meet it. */
final class SharedLimitTest {
  private static final int CALLERS = 200;
  private static final int REQUESTS = 10;
  private static final int LIMIT = 777;

  @Test
  void isKeptExactlyByTwoGatewaysAndTwoHundredCallers() throws Exception {
    try (RedisPeer redis = RedisPeer.start();
        TwoGateways gateways = new TwoGateways(redis, Duration.ofSeconds(20))) {
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
              "closed"));
      Map<Integer, Integer> statuses = new TreeMap<>();
      CountDownLatch start = new CountDownLatch(1);
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<List<Integer>>> all = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
          int number = i;
          all.add(threads.submit(caller(gateways, number, start)));
        }
        start.countDown();
        for (Future<List<Integer>> each : all) {
          each.get().forEach(status -> statuses.merge(status, 1, Integer::sum));
        }
      }
      System.out.printf("%d callers of two gateways, limit %d: %s%n", CALLERS, LIMIT, statuses);
      assertThat(statuses).isEqualTo(Map.of(200, LIMIT, 429, CALLERS * REQUESTS - LIMIT));
    }
  }

  private static Callable<List<Integer>> caller(
      TwoGateways gateways, int number, CountDownLatch start) {
    return () -> {
      List<Integer> statuses = new ArrayList<>();
      try (HttpProbe caller = gateways.caller(number)) {
        start.await();
        for (int i = 0; i < REQUESTS; i++) {
          statuses.add(TwoGateways.ask(caller).status());
        }
      }
      return statuses;
    };
  }

  /** The gateways' own word that they are there is the same command, and ends in ZADD. */
  @Test
  void costsOneCommandForEachRequest() throws Exception {
    try (RedisPeer redis = RedisPeer.start();
        TwoGateways gateways = new TwoGateways(redis, Duration.ofSeconds(20));
        RedisClient client = new RedisAccess(redis.url()).client(20_000);
        HttpProbe caller = gateways.caller(0)) {
      gateways.limit(
          Map.of(
              "windows",
              List.of(
                  Map.of("limit", 1_000_000, "window_seconds", 60),
                  Map.of("limit", 1_000_000, "window_seconds", 3_600)),
              "store",
              "redis"));
      assertThat(TwoGateways.ask(caller).status()).isEqualTo(200); // and Redis has the script
      Map<String, Long> before = calls(client);
      for (int i = 0; i < 100; i++) {
        assertThat(TwoGateways.ask(caller).status()).isEqualTo(200);
      }
      Map<String, Long> more = calls(client);
      before.forEach((command, calls) -> more.merge(command, -calls, Long::sum));
      more.values().removeIf(calls -> calls == 0);
      System.out.println("commands of 100 requests: " + new TreeMap<>(more));
      long registered = more.getOrDefault("zadd", 0L);
      assertThat(more.get("evalsha") - registered).isEqualTo(100);
      // What the scripts themselves do, what registering does, and this test's own question.
      assertThat(more.keySet())
          .isSubsetOf(
              Set.of(
                  "evalsha",
                  "get",
                  "set",
                  "time",
                  "zadd",
                  "zcard",
                  "zremrangebyscore",
                  "pexpire",
                  "info"));
      assertThat(more.get("get")).isEqualTo(100);
      assertThat(more.get("set")).isEqualTo(100);
    }
  }

  /** All ask until they are told that nothing is left; a share may be used up for a moment. */
  @Test
  void aLeasedOneIsExceededByNoMoreThanTheShares() throws Exception {
    int share = 50;
    try (RedisPeer redis = RedisPeer.start();
        TwoGateways gateways = new TwoGateways(redis, Duration.ofSeconds(20));
        RedisClient client = new RedisAccess(redis.url()).client(20_000)) {
      gateways.limit(leased(LIMIT, share));
      long before = calls(client).get("evalsha");
      int admitted = 0;
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Integer>> all = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
          int number = i;
          all.add(threads.submit(() -> untilNothingIsLeft(gateways, number)));
        }
        for (Future<Integer> each : all) {
          admitted += each.get();
        }
      }
      Map<String, Long> calls = calls(client);
      long asked = calls.get("evalsha") - before;
      System.out.printf(
          "leased: %d admitted, limit %d, bound %d, %d questions to Redis%n",
          admitted, LIMIT, LIMIT + 2 * share, asked);
      assertThat(admitted).isBetween(LIMIT, LIMIT + 2 * share);
      assertThat(asked).isLessThan(LIMIT / 2);
    }
  }

  private static int untilNothingIsLeft(TwoGateways gateways, int number) throws Exception {
    int admitted = 0;
    try (HttpProbe caller = gateways.caller(number)) {
      for (int i = 0; i < 100_000; i++) {
        HttpMessage reply = TwoGateways.ask(caller);
        if (reply.status() == 200) {
          admitted++;
        } else if (Integer.parseInt(reply.field("Retry-After")) > 1) {
          return admitted;
        }
      }
    }
    throw new AssertionError("there is always something left");
  }

  private static Map<String, Object> leased(int limit, int share) {
    return Map.of(
        "limit",
        limit,
        "window_seconds",
        86_400,
        "by",
        List.of("tenant"),
        "store",
        "leased",
        "share",
        share);
  }

  /** Redis stands still, and would be waited for longer than the caller of this test waits. */
  @Test
  void aLeasedOneWaitsForNobody() throws Exception {
    try (RedisPeer redis = RedisPeer.start();
        TwoGateways gateways = new TwoGateways(redis, Duration.ofSeconds(60));
        HttpProbe caller = gateways.caller(0)) {
      gateways.limit(leased(1_000, 100));
      redis.process().freeze();
      try {
        for (int i = 0; i < 100; i++) {
          assertThat(TwoGateways.ask(caller).status()).isEqualTo(200);
        }
        HttpMessage tooFast = TwoGateways.ask(caller);
        assertThat(tooFast.status()).isEqualTo(429);
        assertThat(tooFast.field("Retry-After")).isEqualTo("1");
      } finally {
        redis.process().thaw();
      }
      await().atMost(TwoGateways.BOUND).until(() -> TwoGateways.ask(caller).status() == 200);
    }
  }

  private static Map<String, Long> calls(RedisClient client) {
    Map<String, Long> calls = new HashMap<>();
    for (String line : client.info("commandstats").split("\r\n")) {
      if (line.startsWith("cmdstat_")) {
        String command = line.substring("cmdstat_".length(), line.indexOf(':'));
        String number = line.substring(line.indexOf('=') + 1, line.indexOf(','));
        calls.put(command, Long.parseLong(number));
      }
    }
    return calls;
  }
}
