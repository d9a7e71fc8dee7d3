package dev.aegis.gateway.store;

import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.redis.RedisAccess;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.SetParams;

/**
 * Verified tokens in Redis.
 *
 * <p>No request speaks to Redis. One thread asks for all of them, as many as wait at once, and
 * another writes; a request waits for its answer for {@link #PATIENCE} and no longer, whatever
 * hangs. When Redis fails once, nobody waits any more, until a question of the thread itself is
 * answered.
 */
public final class RedisTokens implements SharedTokens, AutoCloseable {
  /** How long a request waits for an answer. */
  public static final Duration PATIENCE = Duration.ofMillis(20);

  private static final Logger LOG = LoggerFactory.getLogger(RedisTokens.class);

  /** Begins the names of entries; the number changes with the form of what is written. */
  private static final String FORM = "aegis:jwt:3:";

  /** Nobody's entry, asked for to learn whether Redis answers such questions. */
  private static final String PROBE = "probe";

  private static final int WRITE_TIMEOUT_MILLIS = 500;
  private static final long LONGEST_MILLIS = Duration.ofHours(1).toMillis();
  private static final int BATCH = 64;
  private static final int MOST_ASKS = 1_024;
  private static final int MOST_WRITES = 4_096;
  private static final int RETRY_MILLIS = 500;
  private static final Duration STOP = Duration.ofSeconds(1);
  private static final String UP = "up";
  private static final String DOWN = "down";

  /** How Redis says that what stands there is no string. */
  private static final String WRONG_TYPE = "WRONGTYPE";

  private static final byte[] NO_SEAL = {0};

  private final RedisAccess access;
  private final RedisClient reads;
  private final RedisClient writes;
  private final SealedPrincipal seal;
  private final String prefix;
  private final BlockingQueue<Ask> asks = new ArrayBlockingQueue<>(MOST_ASKS);
  private final BlockingQueue<Write> written = new ArrayBlockingQueue<>(MOST_WRITES);
  private final LongAdder dropped = new LongAdder();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean answers;
  private final CountDownLatch closing = new CountDownLatch(1);

  /** A question of a request. */
  private static final class Ask {
    private final byte[] key;
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile byte @Nullable [] value;

    Ask(byte[] key) {
      this.key = key;
    }

    void answer(byte[] found) {
      value = found;
      done.countDown();
    }
  }

  /** Something to be told. */
  private static final class Write {
    private final byte[] key;
    private final byte[] value;
    private final long millis;

    Write(byte[] key, byte[] value, long millis) {
      this.key = key;
      this.value = value;
      this.millis = millis;
    }
  }

  /**
   * Begins to connect.
   *
   * @param secret for the seal, derived from the master key
   * @param version of this gateway: others may verify by other rules, so only gateways of the same
   *     version believe each other
   */
  public RedisTokens(RedisAccess access, String secret, String version) {
    this.prefix = FORM + version + ':';
    this.access = access;
    this.reads = access.client((int) PATIENCE.toMillis());
    this.writes = access.client(WRITE_TIMEOUT_MILLIS);
    this.seal = new SealedPrincipal(secret);
    threads.add(Thread.ofVirtual().name("shared-tokens-reader").start(this::read));
    threads.add(Thread.ofVirtual().name("shared-tokens-writer").start(this::write));
  }

  @Override
  public Found find(String scope, String token) {
    if (!answers) {
      return new Found.NoAnswer();
    }
    Ask ask = new Ask(key(scope, token));
    if (!asks.offer(ask)) {
      return new Found.NoAnswer();
    }
    try {
      if (!ask.done.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
        asks.remove(ask);
        answers = false; // until the thread has asked for itself, so that only few wait
        return new Found.NoAnswer();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Found.NoAnswer();
    }
    byte[] value = ask.value;
    if (value == null) {
      return new Found.NoAnswer();
    }
    if (value.length == 0) {
      return new Found.Nothing();
    }
    Principal principal = seal.open(ask.key, value);
    return principal == null ? new Found.NotOurs() : new Found.Known(principal);
  }

  @Override
  public void put(String scope, String token, Principal principal, Instant now) {
    long left = millisBetween(now, principal.expires());
    if (!answers || left <= 0) {
      return;
    }
    byte[] key = key(scope, token);
    byte[] value = seal.seal(key, principal);
    if (value != null && !written.offer(new Write(key, value, left))) {
      dropped.increment();
    }
  }

  /** Tokens that were not told of because Redis did not take them, or not fast enough. */
  public long dropped() {
    return dropped.sum();
  }

  private static long millisBetween(Instant now, Instant end) {
    return end.isAfter(now.plusMillis(LONGEST_MILLIS))
        ? LONGEST_MILLIS
        : Duration.between(now, end).toMillis();
  }

  /** The token itself is not there: whoever reads Redis learns no credential. */
  private byte[] key(String scope, String token) {
    byte[] digest;
    try {
      digest =
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.ISO_8859_1));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
    String name = Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    return (prefix + scope + ':' + name).getBytes(StandardCharsets.UTF_8);
  }

