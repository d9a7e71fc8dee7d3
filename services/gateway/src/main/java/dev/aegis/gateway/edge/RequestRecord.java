package dev.aegis.gateway.edge;

import dev.aegis.events.Blame;
import dev.aegis.events.RequestEvent;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.pipeline.Caller;
import dev.aegis.gateway.pipeline.Progress;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.pipeline.Progress.Matched;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.gateway.tracing.Trace;
import dev.aegis.gateway.tracing.Traced;
import dev.aegis.gateway.tracing.Tracing;
import dev.aegis.gateway.upstream.Backend;
import dev.aegis.gateway.upstream.Exchange;
import dev.aegis.model.Ids;
import dev.aegis.plugin.Ended;
import dev.aegis.tracing.TraceContext;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Puts down what is known of a request at its end, as plain values for the telemetry thread. */
final class RequestRecord {
  private RequestRecord() {}

  static Finished of(
      Progress at,
      @Nullable Backend backend,
      int status,
      @Nullable Refusal why,
      @Nullable Exchange exchange,
      long bytesIn,
      long bytesOut,
      @Nullable String cache,
      @Nullable String note,
      long nanos,
      @Nullable Trace trace,
      String protocol,
      String node) {
    Inbound inbound = at.inbound();
    RequestHead head = inbound.head();
    Matched matched = at.matchedOrNull();
    RoutePlan route = matched == null ? null : matched.route();
    Caller caller = at.callerOrNull();
    long upstreamNanos = exchange == null ? 0 : Math.min(exchange.upstreamNanos(), nanos);
    RequestEvent event =
        new RequestEvent(
            inbound.requestId(),
            matched == null ? null : matched.tenant().id(),
            route == null ? null : route.id(),
            backend == null ? null : backend.id(),
            caller == null ? null : subject(caller.principal(), matched),
            caller == null ? "none" : caller.credential().text(),
            head.method(),
            head.path(),
            status,
            why == null ? null : why.code(),
            why == null ? (status >= 500 ? Blame.UPSTREAM : Blame.NONE) : why.blame(),
            bytesIn,
            bytesOut,
            Instant.ofEpochMilli(inbound.startedMillis()),
            nanos / 1000,
            upstreamNanos / 1000,
            (nanos - upstreamNanos) / 1000,
            exchange == null ? 0 : exchange.attempts(),
            exchange == null ? null : exchange.target(),
            cache,
            head.value(Field.USER_AGENT),
            trace == null ? callersTraceId(head) : trace.id(),
            node);
    String limit = why instanceof Refusal.RateLimited limited ? limited.by().limit().id() : null;
    String detail =
        switch (why) {
          case Refusal.InvalidToken(String reason) -> reason;
          case Refusal.IdentityUnavailable(String reason) -> reason;
          case null, default -> note;
        };
    Traced traced =
        trace != null && trace.kept(status, nanos)
            ? new Traced(
                trace,
                inbound.secure() ? "https" : "http",
                head.authority(),
                protocol,
                route == null ? null : route.pattern())
            : null;
    return new Finished(event, inbound.address(), limit, detail, traced);
  }

  /** The same as plugins see it. */
  static Ended ended(RequestEvent event) {
    return new End(
        event.status(),
        event.code() == null ? "" : event.code(),
        event.upstreamId() == null ? "" : event.upstreamId(),
        event.target() == null ? "" : event.target(),
        event.bytesIn(),
        event.bytesOut(),
        event.durationUs());
  }

  private record End(
      int status,
      String code,
      String upstream,
      String target,
      long bytesIn,
      long bytesOut,
      long micros)
      implements Ended {}

  /** Of another tenant than the host's, with its name: that one has subjects of its own. */
  private static String subject(Principal principal, @Nullable Matched matched) {
    String tenant = principal.tenant();
    return matched == null || tenant.equals(matched.tenant().id()) || !Ids.isTenant(tenant)
        ? principal.subject() // a claim that names no tenant at all is not repeated
        : tenant + "/" + principal.subject();
  }

  /** A request whose head could not be read. */
  static Finished unread(
      Refusal why,
      String requestId,
      String address,
      long startedMillis,
      long nanos,
      @Nullable Trace trace,
      Edge edge) {
    RequestEvent event =
        new RequestEvent(
            requestId,
            null,
            null,
            null,
            null,
            "none",
            "",
            "",
            why.status(),
            why.code(),
            why.blame(),
            0,
            0,
            Instant.ofEpochMilli(startedMillis),
            nanos / 1000,
            0,
            nanos / 1000,
            0,
            null,
            null,
            null,
            trace == null ? null : trace.id(),
            edge.node());
    Traced traced =
        trace != null && trace.kept(why.status(), nanos)
            ? new Traced(trace, "", "", "", null)
            : null;
    return new Finished(event, address, null, null, traced);
  }

  private static @Nullable String callersTraceId(RequestHead head) {
    TraceContext caller = Tracing.continued(head);
    return caller == null ? null : caller.traceId();
  }
}
