package dev.aegis.bus;

import dev.aegis.model.Uuid7;
import java.io.FileDescriptor;
import java.io.SyncFailedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends events to Kafka, each at least once, in order per key, and never makes its caller wait for
 * Kafka.
 *
 * <p>While all is well, an event goes straight to the producer and is remembered until Kafka
 * confirms it. When Kafka is away (nothing was confirmed for {@link #PATIENCE}, or too much waits),
 * the events remembered and all later ones go to the disk spool; once the first are through, the
 * spool is drained in order, and sending is direct again. What a process leaves in the spool, the
 * next one sends first.
 *
 * <p>Each event carries its run (this process' life) and its sequence, strictly increasing in the
 * order of sending; an event that is sent again keeps both. A reader that keeps the highest
 * sequence per run and partition therefore drops exactly the doubles.
 *
 * <p>An event is lost only in these cases, each counted by type in {@link #dropped()}: the spool's
 * bound is reached, the disk fails while Kafka is away and memory is full, or Kafka refuses the
 * event itself. Safe for many threads, made for one.
 */
public final class EventPublisher implements AutoCloseable {
  /** How long Kafka may take to confirm before it counts as away. */
  public static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Largest data of an event, in bytes. */
  public static final int MAX_DATA = 900_000;

  private static final Logger LOG = LoggerFactory.getLogger(EventPublisher.class);
  private static final long TICK_MILLIS = 50;
  private static final long DRAIN_PAUSE_MILLIS = 1;
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long SYNC_NANOS = Duration.ofSeconds(1).toNanos();

  private final BusSettings settings;
  private final EventRecords records;
  private final SpoolDisk disk;
  private final Drops drops = new Drops();
  private final String run = Uuid7.text(System.currentTimeMillis());
  private final Outbox outbox;
  private final Thread keeper;
  private final CountDownLatch stopping = new CountDownLatch(1);

  /** Fair, because the keeper takes it in a loop while it drains. Guards outbox and disk. */
  private final ReentrantLock lock = new ReentrantLock(true);

  private final Condition tended = lock.newCondition();
  private boolean away;
  private boolean closed;

  // The keeper's own.
  private boolean topicsMade;
  private long syncedAt = System.nanoTime();

  /**
   * Begins to connect, and to send what the spool has.
   *
   * @param spoolFolder belongs to one publisher at a time; made when it is missing
   * @param spoolMaxBytes most bytes that the spool takes on disk
   * @param source CloudEvents source of the events, such as {@code /aegis/gateway/node-1}
   */
  public EventPublisher(BusSettings settings, Path spoolFolder, long spoolMaxBytes, String source) {
    this.settings = settings;
    this.records = new EventRecords(source);
    this.disk = new SpoolDisk(spoolFolder, spoolMaxBytes);
    this.keeper = Thread.ofPlatform().daemon().name("event-publisher").unstarted(this::keep);
    disk.open();
    this.outbox = new Outbox(disk, drops, run);
    keeper.start();
  }

  /** Id of this process' run, as the events carry it. */
  public String run() {
    return run;
  }

  /**
   * Takes an event. Returns without waiting for Kafka; in the worst case it waits for one write to
   * the disk, or a quarter of a second when the producer has forgotten a topic.
   *
   * @return whether it was taken; an event that was not is lost, and counted in {@link #dropped}
   */
  public boolean publish(OutgoingEvent event) {
    lock.lock();
    try {
      if (closed || event.data().length > MAX_DATA) {
        drops.add(event.type(), closed ? "the publisher is closed" : "it is too large");
        return false;
      }
      return outbox.take(event);
    } finally {
      lock.unlock();
    }
  }

  /** Events that Kafka confirmed. */
  public long published() {
    return ask(
        () -> {
          outbox.settle();
          return outbox.published();
        });
  }

  /** Events that wait in the spool now. */
  public long spooled() {
    return ask(disk::waiting);
  }

  /** Size of the spool on disk in bytes. */
  public long spoolBytes() {
    return ask(disk::bytes);
  }

  /** Most bytes that the spool takes on disk. */
  public long spoolBound() {
    return disk.maxBytes();
  }

  /** Events handed to the producer that Kafka has not confirmed. */
  public int unconfirmed() {
    return ask(
        () -> {
          outbox.settle();
          return outbox.unconfirmed();
        });
  }

  /** Events lost, by type. */
  public Map<String, Long> dropped() {
    return drops.byType();
  }

  /** How often the disk failed the spool. */
  public long diskErrors() {
    return ask(disk::errors);
  }

  /** What the producer measures, NaN while there is none, or it has measured nothing yet. */
  public double measured(ProducerMeasure measure) {
    return ask(() -> outbox.measured(measure));
  }

  /** Whether Kafka takes events. */
  public boolean connected() {
    return ask(outbox::connected);
  }

  /** Closes with a bound of one second, see {@link #close(Duration)}. */
  @Override
  public void close() {
    close(Duration.ofSeconds(1));
  }

  /**
   * Stops taking events, waits until Kafka has confirmed all, and puts what remains in the spool
   * for the next start.
   *
   * @param bound longest wait; does not wait at all when Kafka is away
   */
  public void close(Duration bound) {
    boolean interrupted = awaitSettled(bound);
    stopping.countDown();
    Threads.end(keeper, Duration.ZERO);
    lock.lock();
    try {
      outbox.leave();
    } finally {
      lock.unlock();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean awaitSettled(Duration bound) {
    long nanos = bound.toNanos();
    lock.lock();
    try {
      closed = true;
      outbox.settle();
      while (nanos > 0 && !outbox.empty() && !away && !outbox.stuck()) {
        nanos -= TimeUnit.MILLISECONDS.toNanos(5);
        long _ = tended.awaitNanos(TimeUnit.MILLISECONDS.toNanos(5));
        outbox.settle();
      }
      return false;
    } catch (InterruptedException e) {
      return true;
    } finally {
      lock.unlock();
    }
  }

  private <T> T ask(Supplier<T> question) {
    lock.lock();
    try {
      return question.get();
    } finally {
      lock.unlock();
    }
  }

  private void keep() {
    long failedAt = System.nanoTime() - RETRY_NANOS;
    try {
      while (stopping.getCount() > 0) {
        try {
          if (!ask(outbox::ready) && System.nanoTime() - failedAt >= RETRY_NANOS) {
            connect();
            found();
          }
        } catch (BusUnavailable e) {
          lost(e);
          failedAt = System.nanoTime();
        }
        boolean more = false;
        try {
          more = ask(outbox::drain);
          tend();
          synchronise();
        } catch (RuntimeException e) {
          LOG.error("The publisher's keeper failed and goes on", e);
        }
        if (stopping.await(more ? DRAIN_PAUSE_MILLIS : TICK_MILLIS, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void connect() throws BusUnavailable, InterruptedException {
    EventLink current;
    Set<String> topics;
    lock.lock();
    try {
      current = outbox.prepare();
      topics = outbox.topics();
    } finally {
      lock.unlock();
    }
    if (!topicsMade) {
      Topics.ensure(settings);
      topicsMade = true;
    }
    boolean made = current == null;
    EventLink next = current == null ? new EventLink(settings, records) : current;
    try {
      next.learn(topics);
    } catch (BusUnavailable e) {
      if (made) {
        next.abort();
      }
      throw e;
    }
    lock.lock();
    try {
      outbox.go(next, topics);
    } finally {
      lock.unlock();
    }
  }

  private void tend() {
    lock.lock();
    try {
      outbox.tend();
      tended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Makes the spool outlive the machine; outside the lock, since a disk takes its time. */
  private void synchronise() {
    if (System.nanoTime() - syncedAt < SYNC_NANOS) {
      return;
    }
    syncedAt = System.nanoTime();
    FileDescriptor file;
    lock.lock();
    try {
      file = disk.unsynchronised();
    } finally {
      lock.unlock();
    }
    if (file == null) {
      return;
    }
    try {
      file.sync();
    } catch (SyncFailedException e) {
      // A file that was closed in the meantime was synchronised before.
      if (file.valid()) {
        lock.lock();
        try {
          disk.failed(e);
        } finally {
          lock.unlock();
        }
      }
    }
  }

  private void found() {
    if (away) {
      LOG.info("Kafka is back: {} events wait in the spool", spooled());
    }
    lock.lock();
    try {
      away = false;
    } finally {
      lock.unlock();
    }
  }

  private void lost(BusUnavailable e) {
    lock.lock();
    try {
      if (!away && !closed) {
        LOG.warn("Kafka is away, events go to the spool: {}", e.getMessage());
      }
      away = true;
    } finally {
      lock.unlock();
    }
  }
}
