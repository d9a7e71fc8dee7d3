package dev.aegis.bus;

import dev.aegis.model.Uuid7;
import java.io.FileDescriptor;
import java.io.SyncFailedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
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
  private static final int MAX_UNCONFIRMED = 20_000;
  private static final long MAX_UNCONFIRMED_BYTES = 16L << 20;
  private static final int DRAIN_AT_ONCE = 256;
  private static final long TICK_MILLIS = 50;
  private static final long DRAIN_PAUSE_MILLIS = 1;
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long SYNC_NANOS = Duration.ofSeconds(1).toNanos();

  private final BusSettings settings;
  private final EventRecords records;
  private final SpoolDisk disk;
  private final Drops drops = new Drops();
  private final String run = Uuid7.text(System.currentTimeMillis());
  private final Thread keeper;
  private final CountDownLatch stopping = new CountDownLatch(1);

  /** Fair, because the keeper takes it in a loop while it drains. */
  private final ReentrantLock lock = new ReentrantLock(true);

  private final Condition settled = lock.newCondition();
  private final Unconfirmed unconfirmed = new Unconfirmed();
  private final Set<String> topics = new HashSet<>(Set.of(Topics.REQUESTS, Topics.EVENTS));
  private final Set<String> learned = new HashSet<>();
  private @Nullable EventLink link;
  private SpoolPosition through = SpoolPosition.START;
  private long sequence;
  private long published;

  /** Events go straight to the producer, and the spool has none that waits. */
  private boolean direct;

  /** The producer knows the topics and takes events. */
  private boolean ready;

  /** The producer failed in a way that it does not recover from. */
  private boolean broken;

  /** What is unconfirmed has to be handed to the producer, or handed over again. */
  private boolean handOver;

  private boolean away;
  private boolean topicsMade;
  private boolean closed;
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
    direct = disk.waiting() == 0;
    keeper.start();
  }

  /** Id of this process' run, as the events carry it. */
  public String run() {
    return run;
  }

  /**
   * Takes an event. Returns without waiting for Kafka; in the worst case it waits for one write to
   * the disk, or a quarter of a second when the producer has forgotten a topic.
   */
  public void publish(OutgoingEvent event) {
    lock.lock();
    try {
      if (closed || event.data().length > MAX_DATA) {
        drops.add(event.type(), closed ? "the publisher is closed" : "it is too large");
        return;
      }
      settle();
      accept(next(event));
    } finally {
      lock.unlock();
    }
  }

  /** Events that Kafka confirmed. */
  public long published() {
    lock.lock();
    try {
      return published;
    } finally {
      lock.unlock();
    }
  }

  /** Events that wait in the spool now. */
  public long spooled() {
    lock.lock();
    try {
      return disk.waiting();
    } finally {
      lock.unlock();
    }
  }

  /** Events handed to the producer that Kafka has not confirmed. */
  public int unconfirmed() {
    lock.lock();
    try {
      settle();
      return unconfirmed.count();
    } finally {
      lock.unlock();
    }
  }

  /** Events lost, by type. */
  public Map<String, Long> dropped() {
    return drops.byType();
  }

  /** How often the disk failed the spool. */
  public long diskErrors() {
    lock.lock();
    try {
      return disk.errors();
    } finally {
      lock.unlock();
    }
  }

  /** Whether Kafka takes events. */
  public boolean connected() {
    lock.lock();
    try {
      EventLink current = link;
      return ready && !stalled() && current != null && current.connected();
    } finally {
      lock.unlock();
    }
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
    keeper.interrupt();
    while (keeper.isAlive()) {
      try {
        keeper.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    lock.lock();
    try {
      leave();
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
      settle();
      while (nanos > 0
          && (!unconfirmed.isEmpty() || disk.waiting() > 0)
          && !away
          && !broken
          && !stalled()) {
        nanos -= TimeUnit.MILLISECONDS.toNanos(5);
        long _ = settled.awaitNanos(TimeUnit.MILLISECONDS.toNanos(5));
        settle();
      }
      return false;
    } catch (InterruptedException e) {
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    EventLink current = link;
    link = null;
    ready = false;
    if (current != null) {
      current.abort();
    }
    for (Pending pending : unconfirmed.all()) {
      if (pending.state() == Pending.State.CONFIRMED) {
        published++;
      } else if (pending.spooledTo() == null && disk.append(pending) != SpoolDisk.Written.YES) {
        drops.add(pending.event().type(), "the spool did not take it at the end");
      }
    }
    unconfirmed.clear();
    disk.close(through);
  }

  private Pending next(OutgoingEvent event) {
    return new Pending(event, Uuid7.text(event.timeMillis()), run, ++sequence);
  }

  private void accept(Pending pending) {
    if (!learned.contains(pending.event().topic())) {
      topics.add(pending.event().topic());
      ready = false;
    }
    if (direct && (!ready || stalled() || full())) {
      startSpooling();
    }
    if (direct && ready && !full() && trySend(pending)) {
      drops.none();
      return;
    }
    if (direct) {
      startSpooling();
    }
    if (direct) {
      // The disk does not take it: memory is what is left.
      if (full()) {
        drops.add(
            pending.event().type(), "Kafka is away, the spool takes nothing and memory is full");
      } else {
        pending.sending(System.nanoTime());
        unconfirmed.add(pending);
        handOver = true;
        ready = false;
      }
      return;
    }
    switch (disk.append(pending)) {
      case YES -> drops.none();
      case FULL -> drops.add(pending.event().type(), "the spool's bound is reached");
      case FAILED -> drops.add(pending.event().type(), "Kafka is away and the disk fails");
    }
  }

  /** Puts the unconfirmed events in the spool as read, and all later ones behind them. */
  private void startSpooling() {
    if (!disk.usable()) {
      return;
    }
    // A spool that only opened now may hold what an earlier process left. What is unconfirmed then
    // goes behind that, and out once more.
    boolean leftovers = disk.waiting() > 0;
    boolean all = true;
    for (Pending pending : unconfirmed.all()) {
      if (pending.spooledTo() == null && disk.append(pending) != SpoolDisk.Written.YES) {
        all = false;
        break;
      }
    }
    if (!leftovers) {
      disk.passOver();
    }
    if (all || leftovers) {
      direct = false;
      if (ready) {
        LOG.warn("Kafka does not confirm: events go to the spool");
      }
    }
  }

  /** Hands an event to the producer; false when it did not even take it. */
  private boolean trySend(Pending pending) {
    EventLink current = link;
    if (current == null) {
      return false;
    }
    pending.sending(System.nanoTime());
    unconfirmed.add(pending);
    try {
      current.send(pending);
    } catch (KafkaException e) {
      unconfirmed.takeBack(pending);
      breakDown(e);
      return false;
    }
    if (pending.state() == Pending.State.FAILED && pending.failure() instanceof TimeoutException) {
      // It was refused before it was sent, so nothing behind it can overtake it.
      unconfirmed.takeBack(pending);
      learned.remove(pending.event().topic());
      ready = false;
      return false;
    }
    return true;
  }

  /** Takes note of what Kafka confirmed or refused. */
  private void settle() {
    while (true) {
      Pending oldest = unconfirmed.oldest();
      if (oldest == null || oldest.state() == Pending.State.WAITING) {
        return;
      }
      if (oldest.state() == Pending.State.CONFIRMED) {
        published++;
      } else if (oldest.failure() instanceof RecordTooLargeException
          || oldest.failure() instanceof InvalidRecordException) {
        drops.add(oldest.event().type(), "Kafka refuses it: " + oldest.failure().getMessage());
      } else {
        breakDown(oldest.failure());
        return;
      }
      unconfirmed.removeOldest();
      SpoolPosition end = oldest.spooledTo();
      if (end != null) {
        through = end;
      }
    }
  }

  private void breakDown(@Nullable Exception why) {
    if (!broken) {
      LOG.warn("The producer failed and is made anew: {}", why == null ? "?" : Clients.reason(why));
    }
    broken = true;
    ready = false;
  }

  private boolean full() {
    return unconfirmed.count() >= MAX_UNCONFIRMED
        || unconfirmed.bytes() >= Math.min(MAX_UNCONFIRMED_BYTES, disk.maxBytes() / 4);
  }

  /** Whether the oldest event has been waiting for too long. */
  private boolean stalled() {
    Pending oldest = unconfirmed.oldest();
    return oldest != null
        && oldest.state() == Pending.State.WAITING
        && System.nanoTime() - oldest.sentAt() > PATIENCE.toNanos();
  }

  // The keeper's thread.

  private void keep() {
    long failedAt = System.nanoTime() - RETRY_NANOS;
    try {
      while (stopping.getCount() > 0) {
        try {
          if (!isReady() && System.nanoTime() - failedAt >= RETRY_NANOS) {
            connect();
            found();
          }
        } catch (BusUnavailable e) {
          lost(e);
          failedAt = System.nanoTime();
        }
        boolean more = false;
        try {
          more = drain();
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

  private boolean isReady() {
    lock.lock();
    try {
      return ready;
    } finally {
      lock.unlock();
    }
  }

  private void connect() throws BusUnavailable, InterruptedException {
    EventLink current;
    Set<String> wanted;
    lock.lock();
    try {
      if (broken) {
        rebuild();
      }
      current = link;
      wanted = Set.copyOf(topics);
    } finally {
      lock.unlock();
    }
    if (!topicsMade) {
      Topics.ensure(settings);
      topicsMade = true;
    }
    if (current == null) {
      current = new EventLink(settings, records);
    }
    lock.lock();
    try {
      link = current;
    } finally {
      lock.unlock();
    }
    current.learn(wanted);
    lock.lock();
    try {
      learned.addAll(wanted);
      ready = !broken && (!handOver || handOver(current));
    } finally {
      lock.unlock();
    }
  }

  /** Sends what is unconfirmed (again), in order; false when the producer did not take it. */
  private boolean handOver(EventLink current) {
    for (Pending pending : unconfirmed.all()) {
      if (pending.state() == Pending.State.CONFIRMED) {
        continue;
      }
      pending.sending(System.nanoTime());
      try {
        current.send(pending);
      } catch (KafkaException e) {
        breakDown(e);
        return false;
      }
      if (pending.state() == Pending.State.FAILED
          && pending.failure() instanceof TimeoutException) {
        // It stays in its place and is handed over next time.
        pending.sending(System.nanoTime());
        return false;
      }
    }
    handOver = false;
    return true;
  }

  /** Gives the broken producer up; what it did not get through goes to the next one, in order. */
  private void rebuild() {
    EventLink old = link;
    link = null;
    if (old != null) {
      old.abort();
    }
    List<Pending> all = unconfirmed.all();
    List<Pending> overtaken = Unconfirmed.overtaken(all);
    Set<Pending> renumbered = new HashSet<>(overtaken);
    unconfirmed.clear();
    for (Pending pending : all) {
      if (pending.state() == Pending.State.CONFIRMED) {
        published++;
      } else if (!renumbered.contains(pending)) {
        pending.sending(System.nanoTime());
        unconfirmed.add(pending);
      }
    }
    handOver = !unconfirmed.isEmpty();
    broken = false;
    for (Pending pending : overtaken) {
      accept(next(pending.event()));
    }
  }

  /** Sends a few events from the spool; true when it has more and Kafka takes them. */
  private boolean drain() {
    lock.lock();
    try {
      settle();
      if (direct || !ready || stalled()) {
        return false;
      }
      for (int i = 0; i < DRAIN_AT_ONCE; i++) {
        if (unconfirmed.count() >= MAX_UNCONFIRMED / 2
            || unconfirmed.bytes() >= MAX_UNCONFIRMED_BYTES / 2) {
          return true;
        }
        Pending pending = disk.peek();
        if (pending == null) {
          direct = disk.waiting() == 0;
          return false;
        }
        if (!trySend(pending)) {
          return false;
        }
        disk.taken();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void tend() {
    lock.lock();
    try {
      settle();
      boolean waits = !unconfirmed.isEmpty() && (stalled() || !ready);
      if (direct && (waits || disk.waiting() > 0)) {
        startSpooling();
      }
      disk.through(through);
      settled.signalAll();
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
