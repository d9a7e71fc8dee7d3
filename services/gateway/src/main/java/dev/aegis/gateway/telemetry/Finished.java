package dev.aegis.gateway.telemetry;

import dev.aegis.events.RequestEvent;
import dev.aegis.gateway.tracing.Traced;
import dev.aegis.tracing.TraceContext;
import org.jspecify.annotations.Nullable;

/**
 * A request that has come to its end.
 *
 * @param event what the world is told of it
 * @param address the caller's address, for the log alone
 * @param limit id of the limit that refused it, or null
 * @param detail what the log alone is told of the refusal, or null
 * @param traced its trace if that is kept, else null; its id is the event's
 */
public record Finished(
    RequestEvent event,
    String address,
    @Nullable String limit,
    @Nullable String detail,
    @Nullable Traced traced) {
  /** One whose trace is not kept. */
  public Finished(
      RequestEvent event, String address, @Nullable String limit, @Nullable String detail) {
    this(event, address, limit, detail, null);
  }

  /** Where it stands in its trace, as events say it; null when the trace is not kept. */
  @Nullable String traceparent() {
    if (traced == null) {
      return null;
    }
    TraceContext here = traced.trace().here();
    // Whatever was decided at the beginning: who works on the event may go by it.
    return new TraceContext(here.traceId(), here.spanId(), here.flags() | TraceContext.SAMPLED)
        .text();
  }
}
