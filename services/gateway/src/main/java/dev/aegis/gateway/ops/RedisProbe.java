package dev.aegis.gateway.ops;

import dev.aegis.chassis.Metrics;
import dev.aegis.model.Finding;
import dev.aegis.redis.RedisAccess;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

/** Knows whether Redis answers, and since when it does not. One thread asks, others read. */
public final class RedisProbe implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 500;

  private final @Nullable RedisClient client;
  private final InstantSource clock;
  private volatile Metrics.@Nullable Histogram durations;
  private volatile String state;
  private volatile @Nullable Instant silentSince;

  /**
   * @param redis the server, empty when none is configured
   */
  public RedisProbe(Optional<RedisAccess> redis, InstantSource clock) {
    this.clock = clock;
    this.client = redis.map(access -> access.client(TIMEOUT_MILLIS)).orElse(null);
    this.state = client == null ? "off" : "down";
  }

  /** Adds what its questions take. */
  void meters(Metrics metrics) {
    if (client != null) {
      durations =
          metrics.histogram(
              "aegis_redis_probe_seconds",
              "What Redis took to answer that it is there",
              Metrics.durations());
    }
  }

  /** Asks. */
  void ask() {
    if (client == null) {
      return;
    }
    try {
      long began = System.nanoTime();
      client.ping();
      Metrics.Histogram took = durations;
      if (took != null) {
        took.record(System.nanoTime() - began);
      }
      state = "up";
      silentSince = null;
    } catch (JedisException e) {
      state = "down";
      silentSince = silentSince == null ? clock.instant() : silentSince;
    }
  }

  /** {@code up}, {@code down} or {@code off}. */
  String state() {
    return state;
  }

  /** That it does not answer, null while it does, or nobody has asked. */
  @Nullable Finding finding() {
    Instant since = silentSince;
    return since == null ? null : Finding.warning("redis", "it has not answered since " + since);
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
  }
}
