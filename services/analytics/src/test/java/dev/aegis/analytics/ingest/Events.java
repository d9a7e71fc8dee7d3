package dev.aegis.analytics.ingest;

import dev.aegis.events.Blame;
import dev.aegis.events.Envelope;
import dev.aegis.events.RequestEvent;
import dev.aegis.model.Uuid7;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Request events as a gateway publishes them. */
public final class Events {
  private Events() {}

  /** One finished request. */
  public static RequestEvent event(
      String tenant, String route, String subject, int status, Instant startedAt, long micros) {
    return new RequestEvent(
        Uuid7.text(startedAt.toEpochMilli()),
        tenant,
        route,
        "orders",
        subject,
        "jwt",
        "GET",
        "/api/v1/orders",
        status,
        null,
        status >= 500 ? Blame.UPSTREAM : Blame.NONE,
        10,
        157,
        startedAt,
        micros,
        micros / 2,
        micros / 2,
        1,
        "127.0.0.1:9000",
        null,
        "curl/8",
        null,
        "gateway-1");
  }

  /** The headers of an event's record. */
  public static Headers headers(String tenant, Instant time, String run, long sequence) {
    Headers headers = new RecordHeaders();
    add(headers, Envelope.SPEC_VERSION_HEADER, Envelope.SPEC_VERSION);
    add(headers, Envelope.ID_HEADER, Uuid7.text(time.toEpochMilli()));
    add(headers, Envelope.TYPE_HEADER, RequestEvent.TYPE);
    add(headers, Envelope.SOURCE_HEADER, "/aegis/gateway/gateway-1");
    add(headers, Envelope.TIME_HEADER, time.toString());
    add(headers, Envelope.TENANT_HEADER, tenant);
    add(headers, Envelope.SEQUENCE_HEADER, Long.toString(sequence));
    add(headers, Envelope.RUN_HEADER, run);
    return headers;
  }

  /** Sets a header to a text. */
  public static void add(Headers headers, String name, String value) {
    headers.remove(name);
    headers.add(name, bytes(value));
  }

  /** UTF-8. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
