package dev.aegis.gateway.telemetry;

import dev.aegis.events.JsonBytes;
import dev.aegis.events.RequestEvent;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Makes the access log's lines: one JSON object each. Never a query, a token, a body. */
public final class AccessLines {
  private static final byte[] TIMESTAMP = JsonBytes.name("timestamp");
  private static final byte[] LEVEL = JsonBytes.name("level");
  private static final byte[] SERVICE = JsonBytes.name("service");
  private static final byte[] REQUEST_ID = JsonBytes.name("request_id");
  private static final byte[] TENANT_ID = JsonBytes.name("tenant_id");
  private static final byte[] USER_ID = JsonBytes.name("user_id");
  private static final byte[] ROUTE_ID = JsonBytes.name("route_id");
  private static final byte[] METHOD = JsonBytes.name("method");
  private static final byte[] URI = JsonBytes.name("uri");
  private static final byte[] STATUS = JsonBytes.name("status");
  private static final byte[] CODE = JsonBytes.name("code");
  private static final byte[] DETAIL = JsonBytes.name("detail");
  private static final byte[] LATENCY_MS = JsonBytes.name("latency_ms");
  private static final byte[] UPSTREAM_MS = JsonBytes.name("upstream_ms");
  private static final byte[] BACKEND_ADDR = JsonBytes.name("backend_addr");
  private static final byte[] BYTES_IN = JsonBytes.name("bytes_in");
  private static final byte[] BYTES_OUT = JsonBytes.name("bytes_out");
  private static final byte[] CLIENT_IP = JsonBytes.name("client_ip");
  private static final byte[] TRACE_ID = JsonBytes.name("trace_id");

  private final JsonBytes line = new JsonBytes();
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream(1 << 16);

  /** Makes the line of a request, which waits to be taken. */
  public void add(Finished request) {
    RequestEvent event = request.event();
    Instant ended = event.startedAt().plusNanos(event.durationUs() * 1000);
    line.clear()
        .open()
        .time(TIMESTAMP, ended.getEpochSecond(), ended.getNano())
        .text(LEVEL, level(event.status()))
        .text(SERVICE, "gateway")
        .text(REQUEST_ID, event.requestId())
        .text(TENANT_ID, event.tenantId())
        .text(USER_ID, event.subject())
        .text(ROUTE_ID, event.routeId())
        .text(METHOD, event.method())
        .text(URI, event.path())
        .number(STATUS, event.status())
        .text(CODE, event.code())
        .thousandths(LATENCY_MS, event.durationUs())
        .thousandths(UPSTREAM_MS, event.upstreamUs())
        .text(BACKEND_ADDR, event.target())
        .number(BYTES_IN, event.bytesIn())
        .number(BYTES_OUT, event.bytesOut())
        .text(CLIENT_IP, request.address())
        .text(TRACE_ID, event.traceId());
    if (request.detail() != null) {
      line.text(DETAIL, request.detail());
    }
    line.close();
    lines.writeBytes(line.toBytes());
    lines.write('\n');
  }

  /** Bytes of the lines that wait. */
  public int size() {
    return lines.size();
  }

  /** All lines added since the last call. */
  public byte[] take() {
    byte[] bytes = lines.toByteArray();
    lines.reset();
    return bytes;
  }

  private static @Nullable String level(int status) {
    return status >= 500 ? "ERROR" : status >= 400 ? "WARN" : "INFO";
  }
}
