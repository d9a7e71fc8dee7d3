package dev.aegis.gateway.store;

import dev.aegis.gateway.admission.Bound;
import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.Debts;
import dev.aegis.gateway.admission.Meter;
import dev.aegis.gateway.admission.Places;
import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.redis.RedisAccess;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Limits counted in Redis, exactly, for all gateways together: one command for each request,
 * whatever the number of its limits.
 *
 * <p>When Redis fails once, no request asks it any more until a question of a thread of its own is
 * answered. What was let pass meanwhile is counted there first: at most once, so that a failure in
 * between forgets and never doubles.
 */
public final class RedisCounts implements SharedCounts, AutoCloseable {
  /** How long a request waits for a connection, for an answer, and for its turn. */
  public static final Duration PATIENCE = Duration.ofMillis(100);

  private static final Logger LOG = LoggerFactory.getLogger(RedisCounts.class);

  /** Begins the names of entries; the number changes with the form of what is written. */
  private static final String FORM = "aegis:limit:1:";

  private static final String GATEWAYS = "aegis:limit:1:gateways";
  private static final int GATEWAY_MILLIS = 10_000;
  private static final int CONNECTIONS = 32;
  private static final int AWAY_MILLIS = 200;
  private static final int UP_MILLIS = 2_000;
  private static final int NUMBERS = 4;

  /** In which every gateway has found Redis again, and told there what it let pass. */
  private static final Duration SETTLING = Duration.ofSeconds(1);

  private static final Duration STOP = Duration.ofSeconds(1);

  private final RedisAccess access;
  private final RedisClient client;
  private final CountsScript decide;
  private final CountsScript register;
  private final String node;
  private final boolean told;
  private final InstantSource clock;
  private final Semaphore wake = new Semaphore(0);
  private final Thread watch;
  private volatile boolean answers;
  private volatile @Nullable String why;
  private volatile boolean closed;
  private volatile int gateways = 1;
  private final Debts debts = new Debts();

  private volatile boolean settling;

  /** Until when it does, on the monotonic clock; the watching thread's own. */
  private long settled;

  /**
   * Begins to connect.
   *
   * @param node name of this gateway among those that share Redis
   */
  public RedisCounts(RedisAccess access, String node, InstantSource clock) {
    this(access, node, PATIENCE, false, clock);
  }

  /**
   * @param told whether requests tell the time, for tests; else Redis' clock holds, which all
   *     gateways have in common
   */
  RedisCounts(
      RedisAccess access, String node, Duration patience, boolean told, InstantSource clock) {
    this.access = access;
    this.node = node;
    this.told = told;
    this.clock = clock;
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(CONNECTIONS);
    pool.setMaxIdle(CONNECTIONS);
    pool.setMaxWait(patience);
    this.client = access.client((int) patience.toMillis(), pool);
    this.decide = CountsScript.of("counts.lua");
    this.register = CountsScript.of("gateways.lua");
    this.watch = Thread.ofVirtual().name("shared-limits").start(this::watch);
  }

  @Override
  public @Nullable List<Count> take(List<Claim> claims, long epochMillis, Places held) {
    return ask("take", claims, epochMillis);
  }

  @Override
  public @Nullable List<Count> peek(List<Claim> claims, long epochMillis) {
    return ask("peek", claims, epochMillis);
  }

  @Override
  public boolean settling() {
    return settling;
  }

  @Override
  public int gateways() {
    return gateways;
  }

  @Override
  public void owe(List<Claim> claims, long epochMillis, Places held) {
    debts.add(claims, epochMillis);
  }

  @Override
  public boolean answers() {
    return answers;
  }

  private @Nullable List<Count> ask(String mode, List<Claim> claims, long epochMillis) {
    if (!answers) {
      return null;
    }
    List<String> keys = new ArrayList<>(claims.size());
    List<String> words = words(mode, epochMillis);
    for (Claim claim : claims) {
      keys.add(key(claim.meter(), claim.caller()));
      meter(words, claim.meter());
      for (Bound bound : claim.meter().bounds()) {
        bound(words, bound, claim.cost());
      }
    }
    try {
      return counts(claims, decide.run(client, keys, words));
    } catch (RuntimeException e) { // whatever Jedis makes of what is no Redis
      failed(e);
      return null;
    }
  }

