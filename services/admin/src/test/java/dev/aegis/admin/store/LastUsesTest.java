package dev.aegis.admin.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.redis.KeyUses;
import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.RedisPeer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is known of last uses from a real Redis, and from one that fails. */
final class LastUsesTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Instant USED = Instant.ofEpochSecond(1_700_000_000);
  private static final Map<String, Instant> KNOWN = Map.of("ci", USED);

  private final AtomicLong nanos = new AtomicLong(-1);

  private LastUses uses(String url) {
    return new LastUses(Optional.of(new RedisAccess(url)), nanos::get);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private static Map<String, Instant> ask(LastUses uses) {
    return uses.of("acme", List.of("ci", "never"));
  }

  /** A machine that is busy with other things may take longer than an operator would wait. */
  private void awaitKnown(LastUses uses) {
    await()
        .atMost(BOUND)
        .until(
            () -> {
              pass(LastUses.PAUSE.plusNanos(1));
              return ask(uses).equals(KNOWN);
            });
  }

  private static void tell(RedisPeer redis) {
    try (KeyUses told = new KeyUses(new RedisAccess(redis.url()), BOUND)) {
      told.tell("acme", Map.of("ci", USED.getEpochSecond()));
    }
  }

  @Test
  void withoutARedisNothingIsKnown() {
    try (LastUses uses = new LastUses(Optional.empty(), nanos::get)) {
      assertThat(ask(uses)).isEmpty();
    }
  }

  @Test
  void whatGatewaysToldIsKnown() {
    try (RedisPeer redis = RedisPeer.start();
        LastUses uses = uses(redis.url())) {
      tell(redis);
      awaitKnown(uses);
      assertThat(uses.of("globex", List.of("ci"))).isEmpty();
      assertThat(uses.of("acme", List.of())).isEmpty();
    }
  }

  @Test
  void aRedisThatFailsIsLeftAloneForAWhileAndThenAskedAgain() {
    try (RedisPeer redis = RedisPeer.start();
        LastUses uses = uses(redis.url())) {
      tell(redis);
      awaitKnown(uses);
      redis.kill();
      assertThat(ask(uses)).isEmpty();
      redis.restart();
      tell(redis);
      assertThat(ask(uses)).isEmpty(); // it is not asked
      pass(LastUses.PAUSE.minusSeconds(1));
      assertThat(ask(uses)).isEmpty();
      pass(Duration.ofSeconds(2));
      awaitKnown(uses);
    }
  }

  @Test
  void aRedisThatHangsIsNotWaitedForTwice() {
    try (RedisPeer redis = RedisPeer.start();
        LastUses uses = uses(redis.url())) {
      tell(redis);
      awaitKnown(uses);
      redis.process().freeze();
      assertThat(ask(uses)).isEmpty();
      for (int i = 0; i < 10_000; i++) { // each of them waiting would take an hour
        assertThat(ask(uses)).isEmpty();
      }
      redis.process().thaw();
      awaitKnown(uses);
    }
  }

  @Test
  void whatIsNoRedisIsAwayToo() throws Exception {
    try (LastUses nobody = uses("redis://127.0.0.1:" + FreePorts.next());
        ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        LastUses mute = uses("redis://127.0.0.1:" + silent.getLocalPort());
        LastUses unnamed = uses("redis://redis.invalid:6379")) {
      for (LastUses uses : List.of(nobody, mute, unnamed)) {
        assertThat(ask(uses)).isEmpty();
        pass(LastUses.PAUSE.plusSeconds(1));
        assertThat(ask(uses)).isEmpty();
      }
    }
  }
}
