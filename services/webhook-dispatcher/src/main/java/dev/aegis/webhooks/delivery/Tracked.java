package dev.aegis.webhooks.delivery;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A delivery in memory: its last known state, and what this process is doing about it. */
final class Tracked {
  /** What this process is doing about a delivery. */
  enum Phase {
    /** Nothing: it is finished, or its partition is not yet read to the end. */
    IDLE,
    /** It waits for its time. */
    SCHEDULED,
    /** It waits for a slot. */
    QUEUED,
    /** It is being called, or the result is being written. */
    RUNNING
  }

  final int partition;
  Delivery delivery;

  /** Where its state stands in the log; -1 when only this process has it yet. */
  long offset;

  /** Its body, or null when it has to be read from the log. */
  byte @Nullable [] body;

  Phase phase = Phase.IDLE;

  /** When it is taken up again, in phase SCHEDULED. */
  @Nullable Instant at;

  /** Where an older state was written behind its last one, which then has to follow; else -1. */
  long overwrittenAt = -1;

  Tracked(int partition, long offset, Delivery delivery) {
    this.partition = partition;
    this.offset = offset;
    this.delivery = delivery;
  }
}
