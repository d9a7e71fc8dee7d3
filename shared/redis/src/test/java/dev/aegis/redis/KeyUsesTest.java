package dev.aegis.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.aegis.testkit.RedisPeer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** Last uses of API keys in a real Redis. */
final class KeyUsesTest {
  private static final Duration BOUND = Duration.ofSeconds(10);
  private static final long EARLY = 1_700_000_000L;

  private static RedisPeer peer;

  private KeyUses uses;
  private RedisClient client;

  @BeforeAll
  static void start() {
    peer = RedisPeer.start();
  }

  @AfterAll
  static void stop() {
    peer.close();
  }

  @BeforeEach
  void connect() {
    RedisAccess access = new RedisAccess(peer.url());
    uses = new KeyUses(access, BOUND);
    client = access.client((int) BOUND.toMillis());
    client.flushAll();
  }

  @AfterEach
  void disconnect() {
    uses.close();
    client.close();
  }

  @Test
  void whatWasToldIsKnownOfThatTenantOnly() {
    assertThat(uses.of("acme", List.of("a", "b"))).isEmpty();
    assertThat(uses.tenants()).isEmpty();
    uses.tell("acme", Map.of("a", EARLY, "b", EARLY + 60));
    uses.tell("globex", Map.of("a", EARLY + 1));
    assertThat(uses.of("acme", List.of("a", "none", "b")))
        .isEqualTo(
            Map.of("a", Instant.ofEpochSecond(EARLY), "b", Instant.ofEpochSecond(EARLY + 60)));
    assertThat(uses.of("globex", List.of("a", "b")))
        .isEqualTo(Map.of("a", Instant.ofEpochSecond(EARLY + 1)));
    assertThat(uses.of("acme", List.of())).isEmpty();
    assertThat(uses.tenants()).containsExactlyInAnyOrder("acme", "globex");
  }

  @Test
  void whatWasToldOnlyGrowsAndNotBeyondThePresent() {
    uses.tell("acme", Map.of("a", EARLY + 60));
    uses.tell("acme", Map.of("a", EARLY));
    assertThat(uses.of("acme", List.of("a"))).containsValue(Instant.ofEpochSecond(EARLY + 60));
    Instant before = Instant.now().minusSeconds(1);
    uses.tell("acme", Map.of("a", EARLY * 2));
    assertThat(uses.of("acme", List.of("a")).get("a")).isBetween(before, Instant.now());
  }

  @Test
  void aTenantIsForgottenAsAWholeAndItsKeysOneByOne() {
    uses.tell("acme", Map.of("a", EARLY, "b", EARLY));
    uses.tell("globex", Map.of("a", EARLY));
    uses.forget("globex", List.of("a", "none"));
    assertThat(uses.all("globex")).isEmpty();
    uses.forget("acme");
    assertThat(uses.tenants()).containsExactly("globex");
    assertThat(client.keys("*")).containsExactly("aegis:key-used");
    uses.forget("globex");
    assertThat(client.keys("*")).isEmpty();
  }

  @Test
  void whatNoGatewayWroteMeansNothing() {
    client.hset(
        "aegis:key-used:acme", Map.of("a", "soon", "b", "-1", "c", "1".repeat(13), "d", ""));
    assertThat(uses.of("acme", List.of("a", "b", "c", "d"))).isEmpty();
    assertThat(uses.all("acme")).hasSize(4).containsEntry("a", Instant.EPOCH);
    uses.tell("acme", Map.of("a", EARLY));
    assertThat(uses.of("acme", List.of("a"))).containsValue(Instant.ofEpochSecond(EARLY));
    client.set("aegis:key-used:globex", "text");
    assertThatThrownBy(() -> uses.of("globex", List.of("a"))).hasMessageContaining("WRONGTYPE");
    assertThatThrownBy(() -> uses.tell("globex", Map.of("a", EARLY)))
        .hasMessageContaining("WRONGTYPE");
    assertThat(uses.tenants()).containsExactly("acme");
    uses.forget("globex");
    assertThat(client.exists("aegis:key-used:globex")).isFalse();
  }
}
