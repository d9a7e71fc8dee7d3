package dev.aegis.events;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a tenant and that its webhooks may want to hear of: topic {@code
 * aegis.events}.
 *
 * @param type without version, such as {@code rate_limit.exceeded}: what an endpoint subscribes to
 * @param tenant whose event it is
 * @param time when it happened
 * @param data what the type's JSON Schema describes; not to be modified
 * @param traceparent of what brought it about, in a trace that is kept, or null
 */
public record TenantEvent(
    String type, String tenant, Instant time, ObjectNode data, @Nullable String traceparent) {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String VERSION = ".v1";

  /** One of no trace. */
  public TenantEvent(String type, String tenant, Instant time, ObjectNode data) {
    this(type, tenant, time, data, null);
  }

  /** The same as a part of a trace, or of none. */
  public TenantEvent within(@Nullable String otherTraceparent) {
    return new TenantEvent(type, tenant, time, data, otherTraceparent);
  }

  /** The type on the wire: with the version of its data. */
  public String wireType() {
    return type + VERSION;
  }

  /** The event's data as it goes over the wire. */
  public byte[] toJson() {
    try {
      return MAPPER.writeValueAsBytes(data);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree can always be written", e);
    }
  }

  /** Whether this version can read the data of an event with this wire type. */
  public static boolean readable(String wireType) {
    return wireType.length() > VERSION.length() && wireType.endsWith(VERSION);
  }

  /**
   * Reads an event.
   *
   * @param envelope of a {@link #readable} type
   * @throws MalformedEvent when the type is of another version or the data is not a JSON object
   */
  public static TenantEvent parse(Envelope envelope, byte[] json) throws MalformedEvent {
    if (!readable(envelope.type())) {
      throw new MalformedEvent("type " + envelope.type() + " is not of version 1");
    }
    JsonNode data;
    try {
      data = MAPPER.readTree(json);
    } catch (IOException e) {
      throw new MalformedEvent("the data is not JSON", e);
    }
    if (!(data instanceof ObjectNode object)) {
      throw new MalformedEvent("the data is not a JSON object");
    }
    String wireType = envelope.type();
    return new TenantEvent(
        wireType.substring(0, wireType.length() - VERSION.length()),
        envelope.tenant(),
        envelope.time(),
        object,
        envelope.traceparent());
  }
}
