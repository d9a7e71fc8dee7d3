package dev.aegis.webhooks.intake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.events.TenantEvent;
import dev.aegis.journal.Json;

/** What a receiver reads: {@code {"type": …, "timestamp": …, "data": {…, "tenant_id": …}}}. */
public final class Message {
  private Message() {}

  /** The bytes for {@code event}, UTF-8. */
  public static byte[] of(TenantEvent event) {
    ObjectNode data = event.data().deepCopy();
    data.put("tenant_id", event.tenant());
    ObjectNode message = Json.object();
    message.put("type", event.type());
    message.put("timestamp", event.time().toString());
    message.set("data", data);
    return Json.write(message);
  }
}
