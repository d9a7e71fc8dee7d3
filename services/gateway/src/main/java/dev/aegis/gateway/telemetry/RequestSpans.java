package dev.aegis.gateway.telemetry;

import dev.aegis.events.RequestEvent;
import dev.aegis.gateway.tracing.Trace;
import dev.aegis.gateway.tracing.Traced;
import dev.aegis.tracing.Span;
import dev.aegis.tracing.Span.About;
import dev.aegis.tracing.Span.Kind;
import dev.aegis.tracing.Spans;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans of requests that are kept: one of the request, one of each attempt to have it
 * carried. What they say is named by OpenTelemetry's semantic conventions for HTTP (stable since
 * 1.23), and by {@code aegis.} what has no name there. No query, no credential, no subject is said.
 */
final class RequestSpans {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");
  private static final String OTHER = "_OTHER";

  private final Spans spans;

  RequestSpans(Spans spans) {
    this.spans = spans;
  }

  void add(Finished request) {
    Traced traced = request.traced();
    if (traced == null || !spans.wanted()) {
      return;
    }
    RequestEvent event = request.event();
    Trace trace = traced.trace();
    if (!spans.room(1 + trace.attemptCount())) {
      return; // none without the others, and no work for what would be lost
    }
    long started = event.startedAt().toEpochMilli() * 1_000_000;
    long ended = started + event.durationUs() * 1000;
    String method = METHODS.contains(event.method()) ? event.method() : OTHER;
    spans.add(
        new Span(
            name(method, traced.route()),
            Kind.SERVER,
            trace.here(),
            trace.parent(),
            true,
            started,
            ended,
            event.status() >= 500,
            about(request, traced, method)));
    int resent = 0;
    for (Trace.Attempt each : trace.attempts()) {
      long over = each.endedNanos();
      long began = Math.min(started + each.beganNanos() - trace.startedNanos(), ended);
      spans.add(
          new Span(
              method.equals(OTHER) ? "HTTP" : method,
              Kind.CLIENT,
              trace.at(each.span()),
              trace.here().spanId(),
              false,
              began,
              over == 0 ? ended : Math.max(began, started + over - trace.startedNanos()),
              each.fault() != null || each.status() >= 400,
              about(each, method, resent++)));
    }
  }

  private static String name(String method, @Nullable String route) {
    String verb = method.equals(OTHER) ? "HTTP" : method;
    return route == null ? verb : verb + " " + route;
  }

  private static About about(Finished request, Traced traced, String method) {
    RequestEvent event = request.event();
    About about =
        new About()
            .text("http.request.method", method)
            .text("http.route", traced.route())
            .text("url.path", event.path())
            .text("url.scheme", traced.scheme())
            .text("client.address", request.address())
            .text("user_agent.original", event.userAgent())
            .text("network.protocol.version", version(traced.protocol()))
            .text("aegis.request_id", event.requestId())
            .text("aegis.tenant.id", event.tenantId())
            .text("aegis.route.id", event.routeId())
            .text("aegis.upstream.id", event.upstreamId())
            .text("aegis.code", event.code())
            .number("http.request.body.size", event.bytesIn())
            .number("http.response.body.size", event.bytesOut());
    if (method.equals(OTHER)) {
      about.text("http.request.method_original", event.method());
    }
    place(about, traced.host());
    if (event.status() > 0) {
      about.number("http.response.status_code", event.status());
    }
    if (event.status() >= 500) {
      String code = event.code();
      about.text("error.type", code == null ? Integer.toString(event.status()) : code);
    }
    return about;
  }

  private static About about(Trace.Attempt one, String method, int resent) {
    About about =
        new About()
            .text("http.request.method", method)
            .text("aegis.upstream.id", one.upstream())
            .text("error.type", error(one));
    place(about, one.target());
    if (one.status() > 0) {
      about.number("http.response.status_code", one.status());
    }
    if (resent > 0) {
      about.number("http.request.resend_count", resent);
    }
    return about;
  }

  private static @Nullable String error(Trace.Attempt one) {
    String fault = one.fault();
    return fault == null && one.status() >= 400 ? Integer.toString(one.status()) : fault;
  }

  /** The parts of {@code host:port}, of which the latter may be missing. */
  private static void place(About about, String authority) {
    int colon = authority.lastIndexOf(':');
    boolean port = colon > authority.lastIndexOf(']');
    String host = port ? authority.substring(0, colon) : authority;
    about.text("server.address", host.startsWith("[") ? host.replaceAll("[\\[\\]]", "") : host);
    if (port) {
      number(about, authority.substring(colon + 1));
    }
  }

  private static void number(About about, String port) {
    if (!port.isEmpty() && port.length() < 6 && port.chars().allMatch(c -> c >= '0' && c <= '9')) {
      about.number("server.port", Integer.parseInt(port));
    }
  }

  /** {@code 2.0} is called 2. */
  private static String version(String protocol) {
    return protocol.endsWith(".0") && !protocol.equals("1.0")
        ? protocol.substring(0, protocol.length() - 2)
        : protocol;
  }
}
