package dev.aegis.bus;

import dev.aegis.journal.Fold;
import dev.aegis.journal.FoldFile;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the journal and keeps its fold, in memory and on disk.
 *
 * <p>Starts from the fold on disk, so a service has its last known configuration when Kafka is
 * away. A record that cannot be read is passed over with one log line. When the journal turns out
 * to be another one (the topic was made anew), it is folded from its start while the old state
 * stays in force, until the new one has been read to its end; a new journal without any record
 * replaces nothing, because an empty configuration is more likely an accident than a wish.
 */
public final class JournalReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JournalReader.class);

  /** How long the tail may take to finish before what it waits for is interrupted. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** Hears of every advance of the fold. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Called on the reader's thread, or on the one that starts it, before anybody else can read the
     * new state. What it throws is logged and changes nothing.
     *
     * @param fold the state; must not be kept
     * @param changed objects that changed since the last call; may be empty when records changed
     *     nothing
     * @param everything whether to look at all objects instead: on the first call, and when the
     *     journal is another one
     */
    void folded(Fold fold, Set<ObjectKey> changed, boolean everything);
  }

  private final FoldFile file;
  private final FoldSaver saver;
  private final Listener listener;
  private final JournalTail tail;
  private final Thread thread;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Condition advanced = lock.writeLock().newCondition();
  private final CountDownLatch caughtUp = new CountDownLatch(1);
  private FoldState state = FoldState.empty();
  private volatile boolean connected;
  private volatile boolean current;

  /**
   * @param foldFile where the fold is kept; its folder exists
   */
  public JournalReader(BusSettings settings, Path foldFile, Listener listener) {
    this.file = new FoldFile(foldFile);
    this.saver = new FoldSaver(file::save);
    this.listener = listener;
    this.tail = new JournalTail(settings, this);
    this.thread = Thread.ofPlatform().daemon().name("journal-reader").unstarted(tail);
  }

  /** Loads the fold on disk, tells the listener, and begins to follow the journal. */
  public void start() {
    load();
    thread.start();
  }

  /**
   * Looks at the fold while it does not change.
   *
   * @param question must not keep the fold or a view of it
   */
  public <T> T read(Function<Fold, T> question) {
    lock.readLock().lock();
    try {
      return question.apply(state.fold());
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Revision in force, -1 before the first. */
  public long revision() {
    return read(Fold::revision);
  }

  /**
   * Waits until the fold has taken the record {@code revision} and the listener has heard of it.
   *
   * @param revision a recent one, as {@link JournalWriter#append} returned it
   * @return what came of it
   * @throws TimeoutException when that takes longer than {@code bound}
   * @throws IllegalArgumentException when it is so old that its verdict is forgotten
   */
  public Verdict await(long revision, Duration bound)
      throws InterruptedException, TimeoutException {
    long nanos = bound.toNanos();
    lock.writeLock().lock();
    try {
      while (state.fold().revision() < revision) {
        if (nanos <= 0) {
          throw new TimeoutException(
              "Revision " + revision + " is not folded yet; at " + state.fold().revision());
        }
        nanos = advanced.awaitNanos(nanos);
      }
      Verdict verdict = state.verdict(revision);
      if (verdict == null) {
        throw new IllegalArgumentException("The verdict on revision " + revision + " is forgotten");
      }
      return verdict;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Whether Kafka answered lately: within the last few seconds. */
  public boolean connected() {
    return connected;
  }

  /**
   * Whether the state in force is that of the journal which Kafka has. It is not while another
   * journal is read, and not for as long as a new one is empty. What is written then was checked
   * against a state that the record does not follow, and the first record of a new journal takes
   * the place of all that is in force.
   */
  public boolean current() {
    return current;
  }

  /** Waits until the journal has been read to its end once since the start. */
  public boolean awaitCaughtUp(Duration bound) throws InterruptedException {
    return caughtUp.await(bound.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Stops following and saves the fold. */
  @Override
  public void close() {
    tail.stop();
    Threads.end(thread, PATIENCE);
    saver.await();
    save();
    saver.await();
  }

  /** The state in force. Only the tail's thread may look at it without the lock. */
  FoldState state() {
    return state;
  }

  /**
   * Changes the state in force, tells the listener and wakes who waits.
   *
   * @param next {@code state()} itself or its successor
   */
  void advance(FoldState next, Runnable change, Set<ObjectKey> changed, boolean everything) {
    lock.writeLock().lock();
    try {
      change.run();
      state = next;
      tell(changed, everything);
      advanced.signalAll();
    } finally {
      lock.writeLock().unlock();
    }
  }

  void caughtUp() {
    caughtUp.countDown();
  }

  void current(boolean now) {
    current = now;
  }

  void connected(boolean now) {
    connected = now;
  }

  /** Begins to save the state in force. Called on the tail's thread, or when that has ended. */
  void save() {
    saver.begin(state.journal(), state.fold());
  }

  private void load() {
    FoldFile.Saved saved;
    try {
      saved = file.load();
    } catch (IOException e) {
      LOG.warn("Starting without the saved fold: {}", e.getMessage());
      return;
    }
    if (saved != null) {
      saver.loaded(saved.journal(), saved.fold().revision());
      advance(FoldState.of(saved), () -> {}, Set.of(), true);
      LOG.info("Configuration is at revision {} from disk", saved.fold().revision());
    }
  }

  private void tell(Set<ObjectKey> changed, boolean everything) {
    try {
      listener.folded(state.fold(), changed, everything);
    } catch (RuntimeException e) {
      LOG.error("The listener failed at revision {}", state.fold().revision(), e);
    }
  }
}
