package dev.aegis.gateway.store;

import dev.aegis.gateway.admission.Places;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * The places that requests of this gateway hold in Redis. Each has an end there and is said again
 * before it comes, so that those of a gateway that was killed are free after {@link #MILLIS}.
 */
final class Leases {
  /** After how long Redis forgets a place that nobody speaks of. */
  static final long MILLIS = 15_000;

  /** After how long a place is said again. */
  private static final long AGAIN_NANOS = Duration.ofSeconds(5).toNanos();

  /** Places that are said in one command. */
  private static final int BATCH = 500;

  /** Places that are remembered for Redis to be told that they are free. */
  static final int MOST_ENDED = 10_000;

  private final RedisClient client;
  private final CountsScript script = CountsScript.of("places.lua");
  private final String run;
  private final Consumer<RuntimeException> failed;
  private final AtomicLong names = new AtomicLong();
  private final Set<Lease> held = ConcurrentHashMap.newKeySet();
  private final LinkedBlockingQueue<Lease> ended = new LinkedBlockingQueue<>(MOST_ENDED);
  private volatile boolean answers;

  /**
   * @param run what no other gateway and no other life of this one is called
   * @param failed hears that Redis did not take what it was told
   */
  Leases(RedisClient client, String run, Consumer<RuntimeException> failed) {
    this.client = client;
    this.run = run;
    this.failed = failed;
  }

  /** The places of one request, each under the same name. */
  private final class Lease implements Places.Place {
    private final String name;
    private final List<String> keys;

    /** When Redis was told last, on the monotonic clock. */
    private volatile long said;

    /** Whether Redis may know of them: set before it is told first. */
    private volatile boolean known;

    private volatile boolean over;

    Lease(String name, List<String> keys, long said, boolean known) {
      this.name = name;
      this.keys = keys;
      this.said = said;
      this.known = known;
    }

    @Override
    public void giveBack() {
      over = true;
      held.remove(this);
      if (!known) { // nor will it be told any more, now that they are over
        return;
      }
      if (!answers) {
        later();
        return;
      }
      try {
        forget(this);
      } catch (RuntimeException e) { // whatever Jedis makes of what is no Redis
        failed.accept(e);
        later();
      }
    }

    /** Redis is told when it answers again; without room here it forgets by itself. */
    private void later() {
      ended.offer(this);
    }
  }

  /** A name for the places of one request. */
  String name() {
    return run + names.incrementAndGet();
  }

  /** A request has places under this name, of which Redis knows. */
  Places.Place taken(String name, List<String> keys) {
    return hold(new Lease(name, keys, System.nanoTime(), true));
  }

  /** Redis may have given places under this name, or may not: nobody heard its answer. */
  void doubtful(String name, List<String> keys) {
    new Lease(name, keys, 0, true).later();
  }

  /** A request has places of which Redis is to be told. */
  Places.Place untold(List<String> keys) {
    return hold(new Lease(name(), keys, System.nanoTime() - AGAIN_NANOS, false));
  }

  private Lease hold(Lease lease) {
    held.add(lease);
    return lease;
  }

  /** Whether Redis is told at once what is given back. */
  void answering(boolean redis) {
    answers = redis;
  }

  /**
   * Tells Redis what ended meanwhile, and what is held.
   *
   * @param all whether also what it was told lately, since it may have forgotten it
   */
  void tell(boolean all) {
    tellEnded();
    long now = System.nanoTime();
    Map<String, List<Lease>> due = new HashMap<>();
    for (Lease lease : held) {
      if (all || now - lease.said >= AGAIN_NANOS) {
        lease.keys.forEach(key -> due.computeIfAbsent(key, none -> new ArrayList<>()).add(lease));
      }
    }
    due.forEach(
        (key, leases) -> {
          for (int from = 0; from < leases.size(); from += BATCH) {
            say(key, leases.subList(from, Math.min(from + BATCH, leases.size())), now);
          }
        });
  }

  /**
   * Those that had ended when it began: under load others go on ending meanwhile. When Redis goes
   * they are kept, for it changes nothing to tell one twice; what Redis refuses is forgotten, since
   * it would be refused each time.
   */
  private void tellEnded() {
    List<Lease> over = new ArrayList<>();
    ended.drainTo(over, ended.size());
    Map<String, List<String>> names = new HashMap<>();
    for (Lease lease : over) {
      for (String key : lease.keys) {
        names.computeIfAbsent(key, none -> new ArrayList<>()).add(lease.name);
      }
    }
    try {
      names.forEach(
          (key, members) -> {
            for (int from = 0; from < members.size(); from += BATCH) {
              List<String> some = members.subList(from, Math.min(from + BATCH, members.size()));
              client.zrem(key, some.toArray(String[]::new));
            }
          });
    } catch (JedisConnectionException e) {
      over.forEach(Lease::later);
      throw e;
    }
  }

  private void say(String key, List<Lease> due, long now) {
    List<Lease> leases = new ArrayList<>(due.size());
    List<String> words = new ArrayList<>(due.size() + 1);
    words.add(Long.toString(MILLIS));
    for (Lease lease : due) {
      lease.known = true; // before the question: who ends from here on tells it
      if (!lease.over) {
        leases.add(lease);
        words.add(lease.name);
      }
    }
    if (leases.isEmpty()) {
      return;
    }
    Object told = script.run(client, List.of(key), words);
    if (CountsQuestion.number(told) != leases.size()) {
      throw new IllegalStateException("Redis took other places than it was told");
    }
    for (Lease lease : leases) {
      lease.said = now;
      if (lease.over) { // while it was said, and perhaps forgotten before
        forget(lease);
      }
    }
  }

  private void forget(Lease lease) {
    for (String key : lease.keys) {
      client.zrem(key, lease.name);
    }
  }

  /** Gives back whatever is held; what it cannot, Redis forgets in time. */
  void close() {
    for (Lease lease : held) {
      forget(lease);
    }
  }
}
