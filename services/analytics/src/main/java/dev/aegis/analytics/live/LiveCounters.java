package dev.aegis.analytics.live;

import dev.aegis.analytics.rollup.Observation;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.JedisURIHelper;

/**
 * Counts requests in Redis, one hash for each tenant and minute: {@code aegis:live:TENANT:MINUTE}
 * with the fields {@code requests}, {@code errors}, {@code bytes_in} and {@code bytes_out}.
 *
 * <p>Written once a second by a thread of its own, so the stream never waits for Redis. While Redis
 * is away the counts of the last minutes are kept in memory, as far as the bound allows; what is
 * beyond it, and what was being written when the connection broke, is lost here and counted as
 * such. After a crash a second's worth may be counted here again. The cells are the truth.
 */
public final class LiveCounters implements Consumer<Observation>, AutoCloseable {
  /** How long a minute stays in Redis. */
  static final Duration KEPT = Duration.ofHours(2);

  /** Most tenant-minutes kept in memory. */
  static final int MAX_PENDING = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(LiveCounters.class);
  private static final int TIMEOUT_MILLIS = 500;
  private static final int KEYS_PER_TRANSACTION = 500;
  private static final Duration CLOSE_BOUND = Duration.ofSeconds(2);

  private final RedisClient redis;
  private final long everyMillis;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread writer;
  private final AtomicLong lost = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();

  /** Not yet written; under the lock. */
  private Map<Key, Counts> pending = new HashMap<>();

  private volatile @Nullable Boolean up;

  private record Key(String tenant, long minute) {
    String text() {
      return "aegis:live:" + tenant + ":" + minute;
    }
  }

  private record Counts(long requests, long errors, long bytesIn, long bytesOut) {
    static Counts of(Observation one) {
      return new Counts(1, one.error() ? 1 : 0, one.bytesIn(), one.bytesOut());
    }

    Counts plus(Counts other) {
      return new Counts(
          requests + other.requests,
          errors + other.errors,
          bytesIn + other.bytesIn,
          bytesOut + other.bytesOut);
    }
  }

  /**
   * Counters in the Redis at {@code url}; it need not be there.
   *
   * @param every how often to write
   * @throws IllegalArgumentException when the URL is not Redis's; the message does not repeat it
   */
  public LiveCounters(String url, Duration every) {
    URI address = URI.create(url);
    if (!JedisURIHelper.isValid(address)) {
      throw new IllegalArgumentException("Redis is named like redis://host:6379");
    }
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(1);
    pool.setMaxWait(Duration.ofMillis(TIMEOUT_MILLIS));
    redis =
        RedisClient.builder()
            .hostAndPort(JedisURIHelper.getHostAndPort(address))
            .poolConfig(pool)
            .clientConfig(
                DefaultJedisClientConfig.builder(address)
                    .connectionTimeoutMillis(TIMEOUT_MILLIS)
                    .socketTimeoutMillis(TIMEOUT_MILLIS)
                    .build())
            .build();
    everyMillis = every.toMillis();
    writer = Thread.ofVirtual().name("analytics-live").unstarted(this::write);
  }

  /** Begins to write; returns at once. */
  public void start() {
    writer.start();
  }

  /** Whether the last attempt to write succeeded; true before the first. */
  public boolean up() {
    return !Boolean.FALSE.equals(up);
  }

  /** Requests that were not counted here. */
  public long lost() {
    return lost.get();
  }

  @Override
  public void accept(Observation one) {
    Key key = new Key(one.tenant(), one.minute());
    lock.lock();
    try {
      if (pending.size() >= MAX_PENDING && !pending.containsKey(key)) {
        lost.incrementAndGet();
      } else {
        pending.merge(key, Counts.of(one), Counts::plus);
      }
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    try {
      boolean last;
      do {
        last = closing.await(everyMillis, TimeUnit.MILLISECONDS);
        writePending();
      } while (!last);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void writePending() {
    if (!reachable()) {
      return;
    }
    Map<Key, Counts> taken;
    lock.lock();
    try {
      taken = pending;
      pending = new HashMap<>();
    } finally {
      lock.unlock();
    }
    Map<Key, Counts> batch = new HashMap<>();
    for (Map.Entry<Key, Counts> each : taken.entrySet()) {
      batch.put(each.getKey(), each.getValue());
      if (batch.size() == KEYS_PER_TRANSACTION) {
        write(batch);
        batch.clear();
      }
    }
    write(batch);
  }

  /** Asked first: what cannot be sent is kept, what was sent and not confirmed cannot be. */
  private boolean reachable() {
    try {
      redis.ping();
      return reached(null);
    } catch (JedisException e) {
      return reached(e);
    }
  }

  private void write(Map<Key, Counts> batch) {
    if (batch.isEmpty()) {
      return;
    }
    try (AbstractTransaction transaction = redis.multi()) {
      batch.forEach(
          (key, counts) -> {
            String name = key.text();
            transaction.hincrBy(name, "requests", counts.requests());
            transaction.hincrBy(name, "errors", counts.errors());
            transaction.hincrBy(name, "bytes_in", counts.bytesIn());
            transaction.hincrBy(name, "bytes_out", counts.bytesOut());
            transaction.expire(name, KEPT.toSeconds());
          });
      transaction.exec();
    } catch (JedisException e) {
      lost.addAndGet(batch.values().stream().mapToLong(Counts::requests).sum());
      reached(e);
    }
  }

  private boolean reached(@Nullable JedisException failure) {
    boolean now = failure == null;
    Boolean before = up;
    up = now;
    if (before == null ? !now : before != now) {
      if (now) {
        LOG.info("Live counters are in Redis again");
      } else {
        LOG.warn("Live counters wait for Redis: {}", failure == null ? "" : failure.getMessage());
      }
    }
    return now;
  }

  /** Writes what is left, if Redis is there, and stops. */
  @Override
  public void close() {
    closing.countDown();
    try {
      writer.join(CLOSE_BOUND.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    redis.close();
  }
}
