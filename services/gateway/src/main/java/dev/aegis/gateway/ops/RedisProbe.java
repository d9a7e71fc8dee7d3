package dev.aegis.gateway.ops;

import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

/** Knows whether Redis answers. One thread asks, others read the answer. */
public final class RedisProbe implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 500;

  private final @Nullable RedisClient client;
  private volatile String state;

  /**
   * @param url of the server, empty when none is configured
   */
  public RedisProbe(Optional<String> url) {
    this.client = url.map(RedisProbe::connect).orElse(null);
    this.state = client == null ? "off" : "down";
  }

  private static RedisClient connect(String url) {
    URI uri = URI.create(url);
    String user = uri.getUserInfo();
    DefaultJedisClientConfig.Builder config =
        DefaultJedisClientConfig.builder().timeoutMillis(TIMEOUT_MILLIS);
    if (user != null && user.indexOf(':') >= 0) {
      config.password(user.substring(user.indexOf(':') + 1));
    }
    return RedisClient.builder()
        .hostAndPort(new HostAndPort(uri.getHost(), uri.getPort() < 0 ? 6379 : uri.getPort()))
        .clientConfig(config.build())
        .build();
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
