package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.bus.EventPublisher;
import dev.aegis.bus.OutgoingEvent;
import dev.aegis.bus.Topics;
import dev.aegis.events.Envelope;
import dev.aegis.events.TenantEvent;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells on {@code aegis.events} what was changed: {@code config.changed} for every object, and what
 * befell a tenant.
 *
 * <p>The instance whose record was granted tells it, so each change is told once.
 */
public final class Announcing {
  private final EventPublisher publisher;

  /**
   * @param publisher where events go
   */
  public Announcing(EventPublisher publisher) {
    this.publisher = publisher;
  }

  void changed(
      ObjectKey key,
      @Nullable Entry before,
      @Nullable ObjectNode after,
      long revision,
      String actor,
      Instant at) {
    String tenant = key.tenant() == null ? Envelope.NO_TENANT : key.tenant();
    ObjectNode data = Json.object();
    data.put("key", key.toString());
    data.put("kind", key.kind().name().toLowerCase(Locale.ROOT));
    data.put("id", key.id());
    data.put("operation", after == null ? "delete" : before == null ? "create" : "update");
    data.put("revision", revision);
    data.put("actor", actor);
    publish(new TenantEvent("config.changed", tenant, at, data));
    if (key.kind() == Kind.TENANT) {
      String befell = befell(before, after);
      if (befell != null) {
        ObjectNode told = Json.object();
        told.put("id", key.id());
        told.put("revision", revision);
        told.put("actor", actor);
        publish(new TenantEvent(befell, tenant, at, told));
      }
    }
    if (key.kind() == Kind.API_KEY && (before == null || after == null)) {
      ObjectNode document = after == null && before != null ? before.body() : after;
      ObjectNode told = Json.object();
      told.put("id", key.id());
      told.set("name", document == null ? null : document.get("name"));
      told.set("subject", document == null ? null : document.get("subject"));
      told.put("revision", revision);
      told.put("actor", actor);
      publish(
          new TenantEvent(after == null ? "api_key.revoked" : "api_key.created", tenant, at, told));
    }
  }

  private static @Nullable String befell(@Nullable Entry before, @Nullable ObjectNode after) {
    if (after == null) {
      return "tenant.deleted";
    }
    if (before == null) {
      return "tenant.created";
    }
    return suspended(after) && !suspended(before.body()) ? "tenant.suspended" : null;
  }

  private static boolean suspended(ObjectNode tenant) {
    return tenant.path("status").asText().equals("suspended");
  }

  /** One at a time: the publisher counts events in the order in which they are given to it. */
  private synchronized void publish(TenantEvent event) {
    publisher.publish(
        new OutgoingEvent(
            Topics.EVENTS,
            event.tenant(),
            event.wireType(),
            event.tenant(),
            event.time().toEpochMilli(),
            event.toJson()));
  }
}
