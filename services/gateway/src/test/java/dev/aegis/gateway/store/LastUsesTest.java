package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.identity.KeyUse;
import dev.aegis.journal.ObjectKey;
import dev.aegis.redis.KeyUses;
import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.RedisPeer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** Last uses of API keys on their way to a real Redis, and what becomes of them when it fails. */
final class LastUsesTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Duration EVERY = Duration.ofMillis(20);
  private static final Instant USED = Instant.ofEpochSecond(1_700_000_000);

  private final List<KeyUse> known = new CopyOnWriteArrayList<>();
  private final Set<String> there = ConcurrentHashMap.newKeySet();
  private volatile boolean current = true;
  private volatile Instant now = Instant.now();
  private RedisPeer redis;
  private LastUses uses;
  private KeyUses told;
  private RedisClient client;

  private final class Known implements LastUses.Keys {
    @Override
    public Iterable<KeyUse> uses() {
      return known;
    }

    @Override
    public boolean current() {
      return current;
    }

    @Override
    public boolean exists(ObjectKey key) {
      return there.contains(key.toString());
    }
  }

  @BeforeEach
  void start() {
    redis = RedisPeer.start();
    RedisAccess access = new RedisAccess(redis.url());
    told = new KeyUses(access, BOUND);
    client = access.client((int) BOUND.toMillis());
    InstantSource clock = () -> now;
    uses = new LastUses(access, new Known(), EVERY, clock);
  }

  @AfterEach
  void stop() {
    uses.close();
    told.close();
    client.close();
    redis.close();
  }

  private KeyUse key(String tenant, String id) {
    there.add("tenants/" + tenant);
    there.add("tenants/" + tenant + "/api-keys/" + id);
    KeyUse use = new KeyUse(tenant, id);
    known.add(use);
    return use;
  }

  private void awaitTold(KeyUse use, Instant at) {
    await()
        .atMost(BOUND)
        .ignoreExceptions() // the connection may be one to the Redis that was killed
        .until(() -> told.of(use.tenant(), List.of(use.id())), Map.of(use.id(), at)::equals);
  }

  private void awaitForgotten(String tenant, String id) {
    await().atMost(BOUND).until(() -> !client.hexists("aegis:key-used:" + tenant, id));
  }

  @Test
  void whatWasUsedIsToldAndWhatWasNotIsNot() {
    KeyUse one = key("acme", "one");
    key("acme", "never");
    KeyUse other = key("globex", "one");
    uses.start();
    one.at(USED.toEpochMilli() + 999);
    awaitTold(one, USED);
    one.at(USED.plusSeconds(59).toEpochMilli()); // within the minute
    other.at(USED.plusSeconds(7).toEpochMilli());
    awaitTold(other, USED.plusSeconds(7));
    assertThat(told.all("acme")).isEqualTo(Map.of("one", USED));
    one.at(USED.plusSeconds(61).toEpochMilli());
    awaitTold(one, USED.plusSeconds(61));
  }

  @Test
  void aTenantWithManyKeysIsToldInBatches() {
    List<KeyUse> many =
        IntStream.range(0, 2 * KeyUses.MOST + 1).mapToObj(i -> key("acme", "k" + i)).toList();
    many.forEach(use -> use.at(USED.toEpochMilli()));
    uses.start();
    await().atMost(BOUND).until(() -> told.all("acme").size() == many.size());
  }

  @Test
  void whatRedisDoesNotTakeIsToldLater() {
    KeyUse use = key("acme", "one");
    uses.start();
    use.at(USED.toEpochMilli());
    awaitTold(use, USED);
    redis.kill();
    use.at(USED.plusSeconds(60).toEpochMilli());
    assertThat(use.untold()).isNotZero();
    redis.restart();
    awaitTold(use, USED.plusSeconds(60));

    redis.process().freeze();
    use.at(USED.plusSeconds(120).toEpochMilli());
    redis.process().thaw();
    awaitTold(use, USED.plusSeconds(120));
  }

  @Test
  void aFullRedisTakesThemWhenItHasRoom() {
    KeyUse use = key("acme", "one");
    client.configSet("maxmemory", "1");
    uses.start();
    use.at(USED.toEpochMilli());
    await().atMost(BOUND).until(() -> client.info("errorstats").contains("errorstat_OOM"));
    client.configSet("maxmemory", "0");
    awaitTold(use, USED);
  }

  @Test
  void whatIsWrongWithOneTenantsHashIsNothingToTheOthers() {
    client.set("aegis:key-used:acme", "text");
    KeyUse bad = key("acme", "one");
    KeyUse good = key("globex", "one");
    bad.at(USED.toEpochMilli());
    good.at(USED.toEpochMilli());
    uses.start();
    awaitTold(good, USED);
    client.del("aegis:key-used:acme");
    awaitTold(bad, USED);
  }

  @Test
  void nothingStaysOfATenantThatIsGone() {
    told.tell("gone", Map.of("one", USED.getEpochSecond()));
    client.sadd("aegis:key-used", "No tenant's id");
    KeyUse use = key("acme", "one");
    use.at(USED.toEpochMilli());
    uses.start();
    awaitForgotten("gone", "one");
    awaitTold(use, USED);
    there.remove("tenants/acme");
    known.clear();
    awaitForgotten("acme", "one");
    await().atMost(BOUND).until(() -> client.keys("*").isEmpty());
  }

  @Test
  void nothingIsForgottenWhileItIsNotKnownWhatThereIs() {
    current = false;
    told.tell("other", Map.of("one", USED.getEpochSecond()));
    KeyUse use = key("acme", "one");
    use.at(USED.toEpochMilli());
    uses.start();
    awaitTold(use, USED);
    use.at(USED.plusSeconds(60).toEpochMilli());
    awaitTold(use, USED.plusSeconds(60)); // a round later
    assertThat(told.tenants()).containsExactlyInAnyOrder("acme", "other");
    current = true;
    awaitForgotten("other", "one");
  }

  @Test
  void keysThatAreGoneAreForgottenWithinHours() {
    KeyUse use = key("acme", "one");
    use.at(USED.toEpochMilli());
    long young = now.minusSeconds(60).getEpochSecond();
    told.tell("acme", Map.of("old", USED.getEpochSecond(), "young", young));
    client.hset("aegis:key-used:acme", "no key's id", "x");
    uses.start();
    awaitTold(use, USED);
    awaitForgotten("acme", "old");
    awaitForgotten("acme", "no key's id");
    assertThat(told.all("acme")).containsOnlyKeys("one", "young");
    now = now.plus(Duration.ofHours(2));
    awaitForgotten("acme", "young");
    assertThat(told.all("acme")).containsOnlyKeys("one");
  }

  @Test
  void whatIsLeftIsToldAtTheEnd() {
    KeyUse use = key("acme", "one");
    try (LastUses ending =
        new LastUses(
            new RedisAccess(redis.url()), new Known(), Duration.ofHours(1), Instant::now)) {
      ending.start();
      use.at(USED.toEpochMilli());
    }
    assertThat(told.of("acme", List.of("one"))).containsEntry("one", USED);
    new LastUses(new RedisAccess(redis.url()), new Known(), EVERY, Instant::now).close();
  }
}
