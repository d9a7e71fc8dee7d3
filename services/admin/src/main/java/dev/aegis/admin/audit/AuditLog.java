package dev.aegis.admin.audit;

import dev.aegis.bus.EventPublisher;
import dev.aegis.bus.OutgoingEvent;
import dev.aegis.bus.Topics;
import dev.aegis.events.Envelope;
import dev.aegis.journal.Json;

/**
 * Writes down what the journal does not: refusals, failures, and what was done beside changing the
 * configuration. While Kafka is away it goes to the spool.
 */
public final class AuditLog {
  private static final String TYPE = "aegis.audit.v1";

  private final EventPublisher publisher;

  /**
   * @param publisher where it goes
   */
  public AuditLog(EventPublisher publisher) {
    this.publisher = publisher;
  }

  /** Takes a note; does not wait for Kafka. */
  public void note(Note note) {
    String tenant = note.tenant() == null ? Envelope.NO_TENANT : note.tenant();
    publisher.publish(
        new OutgoingEvent(
            Topics.AUDIT,
            tenant,
            TYPE,
            tenant,
            note.at().toEpochMilli(),
            Json.write(note.shown())));
  }
}
