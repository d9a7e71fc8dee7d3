package dev.aegis.gateway.store;

import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.RedisPeer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Redis is killed and comes back under the load of callers of two gateways, and has lost its
 * counts.
 */
final class Outage {
  static final int CALLERS = 8;
  static final int LIMIT = 1_000;

  private final RedisPeer redis = RedisPeer.start();
  private final TwoGateways gateways;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<Void>> load = new ArrayList<>();
  private final AtomicIntegerArray statuses = new AtomicIntegerArray(600);
  private final AtomicInteger inAll = new AtomicInteger();
  private volatile boolean over;

  Outage() throws Exception {
    gateways = new TwoGateways(redis, Duration.ofSeconds(5));
  }

  TwoGateways gateways() {
    return gateways;
  }

  /** Has a limit of the tenant counted as {@code config} says. */
  void limit(String onFailure, Map<String, ?> config) {
    Map<String, Object> all = new HashMap<>(config);
    all.putAll(Map.of("by", List.of("tenant"), "on_failure", onFailure));
    gateways.limit(all);
  }

  /** Callers of both gateways that ask as fast as they are answered. */
  void load() {
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

  int admitted() {
    return answered(200);
  }

  /** How often callers of the load got this status. */
  int answered(int status) {
    return statuses.get(status);
  }

  /**
   * How many had passed at some moment: what passes while Redis is killed was before it or after.
   *
   * @param least before it was killed
   * @param most when it was dead
   */
  record Passed(int least, int most) {}

  /** Kills Redis when so many have passed. */
  Passed killAfter(int passed) {
    await().atMost(TwoGateways.BOUND).until(() -> admitted() >= passed);
    int least = admitted();
    redis.kill();
    Passed then = new Passed(least, admitted());
    await().atMost(TwoGateways.BOUND).until(gateways::apart);
    return then;
  }

  /** Starts Redis, and waits until both gateways count there and many requests were answered. */
  void restore() {
    redis.restart();
    await().atMost(TwoGateways.BOUND).until(gateways::counted);
    more(3_000);
  }

  void more(int requests) {
    int before = inAll.get();
    await().atMost(TwoGateways.BOUND).until(() -> inAll.get() >= before + requests);
  }

  HttpMessage one() throws IOException {
    return one(0);
  }

  private HttpMessage one(int gateway) throws IOException {
    try (HttpProbe caller = gateways.caller(gateway)) {
      return TwoGateways.ask(caller);
    }
  }

  /** Waits until both gateways have heard that nothing is left for a long time. */
  void usedUp() {
    for (int i = 0; i < 2; i++) {
      int gateway = i;
      await()
          .atMost(TwoGateways.BOUND)
          .until(
              () -> {
                HttpMessage reply = one(gateway);
                return reply.status() == 429 && Integer.parseInt(reply.field("Retry-After")) > 1;
              });
    }
  }

  /** Ends the load, and what it was for. */
  void end() throws Exception {
    over = true;
    threads.close();
    gateways.close();
    redis.close();
    for (Future<Void> each : load) {
      each.get();
    }
  }
}
