package dev.aegis.chassis;

import dev.aegis.model.Finding;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is wrong with a service at the moment, and since when.
 *
 * <p>Whatever can go wrong is registered once; a thread looks at all of it every two seconds, so
 * that there is a time of beginning even when nobody asks. What is registered answers at once, from
 * memory, and from any thread.
 */
public final class Troubles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Troubles.class);
  private static final Duration EVERY = Duration.ofSeconds(2);

  /** How long losses are shown after the last one. */
  private static final Duration REMEMBERED = Duration.ofMinutes(5);

  /** Most that are shown; of more, the oldest are. */
  private static final int MOST = 200;

  private final InstantSource clock;
  private final CopyOnWriteArrayList<Supplier<List<Finding>>> watched =
      new CopyOnWriteArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Map<Key, Instant> since = new LinkedHashMap<>(); // Guarded by this.

  /**
   * One thing that is wrong.
   *
   * @param what it is about, such as {@code kafka} or {@code tenants/acme/routes/orders}
   * @param since when it was first seen without a break
   * @param severity how bad it is
   * @param detail what there is to know, one line
   */
  public record Trouble(String what, Instant since, Finding.Severity severity, String detail) {}

  private record Key(String what, Finding.Severity severity) {}

  /** No troubles yet; looks for them until it is closed. */
  public Troubles(InstantSource clock) {
    this.clock = clock;
    watch(
        "log",
        () -> {
          LogQueue log = Logs.ofProcess();
          String reason = log == null ? null : log.reason();
          return reason == null ? null : "the log's file cannot be written: " + reason;
        });
    watchCount(
        "log_lines",
        "lines of the log are lost",
        () -> {
          LogQueue log = Logs.ofProcess();
          return log == null ? 0 : log.lost();
        });
    Thread.ofPlatform().daemon().name("troubles").start(this::run);
  }

  /**
   * Watches one thing.
   *
   * @param what its name
   * @param detail what is wrong with it, null while nothing is
   */
  public void watch(String what, Supplier<@Nullable String> detail) {
    watchAll(
        () -> {
          String wrong = detail.get();
          return wrong == null ? List.of() : List.of(Finding.warning(what, wrong));
        });
  }

  /**
   * Watches losses: they are a trouble from the first one until five minutes after the last.
   *
   * @param what is lost
   * @param detail follows their number
   * @param count how many so far, which only grows
   */
  public void watchCount(String what, String detail, LongSupplier count) {
    watchAll(new Losses(what, detail, count));
  }

  /** Watches many things: whatever is in the list is a trouble, by subject and severity. */
  public void watchAll(Supplier<List<Finding>> findings) {
    watched.add(findings);
  }

  private final class Losses implements Supplier<List<Finding>> {
    private final String what;
    private final String detail;
    private final LongSupplier count;

    private long before;
    private long last;
    private @Nullable Instant lastAt;

    Losses(String what, String detail, LongSupplier count) {
      this.what = what;
      this.detail = detail;
      this.count = count;
    }

    @Override
    public List<Finding> get() {
      long now = count.getAsLong();
      Instant time = clock.instant();
      if (last != now) {
        last = now;
        lastAt = time;
      }
      Instant at = lastAt;
      if (at == null) {
        return List.of();
      }
      if (!at.plus(REMEMBERED).isAfter(time)) {
        before = now;
        lastAt = null;
        return List.of();
      }
      return List.of(
          Finding.warning(what, (now - before) + " " + detail + ", the last about " + at));
    }
  }

  private void run() {
    try {
      while (!closing.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        now();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** All troubles there are, those that began first in front; looks at everything anew. */
  public synchronized List<Trouble> now() {
    Instant time = clock.instant();
    List<Trouble> troubles = new ArrayList<>();
    Set<Key> present = new HashSet<>();
    for (Supplier<List<Finding>> one : watched) {
      for (Finding finding : ask(one)) {
        Key key = new Key(finding.subject(), finding.severity());
        present.add(key);
        Instant began = since.computeIfAbsent(key, _ -> time);
        troubles.add(new Trouble(finding.subject(), began, finding.severity(), finding.message()));
      }
    }
    since.keySet().retainAll(present);
    troubles.sort(Comparator.comparing(Trouble::since));
    return troubles.size() <= MOST ? troubles : troubles.subList(0, MOST);
  }

  private static List<Finding> ask(Supplier<List<Finding>> one) {
    try {
      return one.get();
    } catch (RuntimeException e) {
      LOG.debug("Something that is watched could not be asked", e);
      return List.of(Finding.warning("status", "part of it cannot be asked: " + e));
    }
  }

  /** Looks no more. */
  @Override
  public void close() {
    closing.countDown();
  }
}
