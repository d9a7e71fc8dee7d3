package dev.aegis.bus;

import dev.aegis.model.Uuid7;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events on their way out, and the decision where each goes: to the producer, to the spool, or
 * nowhere. Belongs to who holds the publisher's lock.
 */
final class Outbox {
  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);
  private static final int MAX_UNCONFIRMED = 20_000;
  private static final long MAX_UNCONFIRMED_BYTES = 16L << 20;
  private static final int DRAIN_AT_ONCE = 256;

  private final SpoolDisk disk;
  private final Drops drops;
  private final String run;
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

  Outbox(SpoolDisk disk, Drops drops, String run) {
    this.disk = disk;
    this.drops = drops;
    this.run = run;
    direct = disk.waiting() == 0;
  }

  boolean ready() {
    return ready;
  }

  boolean connected() {
    EventLink current = link;
    return ready && !stalled() && current != null && current.connected();
  }

  double measured(ProducerMeasure measure) {
    EventLink current = link;
    return current == null ? Double.NaN : current.measured(measure);
  }

  /** Whether everything that was taken is with Kafka. */
  boolean empty() {
    return unconfirmed.isEmpty() && disk.waiting() == 0;
  }

  /** Whether it makes no sense to wait for Kafka now. */
  boolean stuck() {
    return broken || stalled();
  }

  long published() {
    return published;
  }

  int unconfirmed() {
    return unconfirmed.count();
  }

  /** Takes an event in; false when nothing could take it. */
  boolean take(OutgoingEvent event) {
    settle();
    return accept(next(event));
  }

  /** The producer to go on with, null when a new one is needed. */
  @Nullable EventLink prepare() {
    if (broken) {
      rebuild();
    }
    return link;
  }

  /** The topics that the producer has to know. */
  Set<String> topics() {
    return Set.copyOf(topics);
  }

  /** Goes on with {@code current}, which knows {@code known}. */
  void go(EventLink current, Set<String> known) {
    link = current;
    learned.addAll(known);
    ready = !broken && (!handOver || handOver(current));
  }

  /** Leaves what is not confirmed in the spool, for the next process. */
  void leave() {
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

  /** Sends a few events from the spool; true when it has more and Kafka takes them. */
  boolean drain() {
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
  }

  /** Does what is due without an event: spools what waits too long, deletes what is through. */
  void tend() {
    settle();
    boolean waits = !unconfirmed.isEmpty() && (stalled() || !ready);
    if (direct && (waits || disk.waiting() > 0)) {
      startSpooling();
    }
    disk.through(through);
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
  void settle() {
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
        && System.nanoTime() - oldest.sentAt() > EventPublisher.PATIENCE.toNanos();
  }

  private Pending next(OutgoingEvent event) {
    return new Pending(event, Uuid7.text(event.timeMillis()), run, ++sequence);
  }

  private boolean accept(Pending pending) {
    if (!learned.contains(pending.event().topic())) {
      topics.add(pending.event().topic());
      ready = false;
    }
    if (direct && (!ready || stalled() || full())) {
      startSpooling();
    }
    if (direct && ready && !full() && trySend(pending)) {
      drops.none();
      return true;
    }
    if (direct) {
      startSpooling();
    }
    if (direct) {
      // The disk does not take it: memory is what is left.
      if (full()) {
        drops.add(
            pending.event().type(), "Kafka is away, the spool takes nothing and memory is full");
        return false;
      }
      pending.sending(System.nanoTime());
      unconfirmed.add(pending);
      handOver = true;
      ready = false;
      return true;
    }
    return switch (disk.append(pending)) {
      case YES -> {
        drops.none();
        yield true;
      }
      case FULL -> {
        drops.add(pending.event().type(), "the spool's bound is reached");
        yield false;
      }
      case FAILED -> {
        drops.add(pending.event().type(), "Kafka is away and the disk fails");
        yield false;
      }
    };
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
      boolean _ = accept(next(pending.event())); // Counted when nothing takes it.
    }
  }
}
