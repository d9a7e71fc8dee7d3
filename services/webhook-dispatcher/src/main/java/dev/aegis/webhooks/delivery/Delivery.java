package dev.aegis.webhooks.delivery;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The state of a delivery, as its record in the topic has it.
 *
 * <p>Only the owner of the partition changes it after its creation, and each change raises the
 * version, so a reader that meets versions out of order knows which one holds.
 *
 * @param key its name
 * @param messageId value of {@code webhook-id}: the same for every attempt and every replay
 * @param type of the event, such as {@code rate_limit.exceeded}
 * @param createdAt when the dispatcher made it
 * @param revision configuration revision that it was made under; an endpoint unknown to an older
 *     configuration is not yet known, one unknown to a newer is gone
 * @param replayOf id of the delivery that this one repeats, or null
 * @param version 0 at creation
 * @param state where it stands
 * @param due when the next attempt may begin; null when there is none
 * @param reason why it was given up without an attempt that says so, or null
 * @param attempts calls made, oldest first
 * @param traceparent where what the event tells of stands in a trace that is kept, or null
 */
public record Delivery(
    DeliveryKey key,
    String messageId,
    String type,
    Instant createdAt,
    long revision,
    @Nullable String replayOf,
    int version,
    State state,
    @Nullable Instant due,
    @Nullable String reason,
    List<Attempt> attempts,
    @Nullable String traceparent) {

  /** Where a delivery stands. */
  public enum State {
    /** Attempts are to come. */
    PENDING,
    /** The receiver took it. */
    DELIVERED,
    /** Every attempt failed. */
    FAILED,
    /** The receiver said that it wants no more (410). */
    GONE,
    /** The endpoint was deleted or disabled before it could be delivered. */
    CANCELLED;

    /** Name in records, answers and labels. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static State of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  public Delivery {
    if ((state == State.PENDING) != (due != null)) {
      throw new IllegalArgumentException("Pending and only then due: " + key);
    }
    attempts = List.copyOf(attempts);
  }

  /** A delivery of no trace that is due at once. */
  public static Delivery fresh(
      DeliveryKey key, String messageId, String type, Instant now, long revision) {
    return fresh(key, messageId, type, now, revision, null);
  }

  /** A delivery that is due at once. */
  public static Delivery fresh(
      DeliveryKey key,
      String messageId,
      String type,
      Instant now,
      long revision,
      @Nullable String traceparent) {
    return new Delivery(
        key,
        messageId,
        type,
        now,
        revision,
        null,
        0,
        State.PENDING,
        now,
        null,
        List.of(),
        traceparent);
  }

  /** The same message again, as a delivery of its own with all its attempts before it. */
  public Delivery replayed(String id, Instant now, long atRevision) {
    return new Delivery(
        new DeliveryKey(key.endpoint(), id),
        messageId,
        type,
        now,
        atRevision,
        key.id(),
        0,
        State.PENDING,
        now,
        null,
        List.of(),
        traceparent);
  }

  /** Whether attempts are to come. */
  public boolean pending() {
    return state == State.PENDING;
  }

  /** After an attempt that leaves another one to make. */
  Delivery retried(Attempt attempt, Instant next) {
    return changed(State.PENDING, next, null, with(attempt));
  }

  /** After its last attempt. */
  Delivery finished(Attempt attempt, State as) {
    return changed(as, null, null, with(attempt));
  }

  /** Given up because there is nowhere to deliver to. */
  Delivery cancelled(String why) {
    return changed(State.CANCELLED, null, why, attempts);
  }

  private Delivery changed(
      State next, @Nullable Instant nextDue, @Nullable String why, List<Attempt> made) {
    return new Delivery(
        key,
        messageId,
        type,
        createdAt,
        revision,
        replayOf,
        version + 1,
        next,
        nextDue,
        why,
        made,
        traceparent);
  }

  private List<Attempt> with(Attempt attempt) {
    List<Attempt> made = new ArrayList<>(attempts);
    made.add(attempt);
    return made;
  }
}
