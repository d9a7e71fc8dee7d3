package dev.aegis.webhooks.delivery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what became of attempts to the log, in batches, and tells when it is durable.
 *
 * <p>While the log is away it keeps trying, and says so, so that no call is made whose result could
 * not be kept.
 */
final class Recorder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Recorder.class);
  private static final int BATCH = 200;
  private static final Duration LEAST_PAUSE = Duration.ofMillis(50);
  private static final Duration MOST_PAUSE = Duration.ofSeconds(1);

  /**
   * A state to write.
   *
   * @param slot the slot that its call holds until it is written, or null
   */
  record Note(Tracked tracked, StoredDelivery stored, Lanes.@Nullable Slot<Tracked> slot) {}

  /** Who wants to know. */
  interface Listener {
    /** The states are durable. */
    void written(List<Note> notes);

    /** The states belong to someone else now and were not written. */
    void dropped(List<Note> notes);

    /** Whether states can be written at present. */
    void reachable(boolean yes);
  }

  private final DeliveryLog log;
  private final Predicate<Note> owned;
  private final Listener listener;
  private final LinkedBlockingQueue<Note> queue = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean closing;

  /**
   * @param owned whether a state is still this process's to write
   */
  Recorder(DeliveryLog log, Predicate<Note> owned, Listener listener) {
    this.log = log;
    this.owned = owned;
    this.listener = listener;
    this.thread = Thread.ofPlatform().name("webhook-recorder").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  void put(Note note) {
    queue.add(note);
  }

  /** Writes what it was given, for at most {@code limit}, then stops. */
  void close(Duration limit) {
    closing = true;
    try {
      if (!thread.join(limit)) {
        thread.interrupt();
        thread.join();
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }

  private void run() {
    List<Note> batch = new ArrayList<>();
    try {
      while (true) {
        Note first = queue.poll(50, TimeUnit.MILLISECONDS);
        if (first == null) {
          if (closing) {
            return;
          }
          continue;
        }
        batch.add(first);
        queue.drainTo(batch, BATCH - 1);
        write(batch);
        batch.clear();
      }
    } catch (InterruptedException e) {
      LOG.info(
          "Stopped with {} attempts unrecorded: their deliveries are tried again at the next start",
          batch.size() + queue.size());
    }
  }

  private void write(List<Note> batch) throws InterruptedException {
    List<Note> left = batch;
    Duration pause = LEAST_PAUSE;
    boolean away = false;
    while (true) {
      List<Note> mine = new ArrayList<>();
      List<Note> others = new ArrayList<>();
      for (Note note : left) {
        (owned.test(note) ? mine : others).add(note);
      }
      if (!others.isEmpty()) {
        listener.dropped(others);
      }
      if (mine.isEmpty()) {
        break;
      }
      left = mine;
      try {
        log.append(mine.stream().map(Note::stored).toList());
        listener.written(mine);
        break;
      } catch (DeliveryLog.NotOwner e) {
        LOG.info("Deliveries are changing hands: {}", e.getMessage());
      } catch (DeliveryLog.Away e) {
        if (!away) {
          away = true;
          listener.reachable(false);
          LOG.warn(
              "Attempts cannot be recorded, no call is made until they can: {}", e.getMessage());
        }
      }
      Thread.sleep(pause);
      pause = pause.multipliedBy(2).compareTo(MOST_PAUSE) > 0 ? MOST_PAUSE : pause.multipliedBy(2);
    }
    if (away) {
      LOG.info("Attempts are recorded again");
      listener.reachable(true);
    }
  }
}
