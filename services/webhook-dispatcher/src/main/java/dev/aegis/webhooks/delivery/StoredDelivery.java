package dev.aegis.webhooks.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.bus.TopicRecord;
import dev.aegis.journal.Json;
import dev.aegis.webhooks.subscription.EndpointKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A delivery with what it delivers: the value of one record in {@code aegis.deliveries}. */
public final class StoredDelivery {
  private final Delivery delivery;
  private final byte[] body;

  /**
   * @param delivery its state
   * @param body the exact bytes that receivers get, UTF-8; not to be modified
   */
  public StoredDelivery(Delivery delivery, byte[] body) {
    this.delivery = delivery;
    this.body = body;
  }

  /** Its state. */
  public Delivery delivery() {
    return delivery;
  }

  /** The exact bytes that receivers get; not to be modified. */
  public byte[] body() {
    return body;
  }

  /**
   * Reads a record's value. Members that this version does not know are ignored.
   *
   * @throws IOException when it is not a delivery
   */
  public static StoredDelivery parse(byte[] value) throws IOException {
    ObjectNode json = Json.readObject(value);
    try {
      List<Attempt> attempts = new ArrayList<>();
      for (JsonNode attempt : json.path("attempts")) {
        attempts.add(
            new Attempt(
                Instant.parse(text(attempt, "at")),
                attempt.path("latency_ms").longValue(),
                attempt.path("status").isInt() ? attempt.path("status").intValue() : null,
                optional(attempt, "error")));
      }
      String due = optional(json, "due_at");
      Delivery delivery =
          new Delivery(
              new DeliveryKey(
                  new EndpointKey(text(json, "tenant_id"), text(json, "endpoint_id")),
                  text(json, "id")),
              text(json, "webhook_id"),
              text(json, "type"),
              Instant.parse(text(json, "created_at")),
              json.path("revision").longValue(),
              optional(json, "replay_of"),
              json.path("version").intValue(),
              Delivery.State.of(text(json, "state")),
              due == null ? null : Instant.parse(due),
              optional(json, "reason"),
              attempts,
              optional(json, "traceparent"));
      return new StoredDelivery(delivery, text(json, "body").getBytes(StandardCharsets.UTF_8));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IOException("not a delivery: " + e.getMessage(), e);
    }
  }

  /** The record's value. */
  public byte[] toJson() {
    ObjectNode json = Json.object();
    json.put("id", delivery.key().id());
    json.put("tenant_id", delivery.key().endpoint().tenant());
    json.put("endpoint_id", delivery.key().endpoint().id());
    json.put("webhook_id", delivery.messageId());
    json.put("type", delivery.type());
    json.put("created_at", delivery.createdAt().toString());
    json.put("revision", delivery.revision());
    json.put("replay_of", delivery.replayOf());
    json.put("version", delivery.version());
    json.put("state", delivery.state().word());
    json.put("due_at", delivery.due() == null ? null : delivery.due().toString());
    json.put("reason", delivery.reason());
    json.set("attempts", attempts(delivery.attempts()));
    if (delivery.traceparent() != null) {
      json.put("traceparent", delivery.traceparent());
    }
    json.put("body", new String(body, StandardCharsets.UTF_8));
    return Json.write(json);
  }

  /** Attempts as records and answers show them. */
  public static ArrayNode attempts(List<Attempt> attempts) {
    ArrayNode list = Json.object().arrayNode();
    for (Attempt attempt : attempts) {
      list.addObject()
          .put("at", attempt.at().toString())
          .put("latency_ms", attempt.latencyMillis())
          .put("status", attempt.status())
          .put("error", attempt.error());
    }
    return list;
  }

  /** The record. Deliveries of one endpoint share a partition, and each has a key of its own. */
  public TopicRecord toRecord() {
    return new TopicRecord(
        delivery.key().endpoint().toString(), delivery.key().toString(), toJson());
  }

  private static String text(JsonNode json, String name) {
    JsonNode value = json.get(name);
    if (value == null || !value.isTextual()) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value.textValue();
  }

  private static @Nullable String optional(JsonNode json, String name) {
    JsonNode value = json.get(name);
    return value == null || !value.isTextual() ? null : value.textValue();
  }
}
