package dev.aegis.bus;

import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * An event that Kafka has not confirmed yet. Its state is written by the producer's thread, all
 * else under the publisher's lock.
 */
final class Pending implements Callback {
  /** Bytes that an event takes in a batch and in the spool beside its data and key, about. */
  private static final int OVERHEAD = 400;

  private final OutgoingEvent event;
  private final String id;
  private final String run;
  private final long sequence;
  private @Nullable SpoolPosition spooledTo;
  private long sentAt;
  private int partition = RecordMetadata.UNKNOWN_PARTITION;
  private volatile State state = State.WAITING;
  private @Nullable Exception failure;

  enum State {
    WAITING,
    CONFIRMED,
    FAILED
  }

  Pending(OutgoingEvent event, String id, String run, long sequence) {
    this.event = event;
    this.id = id;
    this.run = run;
    this.sequence = sequence;
  }

  OutgoingEvent event() {
    return event;
  }

  String id() {
    return id;
  }

  String run() {
    return run;
  }

  long sequence() {
    return sequence;
  }

  /** About what it takes in memory. */
  int size() {
    return event.data().length + event.key().length() + OVERHEAD;
  }

  /** Where its record in the spool ends, null when it is not there. */
  @Nullable SpoolPosition spooledTo() {
    return spooledTo;
  }

  void spooledTo(SpoolPosition end) {
    spooledTo = end;
  }

  /** When it was last handed to the producer, by the publisher's ticker. */
  long sentAt() {
    return sentAt;
  }

  void sending(long now) {
    sentAt = now;
    failure = null;
    state = State.WAITING;
  }

  State state() {
    return state;
  }

  /** Partition that it went to; known once it is no longer waiting. */
  int partition() {
    return partition;
  }

  /** Why it failed; known in that state only. */
  @Nullable Exception failure() {
    return failure;
  }

  @Override
  public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
    if (metadata != null) {
      partition = metadata.partition();
    }
    failure = exception;
    state = exception == null ? State.CONFIRMED : State.FAILED;
  }
}
