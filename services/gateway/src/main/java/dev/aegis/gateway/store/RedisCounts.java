package dev.aegis.gateway.store;

import dev.aegis.gateway.admission.Bound;
import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.Debts;
import dev.aegis.gateway.admission.Places;
import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.redis.RedisAccess;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.RedisClient;

/**
 * Limits counted in Redis, exactly, for all gateways together: one command for each request,
 * whatever the number of its limits.
 *
 * <p>Places of requests under way are leases, see {@link Leases}.
 *
 * <p>When Redis fails once, no request asks it any more until a question of a thread of its own is
 * answered. What was let pass meanwhile is counted there first: at most once, so that a failure in
 * between forgets and never doubles.
 */
public final class RedisCounts implements SharedCounts, AutoCloseable {
  /** How long a request waits for a connection, for an answer, and for its turn. */
  public static final Duration PATIENCE = Duration.ofMillis(100);

  private static final Logger LOG = LoggerFactory.getLogger(RedisCounts.class);

  private static final String GATEWAYS = "aegis:limit:1:gateways";
  private static final int GATEWAY_MILLIS = 10_000;
  private static final int CONNECTIONS = 32;
  private static final int AWAY_MILLIS = 200;
  private static final int UP_MILLIS = 2_000;

  /** In which every gateway has found Redis again, and told there what it let pass. */
  private static final Duration SETTLING = Duration.ofSeconds(1);

  private static final Duration STOP = Duration.ofSeconds(1);

  private final RedisAccess access;
  private final RedisClient client;
  private final CountsScript decide;
  private final CountsScript register;
  private final Leases leases;
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
    this.leases = new Leases(client, node + ':' + UUID.randomUUID() + ':', this::failed);
    this.register = CountsScript.of("gateways.lua");
    this.watch = Thread.ofVirtual().name("shared-limits").start(this::watch);
  }

  @Override
  public @Nullable List<Count> take(List<Claim> claims, long epochMillis, Places held) {
    if (claims.stream().noneMatch(claim -> claim.meter().places())) {
      return ask("take", "", claims, epochMillis);
    }
    if (!answers) {
      return null; // nobody is asked, so there is no doubt of what Redis knows
    }
    String name = leases.name();
    List<Count> counts = ask("take", name, claims, epochMillis);
    if (counts == null) {
      leases.doubtful(name, places(claims));
      return null;
    }
    List<String> keys = places(claims, counts);
    if (!keys.isEmpty()) {
      held.add(leases.taken(name, keys));
    }
    return counts;
  }

  @Override
  public @Nullable List<Count> peek(List<Claim> claims, long epochMillis) {
    return ask("peek", "", claims, epochMillis);
  }

  @Override
  public @Nullable List<Count> charge(List<Claim> claims, long epochMillis) {
    return ask("charge", "", claims, epochMillis);
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
    debts.add(claims.stream().filter(claim -> !claim.meter().places()).toList(), epochMillis);
    List<String> keys = places(claims);
    if (!keys.isEmpty()) {
      held.add(leases.untold(keys));
    }
  }

  @Override
  public boolean answers() {
    return answers;
  }

  private @Nullable List<Count> ask(String mode, String place, List<Claim> claims, long time) {
    if (!answers) {
      return null;
    }
    CountsQuestion question = CountsQuestion.of(mode, told ? time : -1, place, claims);
    try {
      return CountsQuestion.counts(claims, decide.run(client, question.keys(), question.words()));
    } catch (RuntimeException e) { // whatever Jedis makes of what is no Redis
      failed(e);
      return null;
    }
  }

  /** Where a request may have places. */
  private static List<String> places(List<Claim> claims) {
    return claims.stream()
        .filter(claim -> claim.meter().places())
        .map(claim -> CountsQuestion.key(claim.meter(), claim.caller()))
        .toList();
  }

  /** Where a request has places, once it is admitted; a limit that only reports may have none. */
  private static List<String> places(List<Claim> claims, List<Count> counts) {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < counts.size(); i++) {
      Claim claim = claims.get(i);
      if (!counts.get(i).admitted() && !claim.meter().reportOnly()) {
        return List.of();
      }
      if (counts.get(i).admitted() && claim.meter().places()) {
        keys.add(CountsQuestion.key(claim.meter(), claim.caller()));
      }
    }
    return keys;
  }

  /** Says nothing to the log: requests come here. */
  private void failed(RuntimeException e) {
    if (answers) {
      why = RedisAccess.reason(e);
      answers = false;
      leases.answering(false);
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
        leases.tell(!answers);
        if (!answers) {
          leases.answering(true);
          settled = System.nanoTime() + SETTLING.toNanos();
          answers = true;
          silent = false;
          LOG.info("Redis at {} counts limits", access);
        }
        if (!settling || System.nanoTime() - settled >= 0) {
          settling = false;
          gateways =
              (int) Math.max(1, CountsQuestion.number(reply)); // of those that are there again too
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
      CountsQuestion question = new CountsQuestion("charge", told ? debt.epochMillis() : -1, "");
      question.add(debt.meter(), debt.caller());
      List<Bound> bounds = debt.meter().bounds();
      for (int i = 0; i < bounds.size(); i++) {
        question.add(bounds.get(i), debt.used().get(i));
      }
      decide.run(client, question.keys(), question.words());
    }
  }

  @Override
  public void close() {
    closed = true;
    boolean answered = answers;
    answers = false;
    leases.answering(false);
    watch.interrupt();
    try {
      watch.join(STOP);
      if (answered) {
        leases.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) { // whatever Jedis makes of what is no Redis
      LOG.warn("Redis at {} keeps places for a while: {}", access, RedisAccess.reason(e));
    }
    client.close();
  }
}
