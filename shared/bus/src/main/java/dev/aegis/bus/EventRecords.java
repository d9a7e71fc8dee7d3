package dev.aegis.bus;

import dev.aegis.events.Envelope;
import dev.aegis.events.Rfc3339;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * Makes Kafka records of events. Headers that repeat are made once. Belongs to one thread at a
 * time.
 */
final class EventRecords {
  /** Distinct words remembered; tenants beyond are encoded each time. */
  private static final int MAX_WORDS = 20_000;

  private final Header version = header(Envelope.SPEC_VERSION_HEADER, Envelope.SPEC_VERSION);
  private final Header contentType = header(Envelope.CONTENT_TYPE_HEADER, Envelope.CONTENT_TYPE);
  private final Header source;
  private final Map<String, Header> types = new HashMap<>();
  private final Map<String, Header> tenants = new HashMap<>();
  private final Map<String, Header> runs = new HashMap<>();

  /**
   * @param source CloudEvents source of all of them
   */
  EventRecords(String source) {
    this.source = header(Envelope.SOURCE_HEADER, source);
  }

  ProducerRecord<byte[], byte[]> record(Pending pending) {
    OutgoingEvent event = pending.event();
    Header tenant = remembered(tenants, Envelope.TENANT_HEADER, event.tenant());
    byte[] key = event.key().equals(event.tenant()) ? tenant.value() : bytes(event.key());
    Header[] headers = {
      version,
      header(Envelope.ID_HEADER, pending.id()),
      remembered(types, Envelope.TYPE_HEADER, event.type()),
      source,
      new RecordHeader(Envelope.TIME_HEADER, Rfc3339.ofMillis(event.timeMillis())),
      tenant,
      header(Envelope.SEQUENCE_HEADER, Long.toString(pending.sequence())),
      remembered(runs, Envelope.RUN_HEADER, pending.run()),
      contentType
    };
    // The record's own time is that of sending: Kafka deletes, and forgets what it knows of a
    // producer, by it, and an event may have been in the spool for days.
    String traceparent = event.traceparent();
    return new ProducerRecord<>(
        event.topic(), null, key, event.data(), traced(List.of(headers), traceparent));
  }

  private static List<Header> traced(List<Header> headers, @Nullable String traceparent) {
    if (traceparent == null) {
      return headers;
    }
    List<Header> more = new ArrayList<>(headers);
    more.add(header(Envelope.TRACEPARENT_HEADER, traceparent));
    return more;
  }

  private static Header remembered(Map<String, Header> known, String name, String value) {
    Header header = known.get(value);
    if (header == null) {
      header = header(name, value);
      if (known.size() < MAX_WORDS) {
        known.put(value, header);
      }
    }
    return header;
  }

  private static Header header(String name, String value) {
    return new RecordHeader(name, bytes(value));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
