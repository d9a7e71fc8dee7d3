package dev.aegis.webhooks.delivery;

import dev.aegis.bus.OwnedTopic;
import dev.aegis.webhooks.delivery.Tracked.Phase;
import dev.aegis.webhooks.subscription.Endpoint;
import dev.aegis.webhooks.subscription.EndpointKey;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Sees every delivery of the partitions that this process owns through to its end.
 *
 * <p>The order of an attempt is fixed: call, record the result durably, then schedule the next one
 * or finish, then give the slot back. So a process that dies in between repeats a call at most, and
 * never forgets one. What goes wrong on this side (no log, an unreadable secret, a stop) is not an
 * attempt: it is tried again without the receiver's budget knowing.
 */
public final class Dispatcher implements OwnedTopic.Owner, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
  private static final Duration OWN_FAILURE_PAUSE = Duration.ofSeconds(2);
  private static final Duration LONGEST_NAP = Duration.ofSeconds(1);
  private static final Duration LAST_WRITES = Duration.ofMillis(500);

  /**
   * Bounds of the work in hand.
   *
   * @param endpointCalls calls to one endpoint at the same time
   * @param tenantCalls calls for one tenant at the same time
   * @param calls calls at the same time
   * @param history finished deliveries per endpoint that can be listed
   * @param bodyBytes bytes of bodies kept in memory; beyond, they are read from the log again
   */
  public record Bounds(int endpointCalls, int tenantCalls, int calls, int history, long bodyBytes) {
    /** What a process has that was not told otherwise. */
    public static final Bounds DEFAULT = new Bounds(4, 64, 512, 200, 64L * 1024 * 1024);
  }

  private final Attempts attempts;
  private final DeliveryLog log;
  private final InstantSource clock;
  private final Meters meters;
  private final Bounds bounds;
  private final Book.BodyBudget budget;
  private final Recorder recorder;
  private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Integer, Book> books = new HashMap<>();
  private final Lanes<Tracked> lanes;
  private final PriorityQueue<Due> due = new PriorityQueue<>(Comparator.comparing(Due::at));
  private boolean logReachable = true;
  private boolean closing;

  /**
   * @param endpoints what the configuration says of an endpoint
   * @param clock tells when a delivery is due
   */
  public Dispatcher(
      Function<EndpointKey, Endpoint> endpoints,
      Sender sender,
      DeliveryLog log,
      RetryPolicy policy,
      InstantSource clock,
      Meters meters,
      Bounds bounds) {
    this.attempts = new Attempts(endpoints, sender, policy, clock, meters);
    this.log = log;
    this.clock = clock;
    this.meters = meters;
    this.bounds = bounds;
    this.budget = new Book.BodyBudget(bounds.bodyBytes());
    this.lanes =
        new Lanes<>(
            new FairPool.Bounds(bounds.endpointCalls(), bounds.tenantCalls(), bounds.calls()));
    this.recorder = new Recorder(log, this::owned, new Written());
    this.thread = Thread.ofPlatform().name("webhook-dispatcher").unstarted(this::run);
  }

  /** Begins to make calls, for the partitions that are {@link #ready}. */
  public void start() {
    recorder.start();
    thread.start();
  }

  /** This process owns a partition from now on; its records follow from the first on. */
  @Override
  public void gained(int partition) {
    locked(() -> books.put(partition, new Book(bounds.history(), budget)));
  }

  /** Takes a record of an owned partition; null for one that was deleted. */
  @Override
  public void record(int partition, long offset, String key, byte @Nullable [] value) {
    StoredDelivery stored;
    try {
      stored = value == null ? null : StoredDelivery.parse(value);
    } catch (IOException e) {
      LOG.warn("Record {} of partition {} is passed over: {}", offset, partition, e.getMessage());
      return;
    }
    locked(
        () -> {
          Book book = books.get(partition);
          if (book == null) {
            return;
          }
          if (stored == null) {
            book.all().stream()
                .filter(tracked -> tracked.delivery.key().toString().equals(key))
                .findFirst()
                .ifPresent(tracked -> book.forget(tracked.delivery.key()));
            return;
          }
          Tracked tracked = book.read(partition, offset, stored);
          if (book.ready()) {
            takeUp(tracked);
            if (tracked.overwrittenAt >= 0) {
              recorder.put(
                  new Recorder.Note(
                      tracked, new StoredDelivery(tracked.delivery, stored.body()), null));
            }
          }
        });
  }

  /** The records of a partition were read to the end: its deliveries are taken up. */
  @Override
  public void ready(int partition) {
    List<Tracked> overwritten = new ArrayList<>();
    locked(
        () -> {
          Book book = books.get(partition);
          if (book != null && !book.ready()) {
            book.markReady();
            for (Tracked tracked : book.all()) {
              takeUp(tracked);
              if (tracked.overwrittenAt >= 0) {
                overwritten.add(tracked);
              }
            }
            LOG.info(
                "Partition {} is in hand with {} pending deliveries", partition, book.pending());
          }
        });
    for (Tracked tracked : overwritten) {
      calls.execute(() -> restore(tracked));
    }
  }

  /** Someone else owns the partition now. Calls under way end, and their results are dropped. */
  @Override
  public void lost(int partition) {
    locked(
        () -> {
          Book book = books.remove(partition);
          if (book != null) {
            book.close();
          }
        });
  }

  /** How many deliveries of the owned partitions are pending. */
  public int pending() {
    lock.lock();
    try {
      return books.values().stream().mapToInt(Book::pending).sum();
    } finally {
      lock.unlock();
    }
  }

  /** How many calls are under way, or have ended and are being recorded. */
  public int underWay() {
    lock.lock();
    try {
      return lanes.running();
    } finally {
      lock.unlock();
    }
  }

  /** Whether results of attempts can be kept, so that calls are made. */
  public boolean logReachable() {
    lock.lock();
    try {
      return logReachable;
    } finally {
      lock.unlock();
    }
  }

  /** Has a look at the clock now. */
  public void wake() {
    locked(() -> {});
  }

  /**
   * Asks the book of a partition; null when this process does not have it to its end.
   *
   * @param question must not keep the book
   */
  <T> @Nullable T ask(int partition, Function<Book, @Nullable T> question) {
    lock.lock();
    try {
      Book book = books.get(partition);
      return book == null || !book.ready() ? null : question.apply(book);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Stops: no further call is begun, those under way get {@code drain} to end, and what is known is
   * written if the log is there.
   */
  public void close(Duration drain) {
    locked(() -> closing = true);
    calls.shutdown();
    try {
      if (!calls.awaitTermination(drain.toMillis(), TimeUnit.MILLISECONDS)) {
        calls.shutdownNow();
        calls.awaitTermination(LAST_WRITES.toMillis(), TimeUnit.MILLISECONDS);
      }
      recorder.close(LAST_WRITES);
      thread.interrupt();
      thread.join();
    } catch (InterruptedException e) {
      calls.shutdownNow();
      recorder.close();
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }

  private void run() {
    try {
      lock.lockInterruptibly();
      try {
        while (!closing) {
          Duration nap = turn();
          changed.awaitNanos(nap.toNanos());
        }
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      LOG.debug("The dispatcher was told to stop");
    }
  }

  /** Does what can be done now; returns how long there is nothing to do. */
  private Duration turn() {
    Instant now = clock.instant();
    for (Due next = due.peek(); next != null && !next.at.isAfter(now); next = due.peek()) {
      due.remove();
      Tracked tracked = next.tracked;
      if (tracked.phase == Phase.SCHEDULED && next.at.equals(tracked.at) && known(tracked)) {
        tracked.phase = Phase.QUEUED;
        lanes.offer(tracked.delivery.key().endpoint(), tracked);
      }
    }
    if (logReachable) {
      for (Lanes.Slot<Tracked> slot = lanes.next(); slot != null; slot = lanes.next()) {
        begin(slot);
      }
    }
    Due next = due.peek();
    Duration nap = next == null ? LONGEST_NAP : Duration.between(now, next.at);
    return nap.compareTo(LONGEST_NAP) > 0 ? LONGEST_NAP : nap;
  }

  private void begin(Lanes.Slot<Tracked> slot) {
    Tracked tracked = slot.item();
    if (tracked.phase != Phase.QUEUED || !known(tracked)) {
      lanes.release(slot);
      return;
    }
    tracked.phase = Phase.RUNNING;
    calls.execute(() -> attempt(slot));
  }

  private void attempt(Lanes.Slot<Tracked> slot) {
    Tracked tracked = slot.item();
    switch (attempts.make(tracked.delivery, () -> bodyOf(tracked))) {
      case Attempts.Outcome.Changed changed ->
          recorder.put(new Recorder.Note(tracked, changed.stored(), slot));
      case Attempts.Outcome.Postponed postponed -> {
        LOG.info(
            "Delivery {} waits, not for its receiver: {}", tracked.delivery.key(), postponed.why());
        locked(
            () -> {
              lanes.release(slot);
              schedule(tracked, clock.instant().plus(OWN_FAILURE_PAUSE));
            });
      }
    }
  }

  private void restore(Tracked tracked) {
    try {
      byte[] body = log.body(tracked.partition, tracked.overwrittenAt);
      recorder.put(new Recorder.Note(tracked, new StoredDelivery(tracked.delivery, body), null));
    } catch (IOException e) {
      LOG.warn("The state of {} is not restored: {}", tracked.delivery.key(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The body of a delivery, from memory or from the log. */
  byte[] bodyOf(Tracked tracked) throws IOException, InterruptedException {
    long offset;
    lock.lock();
    try {
      if (tracked.body != null) {
        return tracked.body;
      }
      offset = tracked.offset;
    } finally {
      lock.unlock();
    }
    return log.body(tracked.partition, offset);
  }

  private boolean owned(Recorder.Note note) {
    lock.lock();
    try {
      return known(note.tracked());
    } finally {
      lock.unlock();
    }
  }

  private boolean known(Tracked tracked) {
    Book book = books.get(tracked.partition);
    return book != null && book.find(tracked.delivery.key()) == tracked;
  }

  private void takeUp(Tracked tracked) {
    Instant next = tracked.delivery.due();
    if (next != null && tracked.phase == Phase.IDLE) {
      schedule(tracked, next);
    }
  }

  private void schedule(Tracked tracked, Instant at) {
    tracked.phase = Phase.SCHEDULED;
    tracked.at = at;
    due.add(new Due(at, tracked));
  }

  private void locked(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private record Due(Instant at, Tracked tracked) {}

  /** What follows when states are durable. */
  private final class Written implements Recorder.Listener {
    @Override
    public void written(List<Recorder.Note> notes) {
      locked(
          () -> {
            for (Recorder.Note note : notes) {
              if (note.slot() == null) {
                note.tracked().overwrittenAt = -1;
              } else {
                follow(note.tracked(), note.stored().delivery(), note.slot());
              }
            }
          });
    }

    @Override
    public void dropped(List<Recorder.Note> notes) {
      locked(
          () -> {
            for (Recorder.Note note : notes) {
              if (note.slot() != null) {
                lanes.release(note.slot());
              }
            }
          });
    }

    @Override
    public void reachable(boolean yes) {
      locked(() -> logReachable = yes);
    }

    private void follow(Tracked tracked, Delivery next, Lanes.Slot<Tracked> slot) {
      lanes.release(slot);
      if (next.state() != Delivery.State.CANCELLED) {
        lanes.went(slot.endpoint(), next.state() == Delivery.State.DELIVERED);
      }
      tracked.phase = Phase.IDLE;
      Book book = books.get(tracked.partition);
      if (book != null && known(tracked)) {
        book.become(tracked, next);
        takeUp(tracked);
      }
      if (!next.pending()) {
        meters.finished(next.state());
        LOG.atLevel(next.state() == Delivery.State.DELIVERED ? Level.DEBUG : Level.INFO)
            .log(
                "Delivery {} of {} is {} after {} attempts",
                next.key(),
                next.type(),
                next.state().word(),
                next.attempts().size());
      }
    }
  }
}