  private List<String> words(String mode, long epochMillis) {
    List<String> words = new ArrayList<>();
    words.add(told ? Long.toString(epochMillis) : "-1");
    words.add(mode);
    return words;
  }

  private static void meter(List<String> words, Meter meter) {
    words.add(meter.reportOnly() ? "1" : "0");
    words.add(meter.countRefused() ? "1" : "0");
    words.add(Long.toString(meter.keptMillis()));
    words.add(Integer.toString(meter.bounds().size()));
  }

  private static void bound(List<String> words, Bound bound, long cost) {
    int kind =
        switch (bound.algorithm()) {
          case CONCURRENCY -> 5;
          case FIXED_WINDOW -> 1;
          case SLIDING_WINDOW -> 2;
          case TOKEN_BUCKET -> 3;
          case LEAKY_BUCKET -> 4;
        };
    words.add(Integer.toString(kind));
    words.add(Long.toString(bound.limit()));
    words.add(Long.toString(bound.lengthMillis()));
    words.add(Long.toString(bound.room()));
    words.add(Long.toString(cost));
  }

  private static String key(Meter meter, String caller) {
    return FORM + meter.name() + ':' + caller;
  }

  private static List<Count> counts(List<Claim> claims, Object reply) {
    if (!(reply instanceof List<?> numbers)) {
      throw new JedisDataException("an answer of another form");
    }
    List<Count> counts = new ArrayList<>(claims.size());
    int next = 0;
    for (Claim claim : claims) {
      List<Count> each = new ArrayList<>();
      for (Bound bound : claim.meter().bounds()) {
        if (next + NUMBERS > numbers.size()) {
          throw new JedisDataException("an answer of another form");
        }
        each.add(
            Count.of(
                number(numbers.get(next)) == 1,
                bound,
                number(numbers.get(next + 1)),
                number(numbers.get(next + 2)),
                number(numbers.get(next + 3))));
        next += NUMBERS;
      }
      counts.add(each.stream().reduce(Count::and).orElseThrow());
    }
    return counts;
  }

  private static long number(Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw new JedisDataException("an answer of another form");
  }

  /** Says nothing to the log: requests come here. */
  private void failed(RuntimeException e) {
    if (answers) {
      why = RedisAccess.reason(e);
      answers = false;
      wake.release();
    }
  }

  private void watch() {
    boolean silent = false;
    while (!closed) {
      try {
        if (!answers) {
          told();
          client.getPool().clear(); // connections to what has failed
        }
        List<String> words = List.of(node, Integer.toString(GATEWAY_MILLIS));
        Object reply = register.run(client, List.of(GATEWAYS), words);
        charge();
        if (!answers) {
          settled = System.nanoTime() + SETTLING.toNanos();
          answers = true;
          silent = false;
          LOG.info("Redis at {} counts limits", access);
        }
        if (!settling || System.nanoTime() - settled >= 0) {
          settling = false;
          gateways = (int) Math.max(1, number(reply)); // of those that are there again too
        }
      } catch (RuntimeException e) { // whatever Jedis makes of what is no Redis
        if (answers) {
          failed(e);
        } else if (!silent && !closed) {
          silent = true;
          LOG.warn("Redis at {} does not answer: {}", access, RedisAccess.reason(e));
        }
      }
      try {
        if (wake.tryAcquire(
            answers && !settling ? UP_MILLIS : AWAY_MILLIS, TimeUnit.MILLISECONDS)) {
          wake.drainPermits();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void told() {
    String reason = why;
    if (reason != null && !closed) {
      settling = true;
      LOG.warn("Redis at {} counts no limits, which do what on_failure says: {}", access, reason);
    }
    why = null;
  }

  /** Each debt is forgotten before it is told: what may have been counted is not told again. */
  private void charge() {
    long now = clock.millis();
    for (Debts.Debt debt = debts.poll(now); debt != null; debt = debts.poll(now)) {
      List<String> words = words("charge", debt.epochMillis());
      meter(words, debt.meter());
      List<Bound> bounds = debt.meter().bounds();
      for (int i = 0; i < bounds.size(); i++) {
        bound(words, bounds.get(i), debt.used().get(i));
      }
      decide.run(client, List.of(key(debt.meter(), debt.caller())), words);
    }
  }

  @Override
  public void close() {
    closed = true;
    answers = false;
    watch.interrupt();
    try {
      watch.join(STOP);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
