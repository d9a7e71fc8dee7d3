package dev.aegis.events;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an event without reading its data: the CloudEvents 1.0 attributes that travel as
 * Kafka headers in binary content mode (CloudEvents Kafka protocol binding 1.0.2, section 3.2).
 *
 * @param id UUID of version 7; stays the same when an event is sent again
 * @param type kind and version of the data, such as {@code aegis.request.v1}
 * @param source URI reference of what made it, such as {@code /aegis/gateway/node-1}
 * @param time when it happened
 * @param tenant whose event it is, {@link #NO_TENANT} for nobody's
 * @param sequence position of the event in its run, strictly increasing in the order of sending; -1
 *     when the sender does not count
 * @param run id of the publishing process' life; {@code ""} when the sender does not count
 * @param traceparent where what the event tells of stands in a trace that is kept, or null: the
 *     CloudEvents extension "Distributed Tracing"; as it came, valid or not
 */
public record Envelope(
    String id,
    String type,
    String source,
    Instant time,
    String tenant,
    long sequence,
    String run,
    @Nullable String traceparent) {
  public static final String SPEC_VERSION = "1.0";
  public static final String SPEC_VERSION_HEADER = "ce_specversion";
  public static final String ID_HEADER = "ce_id";
  public static final String TYPE_HEADER = "ce_type";
  public static final String SOURCE_HEADER = "ce_source";
  public static final String TIME_HEADER = "ce_time";
  public static final String TENANT_HEADER = "ce_tenant";
  public static final String SEQUENCE_HEADER = "ce_sequence";
  public static final String RUN_HEADER = "ce_run";
  public static final String TRACEPARENT_HEADER = "ce_traceparent";
  public static final String CONTENT_TYPE_HEADER = "content-type";
  public static final String CONTENT_TYPE = "application/json";

  /** Tenant of an event that belongs to none, such as a request to an unknown host. */
  public static final String NO_TENANT = "_none";

  /** Sequence of an event whose sender does not count. */
  public static final long UNCOUNTED = -1;

  /** The headers of one record. */
  @FunctionalInterface
  public interface Headers {
    /** Value of the last header of this name, or null. */
    byte @Nullable [] value(String name);
  }

  /**
   * Reads the envelope of a record. Headers that this version does not know are ignored.
   *
   * @throws MalformedEvent when a required attribute is missing or not what it must be
   */
  public static Envelope read(Headers headers) throws MalformedEvent {
    String version = required(headers, SPEC_VERSION_HEADER);
    if (!version.startsWith("1.")) {
      throw new MalformedEvent(SPEC_VERSION_HEADER + " is \"" + version + "\", not 1.x");
    }
    String sequence = text(headers, SEQUENCE_HEADER);
    String run = text(headers, RUN_HEADER);
    try {
      return new Envelope(
          required(headers, ID_HEADER),
          required(headers, TYPE_HEADER),
          required(headers, SOURCE_HEADER),
          Instant.parse(required(headers, TIME_HEADER)),
          required(headers, TENANT_HEADER),
          sequence == null || run == null ? UNCOUNTED : Long.parseLong(sequence),
          sequence == null || run == null ? "" : run,
          text(headers, TRACEPARENT_HEADER));
    } catch (DateTimeException | NumberFormatException e) {
      throw new MalformedEvent("a header cannot be read: " + e.getMessage(), e);
    }
  }

  private static String required(Headers headers, String name) throws MalformedEvent {
    String value = text(headers, name);
    if (value == null || value.isEmpty()) {
      throw new MalformedEvent("header " + name + " is missing");
    }
    return value;
  }

  private static @Nullable String text(Headers headers, String name) {
    byte[] value = headers.value(name);
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }
}
