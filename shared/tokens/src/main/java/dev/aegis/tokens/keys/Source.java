package dev.aegis.tokens.keys;

import dev.aegis.journal.PublishedKeys;
import dev.aegis.tokens.keys.Answer.Whereabouts;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One published set of keys, and whoever goes by it. A virtual thread of its own fetches it at
 * once, again before it is too old, and early when a token names a key that is not in it.
 *
 * <p>Whoever answers with nothing usable takes no key away: the last known ones stay. An answer
 * that is a key set does, an empty one too.
 */
final class Source {
  private static final Logger LOG = LoggerFactory.getLogger(Source.class);

  private final PublishedKeys.Place place;
  private final Documents documents;
  private final KeysFolder folder;
  private final InstantSource clock;
  private final FetchTerms terms;
  private final Semaphore slots;
  private final Consumer<RemoteKeys.Outcome> count;
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;
  private volatile @Nullable String failure;
  private volatile boolean answered;
  private volatile boolean over;

  // Guarded by this.
  private final Set<FollowedKeys> followers = new HashSet<>();
  private @Nullable KnownKeys known;
  private @Nullable Round current = new Round();

  // The thread's own.
  private long began = System.nanoTime();

  /** One time of fetching it. */
  static final class Round {
    private final long began = System.nanoTime();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile boolean answered;

    /** Waits for its end; false when it does not come in time. */
    boolean await(long nanos) throws InterruptedException {
      return end.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** When it began, in nanoseconds of {@link System#nanoTime}. */
    long began() {
      return began;
    }

    /** Whether it was answered with a set of keys. */
    boolean answered() {
      return answered;
    }
  }

  /**
   * Begins with what the folder knows, and to fetch.
   *
   * @param slots how many fetches there may be at once, of all sets
   */
  Source(
      PublishedKeys.Place place,
      Documents documents,
      KeysFolder folder,
      InstantSource clock,
      FetchTerms terms,
      Semaphore slots,
      Consumer<RemoteKeys.Outcome> count) {
    this.place = place;
    this.documents = documents;
    this.folder = folder;
    this.clock = clock;
    this.terms = terms;
    this.slots = slots;
    this.count = count;
    this.known = folder.load(place.name(), clock.instant());
    this.thread = Thread.ofVirtual().name("keys-" + place.name()).unstarted(this::run);
  }

  PublishedKeys.Place place() {
    return place;
  }

  void start() {
    thread.start();
  }

  synchronized void add(FollowedKeys keys) {
    if (!followers.isEmpty() && keys.maxStale().compareTo(leastStale()) < 0) {
      wake.release(); // the next round might be too late for it
    }
    followers.add(keys);
    if (known != null) {
      keys.are(known);
    }
  }

  /** How old the keys may become for whoever lets them the least; set while somebody follows. */
  private synchronized Duration leastStale() {
    return followers.stream()
        .map(FollowedKeys::maxStale)
        .min(Duration::compareTo)
        .orElse(terms.most());
  }

  /** Returns whether nobody is left. */
  synchronized boolean remove(FollowedKeys keys) {
    followers.remove(keys);
    return followers.isEmpty();
  }

  synchronized void stop() {
    over = true;
    thread.interrupt();
    end(false);
  }

  /** Waits until nothing is written any more; {@link #stop} went before. */
  void awaitEnd(Duration bound) throws InterruptedException {
    thread.join(bound);
  }

  /** Why the last round had no answer; null when it had, or there was none yet. */
  @Nullable String failure() {
    return failure;
  }

  /** Whether it is being asked, and has not answered. */
  synchronized boolean asking() {
    return current != null;
  }

  /** Whether it was answered for since the start. */
  boolean answered() {
    return answered;
  }

  /**
   * The round that may bring a key which is not known: the one under way, or an early one; null
   * when there is nothing to wait for.
   *
   * @param early asked, when none is under way, whether there may be one
   */
  synchronized @Nullable Round round(BooleanSupplier early) {
    if (current == null && !over && early.getAsBoolean()) {
      current = new Round();
      wake.release();
    }
    return current;
  }

  private void run() {
    int failures = 0;
    Duration wait = Duration.ZERO;
    try {
      while (due(wait)) {
        Answer answer = asked();
        if (over) {
          return;
        }
        double random = ThreadLocalRandom.current().nextDouble();
        switch (answer) {
          case Answer.Keys keys -> {
            failures = 0;
            take(keys);
            wait = terms.afterAnswer(keys.fresh(), leastStale(), random);
          }
          case Answer.Unusable(String why) -> {
            failures++;
            keep(why);
            wait = terms.afterFailure(failures, random);
          }
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("Not asking for {} any more", place.name());
    }
  }

  /** Waits for the next round, or for one that is wanted early; false when it is over. */
  private boolean due(Duration wait) throws InterruptedException {
    if (wake.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS)) {
      wake.drainPermits();
      // Many issuers may want that, of one place.
      Thread.sleep(Duration.ofNanos(began + terms.gap().toNanos() - System.nanoTime()));
    }
    began = System.nanoTime();
    synchronized (this) {
      if (current == null) {
        current = new Round();
      }
    }
    return !over;
  }

  /** A bug here must not end the thread: then no key would be fetched any more. */
  private Answer asked() throws InterruptedException {
    slots.acquire();
    try {
      return switch (Answer.whereabouts(place, documents)) {
        case Whereabouts.Unknown(String why) -> new Answer.Unusable(why);
        case Whereabouts.There(URI url) -> Answer.ask(url, documents);
      };
    } catch (RuntimeException e) {
      LOG.error("The keys of {} cannot be fetched", place.name(), e);
      return new Answer.Unusable("a bug, see the log");
    } finally {
      slots.release();
    }
  }

  private void take(Answer.Keys keys) {
    Instant now = clock.instant();
    KnownKeys next;
    boolean changed;
    synchronized (this) {
      KnownKeys before = known;
      next = KnownKeys.after(before, keys.keys(), now);
      changed = before == null || !next.sameSet(before);
      known = next;
      for (FollowedKeys each : followers) {
        each.are(next);
      }
      end(true);
    }
    boolean news = changed || failure != null || !answered;
    failure = null;
    answered = true;
    if (news) {
      LOG.info("{} has {} keys of use", place.name(), keys.keys().size());
    }
    count.accept(changed ? RemoteKeys.Outcome.CHANGED : RemoteKeys.Outcome.UNCHANGED);
    folder.save(place.name(), next);
  }

  private void keep(String why) {
    if (failure == null) {
      LOG.warn("Going on with the last known keys of {}: {}", place.name(), why);
    }
    failure = why;
    synchronized (this) {
      end(false);
    }
    count.accept(RemoteKeys.Outcome.FAILED);
  }

  private synchronized void end(boolean good) {
    Round round = current;
    current = null;
    if (round != null) {
      round.answered = good;
      round.end.countDown();
    }
  }
}
