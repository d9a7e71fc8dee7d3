package dev.aegis.gateway.store;

import java.net.URI;
import java.net.URISyntaxException;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;

/**
 * Where Redis is and how it is spoken to.
 *
 * @param url of the server
 */
public record RedisAccess(String url) {
  private static final int USUAL_PORT = 6379;
  private static final String RULE =
      "it must be redis://host:port or redis://user:password@host:port";

  /**
   * Checks it.
   *
   * @throws IllegalArgumentException when no server can be meant; the message does not repeat it
   */
  public RedisAccess {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(RULE);
    }
    if (!"redis".equals(uri.getScheme()) || uri.getHost() == null) {
      throw new IllegalArgumentException(RULE);
    }
  }

  /**
   * A client, not yet connected.
   *
   * @param timeoutMillis how long each connection and each answer may take
   */
  public RedisClient client(int timeoutMillis) {
    URI uri = URI.create(url);
    String user = uri.getUserInfo();
    DefaultJedisClientConfig.Builder config =
        DefaultJedisClientConfig.builder().timeoutMillis(timeoutMillis);
    int colon = user == null ? -1 : user.indexOf(':');
    if (user != null && colon >= 0) {
      config.password(user.substring(colon + 1));
      if (colon > 0) {
        config.user(user.substring(0, colon));
      }
    }
    return RedisClient.builder()
        .hostAndPort(new HostAndPort(uri.getHost(), uri.getPort() < 0 ? USUAL_PORT : uri.getPort()))
        .clientConfig(config.build())
        .build();
  }

  /** Without what is secret in it. */
  @Override
  public String toString() {
    URI uri = URI.create(url);
    return uri.getHost() + ":" + (uri.getPort() < 0 ? USUAL_PORT : uri.getPort());
  }
}
