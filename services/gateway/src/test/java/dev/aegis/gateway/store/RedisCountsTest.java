package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.admission.Bound;
import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.Counts;
import dev.aegis.gateway.admission.CountsContract;
import dev.aegis.gateway.admission.Meter;
import dev.aegis.gateway.admission.Places;
import dev.aegis.journal.RateLimitConfig.Algorithm;
import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.RedisPeer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** Limits in a real Redis, which two gateways share, and what becomes of them when it fails. */
final class RedisCountsTest extends CountsContract {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static RedisPeer redis;
  private static int meters;

  private RedisCounts one;
  private RedisCounts other;
  private RedisClient client;

  @BeforeAll
  static void startRedis() {
    redis = RedisPeer.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @BeforeEach
  void start() {
    one = counts("one", true);
    other = counts("other", true);
    client = new RedisAccess(redis.url()).client(20_000);
    await().atMost(BOUND).until(() -> one.answers() && other.answers());
  }

  @AfterEach
  void stop() {
    client.close();
    one.close();
    other.close();
  }

  private static RedisCounts counts(String node, boolean told) {
    InstantSource clock = told ? InstantSource.fixed(Instant.EPOCH) : InstantSource.system();
    return new RedisCounts(new RedisAccess(redis.url()), node, PATIENCE, told, clock);
  }

  @Override
  protected int histories() {
    return 15;
  }

  /** Both gateways in turn: it makes no difference who asks. */
  @Override
  protected Counts counts() {
    return new Counts() {
      @Override
      public List<Count> take(List<Claim> claims, long epochMillis, Places held) {
        return Objects.requireNonNull(either().take(claims, epochMillis, held));
      }

      @Override
      public List<Count> charge(List<Claim> claims, long epochMillis) {
        return Objects.requireNonNull(either().charge(claims, epochMillis));
      }

      @Override
      public List<Count> peek(List<Claim> claims, long epochMillis) {
        return Objects.requireNonNull(either().peek(claims, epochMillis));
      }
    };
  }

  private RedisCounts either() {
    return Thread.currentThread().threadId() % 2 == 0 ? one : other;
  }

  @Override
  protected Meter meter(List<Bound> bounds, boolean reportOnly, boolean countRefused) {
    return new Meter("{acme}:" + meters++, bounds, reportOnly, countRefused);
  }

  private Meter hourly(long limit) {
    return meter(List.of(new Bound(Algorithm.FIXED_WINDOW, limit, 3_600_000, limit)), false, false);
  }

  @Test
  void knowsHowManyGatewaysThereAre() {
    await().atMost(BOUND).until(() -> one.gateways() == 2 && other.gateways() == 2);
  }

  @Test
  void asksOnceForAllLimitsOfARequest() {
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      claims.add(new Claim(hourly(1_000), "alice", 1));
    }
    one.take(claims, START); // which may have to send the script
    // The gateways themselves say every two seconds that they are there, by the same command.
    long before = calls("evalsha") - calls("zadd");
    long texts = calls("eval");
    for (int i = 0; i < 100; i++) {
      one.take(claims, START);
    }
    assertThat(calls("evalsha") - calls("zadd") - before).isEqualTo(100);
    assertThat(calls("eval")).isEqualTo(texts);
  }

  private long calls(String command) {
    for (String line : client.info("commandstats").split("\r\n")) {
      if (line.startsWith("cmdstat_" + command + ":calls=")) {
        return Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(',')));
      }
    }
    return 0;
  }

  @Test
  void twoGatewaysAdmitExactlyTheLimit() throws Exception {
    RedisCounts byItsClock = counts("third", false);
    RedisCounts byItsClockToo = counts("fourth", false);
    try (byItsClock;
        byItsClockToo;
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      await().atMost(BOUND).until(() -> byItsClock.answers() && byItsClockToo.answers());
      Meter meter =
          meter(List.of(new Bound(Algorithm.TOKEN_BUCKET, 1, 86_400_000, 777)), false, false);
      List<Claim> claims = List.of(new Claim(meter, "alice", 1));
      List<Callable<Long>> callers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        RedisCounts gateway = i % 2 == 0 ? byItsClock : byItsClockToo;
        callers.add(
            () -> {
              long admitted = 0;
              for (int call = 0; call < 10; call++) {
                if (Objects.requireNonNull(gateway.take(claims, 0)).getFirst().admitted()) {
                  admitted++;
                }
              }
              return admitted;
            });
      }
      long admitted = 0;
      for (Future<Long> each : threads.invokeAll(callers)) {
        admitted += each.get();
      }
      assertThat(admitted).isEqualTo(777);
    }
  }

  @Test
  void countsOnceWhatWasLetPassWhileRedisWasAway() {
    List<Claim> claims = List.of(new Claim(hourly(100), "alice", 1));
    for (int i = 0; i < 10; i++) {
      assertThat(one.take(claims, START)).isNotNull();
    }
    redis.stop(); // and it saves what was counted
    assertThat(one.take(claims, START)).isNull();
    for (int i = 0; i < 20; i++) {
      assertThat(one.take(claims, START)).isNull();
      one.owe(claims, START, new Places());
    }
    redis.restart();
    await().atMost(BOUND).until(one::answers);
    assertThat(Objects.requireNonNull(one.peek(claims, START)).getFirst().remaining())
        .isEqualTo(100 - 10 - 20);
    redis.stop();
    assertThat(one.take(claims, START)).isNull();
    redis.restart();
    await().atMost(BOUND).until(one::answers);
    assertThat(Objects.requireNonNull(one.peek(claims, START)).getFirst().remaining())
        .isEqualTo(100 - 10 - 20);
  }

  @Test
  void aWindowThatHasEndedIsNotOwed() {
    Meter meter = meter(List.of(new Bound(Algorithm.FIXED_WINDOW, 5, 1_000, 5)), false, false);
    List<Claim> claims = List.of(new Claim(meter, "alice", 1));
    one.owe(claims, START, new Places());
    one.owe(claims, START + 1_000, new Places());
    await().atMost(BOUND).until(() -> left(claims, START + 1_000) == 4);
    assertThat(left(claims, START + 2_000)).isEqualTo(5);
  }

  private long left(List<Claim> claims, long now) {
    return Objects.requireNonNull(other.peek(claims, now)).getFirst().remaining();
  }

  @Test
  void anotherTypeUnderItsNameIsNoAnswer() {
    Meter meter = hourly(1);
    client.lpush("aegis:limit:1:" + meter.name() + ":alice", "x");
    assertThat(one.take(List.of(new Claim(meter, "alice", 1)), START)).isNull();
    await().atMost(BOUND).until(one::answers);
  }
}
