package dev.aegis.admin.store;

import dev.aegis.redis.KeyUses;
import dev.aegis.redis.RedisAccess;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When API keys were last used, as gateways tell it in Redis.
 *
 * <p>An operator's call waits for it for {@link #PATIENCE} at most, whatever hangs. When Redis has
 * failed once, nobody asks for {@link #PAUSE}, and then one call does for all: meanwhile nothing is
 * known.
 */
public final class LastUses implements AutoCloseable {
  /** How long a call waits. */
  static final Duration PATIENCE = Duration.ofMillis(300);

  /** How long Redis is left alone after a failure. */
  static final Duration PAUSE = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(LastUses.class);
  private static final long ANSWERS = 0;

  private final @Nullable KeyUses redis;
  private final String place;
  private final LongSupplier nanos;

  /** From when Redis is asked again, or {@link #ANSWERS}. */
  private final AtomicLong again = new AtomicLong(ANSWERS);

  /**
   * Does not connect yet.
   *
   * @param redis the server, empty when none is configured: then nothing is known
   * @param nanos a clock that only goes forward
   */
  public LastUses(Optional<RedisAccess> redis, LongSupplier nanos) {
    this.redis = redis.map(access -> new KeyUses(access, PATIENCE)).orElse(null);
    this.place = redis.map(RedisAccess::toString).orElse("");
    this.nanos = nanos;
  }

  /**
   * When keys of a tenant were last used, by id; without those of which nothing is known.
   *
   * @param ids at most {@link KeyUses#MOST}
   */
  public Map<String, Instant> of(String tenant, List<String> ids) {
    KeyUses asked = redis;
    if (asked == null || ids.isEmpty() || !mayAsk()) {
      return Map.of();
    }
    // Names are looked up, too, which no time-out of a connection bounds.
    FutureTask<Map<String, Instant>> question = new FutureTask<>(() -> asked.of(tenant, ids));
    Thread.ofVirtual().name("last-uses").start(question);
    try {
      Map<String, Instant> found = question.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      answered();
      return found;
    } catch (ExecutionException e) { // whatever Jedis makes of what is no Redis
      failed(RedisAccess.reason(e));
    } catch (TimeoutException e) {
      failed("no answer within " + PATIENCE.toMillis() + " ms");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    question.cancel(true);
    return Map.of();
  }

  private boolean mayAsk() {
    long at = again.get();
    if (at == ANSWERS) {
      return true;
    }
    long now = nanos.getAsLong();
    return now - at >= 0 && again.compareAndSet(at, later(now));
  }

  private static long later(long now) {
    return now + PAUSE.toNanos() | 1; // never what says that it answers
  }

  private void answered() {
    if (again.getAndSet(ANSWERS) != ANSWERS) {
      LOG.info("Redis at {} tells last uses of API keys again", place);
    }
  }

  private void failed(String why) {
    if (again.getAndSet(later(nanos.getAsLong())) == ANSWERS) {
      LOG.warn("Redis at {} does not tell last uses of API keys: {}", place, why);
    }
  }

  @Override
  public void close() {
    if (redis != null) {
      redis.close();
    }
  }
}
