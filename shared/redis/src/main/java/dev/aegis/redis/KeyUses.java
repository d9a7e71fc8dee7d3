package dev.aegis.redis;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.RedisClient;

/**
 * When API keys were last used: in Redis one hash for each tenant, {@code aegis:key-used:TENANT},
 * from a key's id to seconds since 1970, and the set {@code aegis:key-used} of the tenants that
 * have one. Gateways tell it, the admin service asks for it.
 *
 * <p>Every method speaks to Redis, and throws what the client makes of a Redis that is away, hangs,
 * refuses, or has something else in these places.
 */
public final class KeyUses implements AutoCloseable {
  /** Most keys that one call may name, so that none takes long. */
  public static final int MOST = 500;

  private static final String TENANTS = "aegis:key-used";
  private static final int LONGEST_NUMBER = 12;

  /** What was told only grows, and never beyond the present: a gateway's clock may be wrong. */
  private static final String TELL =
      """
      local now = tonumber(redis.call('TIME')[1])
      for i = 2, #ARGV, 2 do
        local at = math.min(tonumber(ARGV[i + 1]), now)
        local told = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '')
        if not told or told < at then
          redis.call('HSET', KEYS[1], ARGV[i], string.format('%d', at))
        end
      end
      redis.call('SADD', KEYS[2], ARGV[1])
      """;

  /** Both at once: a hash that no set names would stay for ever. */
  private static final String FORGET =
      """
      redis.call('DEL', KEYS[1])
      redis.call('SREM', KEYS[2], ARGV[1])
      """;

  private final RedisClient redis;

  /**
   * Does not connect yet.
   *
   * @param bound how long each connection and each answer may take
   */
  public KeyUses(RedisAccess access, Duration bound) {
    this.redis = access.client((int) bound.toMillis());
  }

  /**
   * Tells when keys of a tenant were used.
   *
   * @param seconds since 1970, by id; at most {@link #MOST}
   */
  public void tell(String tenant, Map<String, Long> seconds) {
    List<String> arguments = new ArrayList<>();
    arguments.add(tenant);
    seconds.forEach(
        (id, at) -> {
          arguments.add(id);
          arguments.add(at.toString());
        });
    redis.eval(TELL, places(tenant), arguments);
  }

  /**
   * When keys of a tenant were last used, by id; without those of which nothing is known.
   *
   * @param ids at most {@link #MOST}
   */
  public Map<String, Instant> of(String tenant, List<String> ids) {
    Map<String, Instant> found = new HashMap<>();
    if (ids.isEmpty()) {
      return found;
    }
    List<@Nullable String> values = redis.hmget(hash(tenant), ids.toArray(String[]::new));
    for (int i = 0; i < ids.size(); i++) {
      Instant at = instant(values.get(i));
      if (at != null) {
        found.put(ids.get(i), at);
      }
    }
    return found;
  }

  /** All that is known of a tenant's keys, those included that are gone. */
  public Map<String, Instant> all(String tenant) {
    Map<String, Instant> found = new HashMap<>();
    redis
        .hgetAll(hash(tenant))
        .forEach(
            (id, value) ->
                found.put(id, Objects.requireNonNullElse(instant(value), Instant.EPOCH)));
    return found;
  }

  /** Ids of the tenants of which something is known. */
  public Set<String> tenants() {
    return redis.smembers(TENANTS);
  }

  /** Forgets all that is known of a tenant. */
  public void forget(String tenant) {
    redis.eval(FORGET, places(tenant), List.of(tenant));
  }

  /** Forgets keys of a tenant. */
  public void forget(String tenant, List<String> ids) {
    redis.hdel(hash(tenant), ids.toArray(String[]::new));
  }

  private static String hash(String tenant) {
    return TENANTS + ':' + tenant;
  }

  private static List<String> places(String tenant) {
    return List.of(hash(tenant), TENANTS);
  }

  /** Null for what no gateway wrote. */
  private static @Nullable Instant instant(@Nullable String seconds) {
    if (seconds == null || seconds.isEmpty() || seconds.length() > LONGEST_NUMBER) {
      return null;
    }
    long value = 0;
    for (int i = 0; i < seconds.length(); i++) {
      int digit = seconds.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return null;
      }
      value = value * 10 + digit;
    }
    return Instant.ofEpochSecond(value);
  }

  @Override
  public void close() {
    redis.close();
  }
}
