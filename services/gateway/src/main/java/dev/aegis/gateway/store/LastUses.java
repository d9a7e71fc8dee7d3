package dev.aegis.gateway.store;

import dev.aegis.gateway.identity.KeyUse;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Ids;
import dev.aegis.redis.KeyUses;
import dev.aegis.redis.RedisAccess;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Tells Redis when API keys were last used, and takes away what it says of keys that are gone.
 *
 * <p>One thread does it for all keys, every few seconds, so no request waits for Redis. What Redis
 * does not take is told again the next time; lost is only what a gateway that is killed had not
 * told yet, and what Redis itself loses.
 */
public final class LastUses implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LastUses.class);
  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private static final Duration STOP = Duration.ofSeconds(1);

  /** How often keys that are gone are looked for; those of a tenant that is gone each time. */
  private static final Duration TIDY = Duration.ofHours(1);

  private final RedisAccess access;
  private final KeyUses redis;
  private final Keys keys;
  private final InstantSource clock;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private Instant tidied = Instant.EPOCH;
  private String why = "";

  /** The keys that there are. */
  public interface Keys {
    /** The uses of those that requests can show. */
    Iterable<KeyUse> uses();

    /** Whether what is not there is gone, and not only unknown yet. */
    boolean current();

    /** Whether the tenant, or the key, is there. */
    boolean exists(ObjectKey key);
  }

  /**
   * Not begun yet.
   *
   * @param every how often to tell
   */
  LastUses(RedisAccess access, Keys keys, Duration every, InstantSource clock) {
    this.access = access;
    this.redis = new KeyUses(access, TIMEOUT);
    this.keys = keys;
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("last-uses").unstarted(() -> run(every));
  }

  /** Not begun yet; it will tell every ten seconds. */
  public LastUses(RedisAccess access, Keys keys, InstantSource clock) {
    this(access, keys, EVERY, clock);
  }

  /** Begins to tell; returns at once. */
  public void start() {
    thread.start();
  }

  private void run(Duration every) {
    try {
      boolean last;
      do {
        last = closing.await(every.toMillis(), TimeUnit.MILLISECONDS);
        String refused = round(last);
        if (!refused.equals(why)) {
          if (refused.isEmpty()) {
            LOG.info("Redis at {} takes last uses of API keys again", access);
          } else {
            LOG.warn("Redis at {} does not take all last uses of API keys: {}", access, refused);
          }
          why = refused;
        }
      } while (!last);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Why Redis did not take all of it, empty when it did. */
  private String round(boolean last) {
    String refused = "";
    try {
      for (List<KeyUse> batch : untold()) {
        try {
          tell(batch);
        } catch (JedisDataException no) { // READONLY, OOM, NOPERM, or this tenant's WRONGTYPE
          refused = RedisAccess.reason(no);
        }
      }
      if (!last && keys.current()) {
        String kept = forget();
        refused = kept.isEmpty() ? refused : kept;
      }
    } catch (RuntimeException e) { // whatever Jedis makes of what is no Redis
      refused = RedisAccess.reason(e);
    }
    return refused;
  }

  /** What is to be told, one tenant's in each batch. */
  private List<List<KeyUse>> untold() {
    List<List<KeyUse>> batches = new ArrayList<>();
    Map<String, List<KeyUse>> open = new HashMap<>();
    for (KeyUse use : keys.uses()) {
      if (use.untold() != 0) {
        List<KeyUse> batch = open.get(use.tenant());
        if (batch == null || batch.size() == KeyUses.MOST) {
          batch = new ArrayList<>();
          open.put(use.tenant(), batch);
          batches.add(batch);
        }
        batch.add(use);
      }
    }
    return batches;
  }

  private void tell(List<KeyUse> batch) {
    Map<String, Long> seconds = new HashMap<>();
    Map<KeyUse, Long> told = new HashMap<>();
    for (KeyUse use : batch) {
      long millis = use.untold();
      told.put(use, millis);
      seconds.put(use.id(), TimeUnit.MILLISECONDS.toSeconds(millis));
    }
    redis.tell(batch.getFirst().tenant(), seconds);
    told.forEach(KeyUse::told);
  }

  /** Why Redis kept some that are gone, empty when it did not. */
  private String forget() {
    Instant now = clock.instant();
    boolean each = !tidied.plus(TIDY).isAfter(now);
    Set<String> tenants = redis.tenants();
    if (each) {
      tidied = now;
    }
    String refused = "";
    for (String tenant : tenants) {
      try {
        if (!Ids.isTenant(tenant) || !keys.exists(ObjectKey.tenant(tenant))) {
          redis.forget(tenant);
        } else if (each) {
          forgetKeys(tenant, now.minus(TIDY));
        }
      } catch (JedisDataException no) {
        refused = RedisAccess.reason(no);
      }
    }
    return refused;
  }

  /** A young one may be of a key that only other gateways have heard of yet. */
  private void forgetKeys(String tenant, Instant young) {
    List<String> gone = new ArrayList<>();
    redis
        .all(tenant)
        .forEach(
            (id, used) -> {
              if (used.isBefore(young)
                  && !(Ids.isObject(id) && keys.exists(new ObjectKey(Kind.API_KEY, tenant, id)))) {
                gone.add(id);
              }
            });
    for (int i = 0; i < gone.size(); i += KeyUses.MOST) {
      redis.forget(tenant, gone.subList(i, Math.min(gone.size(), i + KeyUses.MOST)));
    }
  }

  /** Tells what is left, if Redis is there, and stops. */
  @Override
  public void close() {
    closing.countDown();
    if (thread.isAlive()) {
      try {
        thread.join(STOP);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    redis.close();
  }
}
