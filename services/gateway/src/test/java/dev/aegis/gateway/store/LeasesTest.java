package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.aegis.gateway.admission.Places;
import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.RedisPeer;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** What a real Redis is told of places. */
final class LeasesTest {
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final String KEY = "{acme}:places";

  private final List<RuntimeException> failures = new ArrayList<>();
  private RedisPeer redis;
  private RedisClient client;
  private Leases leases;

  @BeforeEach
  void start() {
    redis = RedisPeer.start();
    client = new RedisAccess(redis.url()).client((int) BOUND.toMillis());
    leases = new Leases(client, "one:", failures::add);
  }

  @AfterEach
  void stop() {
    client.close();
    redis.close();
    assertThat(failures).isEmpty();
  }

  /** Under load others end all the time: Redis is taken back nevertheless. */
  @Test
  void tellingEndsThoughEachThatIsToldIsFollowedByAnother() throws Exception {
    AtomicInteger told = new AtomicInteger();
    List<String> keys =
        new AbstractList<>() {
          @Override
          public String get(int index) {
            told.incrementAndGet();
            leases.doubtful(leases.name(), this);
            return KEY;
          }

          @Override
          public int size() {
            return 1;
          }
        };
    for (int i = 0; i < 3; i++) {
      leases.doubtful(leases.name(), keys);
    }
    Thread telling = Thread.ofVirtual().start(() -> leases.tell(true));
    assertThat(telling.join(BOUND)).isTrue();
    assertThat(told).hasValue(3);
  }

  /** However many ended, and of however many limits. */
  @Test
  void allThatEndedIsTold() {
    List<String> keys = List.of(KEY, KEY + ":b");
    for (int i = 0; i < 1_234; i++) {
      String name = leases.name();
      keys.forEach(key -> client.zadd(key, 1, name));
      leases.doubtful(name, keys);
    }
    client.zadd(KEY, 1, "other:1");
    leases.tell(false);
    assertThat(client.zrange(KEY, 0, -1)).containsExactly("other:1");
    assertThat(client.exists(KEY + ":b")).isFalse();
  }

  @Test
  void whatEndedIsKeptWhenRedisGoesWhileItIsTold() {
    String name = leases.name();
    client.zadd(KEY, 1, name);
    leases.doubtful(name, List.of(KEY));
    redis.stop(); // and it saves the place
    assertThatThrownBy(() -> leases.tell(true)).isInstanceOf(JedisConnectionException.class);
    redis.restart();
    client.getPool().clear();
    leases.tell(true);
    assertThat(client.exists(KEY)).isFalse();
  }

  /** Or one key of somebody else's would keep Redis from being taken back. */
  @Test
  void whatRedisRefusesIsToldOnce() {
    client.set(KEY, "of somebody else");
    leases.doubtful(leases.name(), List.of(KEY));
    assertThatThrownBy(() -> leases.tell(true)).isInstanceOf(JedisDataException.class);
    leases.tell(true);
    assertThat(client.get(KEY)).isEqualTo("of somebody else");
  }

  @Test
  void whatWasSaidOnceIsToldWhenItEnds() {
    leases.answering(true);
    Places.Place place = leases.untold(List.of(KEY));
    leases.tell(false);
    assertThat(client.zcard(KEY)).isEqualTo(1);
    leases.answering(false);
    place.giveBack();
    leases.tell(false);
    assertThat(client.exists(KEY)).isFalse();
  }
}