  private void read() {
    try {
      serve();
    } finally {
      answers = false; // nobody waits for a thread that has ended
    }
  }

  private void serve() {
    List<Ask> batch = new ArrayList<>();
    String told = "";
    while (!closed()) {
      try {
        if (!answers) {
          reads.getrange(prefix + PROBE, 0, 0); // as requests do: PING may be allowed alone
          answers = true;
          if (!told.equals(UP)) {
            told = UP;
            LOG.info("Redis at {} answers: verified tokens are shared", access);
          }
        }
        batch.clear();
        Ask first = asks.poll(RETRY_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
          batch.add(first);
          asks.drainTo(batch, BATCH - 1);
          ask(batch);
        }
      } catch (RuntimeException e) { // whatever Jedis makes of what is no Redis
        answers = false;
        if (!told.equals(DOWN) && !closed()) {
          told = DOWN;
          LOG.warn(
              "Redis at {} does not answer: tokens are verified here: {}",
              access,
              RedisAccess.reason(e));
        }
        asks.drainTo(batch);
        batch.forEach(ask -> ask.done.countDown());
        pause();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Asks for no more of a value than a gateway would have written, whoever wrote it. */
  private void ask(List<Ask> batch) {
    List<Object> replies;
    try (Pipeline pipeline = reads.pipelined()) {
      for (Ask ask : batch) {
        pipeline.getrange(ask.key, 0, SealedPrincipal.MOST_BYTES - 1L);
      }
      replies = pipeline.syncAndReturnAll();
    }
    for (int i = 0; i < batch.size(); i++) {
      switch (replies.get(i)) {
        case byte[] value -> batch.get(i).answer(value);
        case JedisDataException no when RedisAccess.reason(no).startsWith(WRONG_TYPE) ->
            batch.get(i).answer(NO_SEAL);
        case JedisDataException no -> throw no; // NOAUTH, NOPERM, LOADING
        default -> throw new JedisDataException("an answer of another form");
      }
    }
  }

  private void write() {
    List<Write> batch = new ArrayList<>();
    String why = "";
    while (!closed()) {
      try {
        batch.clear();
        batch.add(written.take());
        written.drainTo(batch, BATCH - 1);
        String refused = send(batch);
        if (!refused.equals(why)) {
          if (refused.isEmpty()) {
            LOG.info("Redis at {} takes verified tokens again", access);
          } else {
            LOG.warn("Redis at {} takes no verified tokens: {}", access, refused);
          }
          why = refused;
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Why Redis did not take them, empty when it did. */
  private String send(List<Write> batch) {
    List<Object> replies;
    try (Pipeline pipeline = writes.pipelined()) {
      for (Write write : batch) {
        pipeline.set(write.key, write.value, SetParams.setParams().px(write.millis));
      }
      replies = pipeline.syncAndReturnAll();
    } catch (RuntimeException e) { // whatever Jedis makes of what is no Redis
      dropped.add(batch.size());
      return RedisAccess.reason(e);
    }
    String refused = "";
    for (Object reply : replies) {
      if (reply instanceof JedisDataException no) { // READONLY, OOM, NOPERM
        dropped.increment();
        refused = RedisAccess.reason(no);
      }
    }
    return refused;
  }

  /** Not all gateways come back at the same moment. */
  private void pause() {
    try {
      int millis = RETRY_MILLIS + ThreadLocalRandom.current().nextInt(RETRY_MILLIS);
      closing.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing.countDown();
    }
  }

  private boolean closed() {
    return closing.getCount() == 0;
  }

  @Override
  public void close() {
    closing.countDown();
    answers = false;
    for (Thread thread : threads) {
      thread.interrupt();
      try {
        thread.join(STOP);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    reads.close();
    writes.close();
  }
}
