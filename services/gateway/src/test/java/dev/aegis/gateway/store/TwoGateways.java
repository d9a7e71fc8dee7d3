package dev.aegis.gateway.store;

import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.admission.LocalCounts;
import dev.aegis.gateway.admission.Refills;
import dev.aegis.gateway.edge.GatewayInProcess;
import dev.aegis.gateway.pipeline.LimitDecisions;
import dev.aegis.gateway.pipeline.LimitDecisions.Outcome;
import dev.aegis.gateway.pipeline.Limits;
import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.RedisPeer;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Two gateways before one backend that share one real Redis. */
final class TwoGateways implements AutoCloseable {
  static final Duration BOUND = Duration.ofSeconds(60);

  private final StubUpstream backend;
  private final List<RedisCounts> counts = new ArrayList<>();
  private final List<Refills> refills = new ArrayList<>();
  private final List<GatewayInProcess> gateways = new ArrayList<>();
  private final Map<Outcome, AtomicInteger> decisions = new ConcurrentHashMap<>();

  /**
   * Waits until both are known to each other.
   *
   * @param patience how long a request waits for Redis; on a busy machine more than usual
   */
  TwoGateways(RedisPeer redis, Duration patience) throws Exception {
    this(redis, patience, StubUpstream.answering("served"));
  }

  /** The same before another backend. */
  TwoGateways(RedisPeer redis, Duration patience, StubUpstream backend) throws Exception {
    this.backend = backend;
    for (String node : List.of("one", "two")) {
      RedisCounts shared =
          new RedisCounts(
              new RedisAccess(redis.url()), node, patience, false, InstantSource.system());
      counts.add(shared);
      LimitDecisions board =
          new LimitDecisions(
              (tenant, policy, outcome) ->
                  decisions.computeIfAbsent(outcome, key -> new AtomicInteger())::incrementAndGet);
      Refills refill = new Refills(shared, InstantSource.system());
      refills.add(refill);
      Limits limits = new Limits(new LocalCounts(refill), shared, board);
      gateways.add(GatewayInProcess.counting(limits, backend.url()));
    }
    await().atMost(BOUND).until(() -> counts.stream().allMatch(each -> each.gateways() == 2));
  }

  /** Puts a limit of tenant {@code a} into force in both. */
  void limit(Map<String, ?> config) {
    for (GatewayInProcess gateway : gateways) {
      gateway.put(
          "tenants/a/plugins/l", Map.of("id", "l", "plugin", "rate_limit", "config", config));
    }
  }

  /** Whether both have Redis count, and nothing else. */
  boolean counted() {
    return counts.stream().allMatch(each -> each.answers() && !each.settling());
  }

  /** Whether neither has. */
  boolean apart() {
    return counts.stream().noneMatch(RedisCounts::answers);
  }

  /** How often limits said so, in both. */
  int decisions(Outcome outcome) {
    return decisions.computeIfAbsent(outcome, key -> new AtomicInteger()).get();
  }

  /** A connection to one of them, the same for all even numbers. */
  HttpProbe caller(int number) throws IOException {
    return HttpProbe.connect(gateways.get(number % 2).port());
  }

  /** One request. */
  static HttpMessage ask(HttpProbe caller) throws IOException {
    return ask(caller, "/");
  }

  /** One for this path. */
  static HttpMessage ask(HttpProbe caller, String path) throws IOException {
    return send(caller, path).read();
  }

  /** One whose reply nobody waits for yet. */
  static HttpProbe send(HttpProbe caller, String path) throws IOException {
    return caller.send("GET " + path + " HTTP/1.1\r\nHost: a.test\r\n\r\n");
  }

  @Override
  public void close() {
    gateways.forEach(GatewayInProcess::close);
    refills.forEach(Refills::close);
    counts.forEach(RedisCounts::close);
    backend.close();
  }
}
