package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.admission.Bound;
import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.Counts;
import dev.aegis.gateway.admission.Meter;
import dev.aegis.gateway.admission.Places;
import dev.aegis.gateway.admission.PlacesContract;
import dev.aegis.journal.RateLimitConfig.Algorithm;
import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.RedisPeer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Places in a real Redis, which two gateways share, and what becomes of them when one fails. */
final class RedisPlacesTest extends PlacesContract {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static RedisPeer redis;
  private static int meters;

  private RedisCounts one;
  private RedisCounts other;

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
    one = counts("one");
    other = counts("other");
    await().atMost(BOUND).until(() -> one.answers() && other.answers());
  }

  @AfterEach
  void stop() {
    one.close();
    other.close();
  }

  private static RedisCounts counts(String node) {
    return new RedisCounts(
        new RedisAccess(redis.url()), node, PATIENCE, false, InstantSource.system());
  }

  @Override
  protected int histories() {
    return 10;
  }

  /** Both gateways in turn: it makes no difference who asks. */
  @Override
  protected Counts counts() {
    return new Counts() {
      private boolean turn;

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

      private RedisCounts either() {
        turn = !turn;
        return Thread.currentThread().threadId() % 2 == 0 == turn ? one : other;
      }
    };
  }

  @Override
  protected Meter meter(List<Bound> bounds, boolean reportOnly) {
    return new Meter("{acme}:places:" + meters++, bounds, reportOnly, false);
  }

  /** The limit of this name, the same in each process. */
  static Meter places(String name, long limit) {
    return new Meter(
        name, List.of(new Bound(Algorithm.CONCURRENCY, limit, 0, limit)), false, false);
  }

  private static long left(RedisCounts counts, Meter meter) {
    List<Count> stand = counts.peek(List.of(new Claim(meter, "a", 1)), 0);
    return stand == null ? -1 : stand.getFirst().remaining();
  }

  private static Places take(RedisCounts counts, Meter meter, int places) {
    Places held = new Places();
    for (int i = 0; i < places; i++) {
      List<Count> taken = counts.take(List.of(new Claim(meter, "a", 1)), 0, held);
      assertThat(Objects.requireNonNull(taken).getFirst().admitted()).isTrue();
    }
    return held;
  }

  @Test
  void placesOfAGatewayThatIsKilledComeBack() throws Exception {
    Meter meter = places("{acme}:killed", 5);
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    String main = PlaceHolder.class.getName();
    List<String> command = List.of(java, "-cp", classes, main, redis.url(), meter.name(), "5", "3");
    try (ChildProcess gateway = ChildProcess.start(command, Map.of());
        Places mine = new Places()) {
      gateway.awaitLine(Pattern.compile("holding"), BOUND);
      mine.add(take(one, meter, 1)::close);
      assertThat(left(one, meter)).isEqualTo(1);
      long killed = System.nanoTime();
      gateway.kill();
      await().atMost(BOUND).until(() -> left(one, meter) == 4);
      System.out.printf(
          "places of a killed gateway: free after %d ms, bound %d ms%n",
          (System.nanoTime() - killed) / 1_000_000, Leases.MILLIS);
    }
  }

  /** For longer than Redis keeps a place that nobody speaks of. */
  @Test
  void aLongRequestKeepsItsPlace() {
    Meter meter = places("{acme}:long", 2);
    Places held = take(one, meter, 2);
    await()
        .during(Duration.ofMillis(Leases.MILLIS + 5_000))
        .atMost(BOUND)
        .until(() -> left(other, meter) == 0);
    held.close();
    assertThat(left(other, meter)).isEqualTo(2);
  }

  @Test
  void whatIsUnderWayIsCountedAgainWhenRedisHasLostIt() {
    Meter meter = places("{acme}:lost", 5);
    Places held = take(one, meter, 2);
    Places others = take(other, meter, 1);
    redis.kill();
    assertThat(one.take(List.of(new Claim(meter, "a", 1)), 0, held)).isNull();
    one.owe(List.of(new Claim(meter, "a", 1)), 0, held); // let pass without an answer
    redis.restart();
    await().atMost(BOUND).until(() -> left(one, meter) == 1 && left(other, meter) == 1);
    held.close();
    others.close();
    await().atMost(BOUND).until(() -> left(one, meter) == 5);
  }

  @Test
  void whatEndedWhileRedisWasAwayIsFreeWhenItIsBack() {
    Meter meter = places("{acme}:ended", 2);
    Places held = take(one, meter, 2);
    redis.stop(); // and it saves what was counted
    held.close();
    redis.restart();
    await().atMost(BOUND).until(one::answers);
    assertThat(left(one, meter)).isEqualTo(2);
  }

  /** More of them than ends that are remembered: they have none, for Redis knows of none. */
  @Test
  void whatCameAndEndedWhileRedisWasAwayDisplacesNothing() {
    Meter meter = places("{acme}:phantoms", 2);
    List<Claim> claims = List.of(new Claim(meter, "a", 1));
    Places held = take(one, meter, 2);
    redis.stop(); // and it saves what was counted
    for (int i = 0; i <= Leases.MOST_ENDED; i++) {
      try (Places passing = new Places()) {
        assertThat(one.take(claims, 0, passing)).isNull();
        one.owe(claims, 0, passing); // let pass without an answer
      }
    }
    held.close();
    redis.restart();
    await().atMost(BOUND).until(one::answers);
    assertThat(left(one, meter)).isEqualTo(2);
  }

  @Test
  void aGatewayThatStopsGivesBackWhatItHolds() {
    Meter meter = places("{acme}:stopped", 2);
    try (RedisCounts third = counts("third")) {
      await().atMost(BOUND).until(third::answers);
      take(third, meter, 2);
    }
    assertThat(left(one, meter)).isEqualTo(2);
  }
}
