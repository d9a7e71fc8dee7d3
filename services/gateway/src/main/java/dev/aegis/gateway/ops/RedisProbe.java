package dev.aegis.gateway.ops;

import dev.aegis.redis.RedisAccess;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

/** Knows whether Redis answers. One thread asks, others read the answer. */
public final class RedisProbe implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 500;

  private final @Nullable RedisClient client;
  private volatile String state;

  /**
   * @param redis the server, empty when none is configured
   */
  public RedisProbe(Optional<RedisAccess> redis) {
    this.client = redis.map(access -> access.client(TIMEOUT_MILLIS)).orElse(null);
    this.state = client == null ? "off" : "down";
  }

  /** Asks. */
  void ask() {
    if (client == null) {
      return;
    }
    try {
      client.ping();
      state = "up";
    } catch (JedisException e) {
      state = "down";
    }
  }

  /** {@code up}, {@code down} or {@code off}. */
  String state() {
    return state;
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
  }
}
