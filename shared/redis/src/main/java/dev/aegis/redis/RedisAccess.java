package dev.aegis.redis;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;

/** Where Redis is and how it is spoken to. */
public final class RedisAccess {
  private static final int USUAL_PORT = 6379;
  private static final int MOST_PORT = 65_535;
  private static final String RULE =
      "it must be redis://host:port or redis://user:password@host:port, with a database as in"
          + " /1 behind it if another than 0 is meant";

  private final HostAndPort place;
  private final String user;
  private final String password;
  private final int database;

  /**
   * Reads {@code url}: all of it has a meaning, or it is refused.
   *
   * @throws IllegalArgumentException when no server can be meant; the message does not repeat it
   */
  public RedisAccess(String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(RULE);
    }
    int port = uri.getPort() < 0 ? USUAL_PORT : uri.getPort();
    String info = uri.getUserInfo() == null ? ":" : uri.getUserInfo();
    int colon = info.indexOf(':');
    if (!"redis".equals(uri.getScheme())
        || uri.getHost() == null
        || port == 0
        || port > MOST_PORT
        || colon < 0
        || uri.getRawQuery() != null
        || uri.getRawFragment() != null) {
      throw new IllegalArgumentException(RULE);
    }
    this.place = new HostAndPort(uri.getHost(), port);
    this.user = info.substring(0, colon);
    this.password = info.substring(colon + 1);
    this.database = database(uri.getPath());
  }

  private static int database(String path) {
    if (path.isEmpty() || path.equals("/")) {
      return 0;
    }
    try {
      int database = Integer.parseInt(path.substring(1));
      if (database >= 0) {
        return database;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(RULE);
    }
    throw new IllegalArgumentException(RULE);
  }

  /**
   * A client with one connection, not yet made: what asks at once waits, and after a restart of
   * Redis no more than one question meets a connection that has ended.
   *
   * @param timeoutMillis how long each connection, each answer and each wait may take
   */
  public RedisClient client(int timeoutMillis) {
    ConnectionPoolConfig one = new ConnectionPoolConfig();
    one.setMaxTotal(1);
    one.setMaxWait(Duration.ofMillis(timeoutMillis));
    return client(timeoutMillis, one);
  }

  /**
   * A client, not yet connected.
   *
   * @param timeoutMillis how long each connection and each answer may take
   * @param pool how many connections it has
   */
  public RedisClient client(int timeoutMillis, ConnectionPoolConfig pool) {
    DefaultJedisClientConfig.Builder config =
        DefaultJedisClientConfig.builder().timeoutMillis(timeoutMillis).database(database);
    if (!password.isEmpty()) {
      config.password(password);
    }
    if (!user.isEmpty()) {
      config.user(user);
    }
    return RedisClient.builder()
        .hostAndPort(place)
        .clientConfig(config.build())
        .poolConfig(pool)
        .build();
  }

  /** Why Redis did not do something, in the words of who noticed it first. */
  public static String reason(Exception failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /** Without what is secret in it. */
  @Override
  public String toString() {
    return place.toString();
  }
}
