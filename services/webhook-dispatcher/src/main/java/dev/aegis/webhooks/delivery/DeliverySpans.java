package dev.aegis.webhooks.delivery;

import dev.aegis.egress.CallResult;
import dev.aegis.tracing.Span;
import dev.aegis.tracing.Span.About;
import dev.aegis.tracing.Span.Kind;
import dev.aegis.tracing.Spans;
import dev.aegis.tracing.TraceContext;
import dev.aegis.webhooks.subscription.Endpoint;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span of each attempt at a delivery whose event belongs to a trace that is kept. Of the
 * endpoint it says host and port alone: the rest of its URL may be a secret.
 */
public final class DeliverySpans {
  private final Spans spans;
  private final InstantSource clock;

  /**
   * @param spans where they go
   */
  public DeliverySpans(Spans spans, InstantSource clock) {
    this.spans = spans;
    this.clock = clock;
  }

  /** Where an attempt stands in the trace of its event; null when the event is of none. */
  @Nullable TraceContext begin(Delivery delivery) {
    TraceContext cause = TraceContext.parse(delivery.traceparent());
    return cause == null || !spans.wanted() || !cause.sampled()
        ? cause
        : cause.at(TraceContext.digits(TraceContext.newSpanId()));
  }

  /**
   * An attempt has ended.
   *
   * @param at what {@link #begin} said
   */
  void ended(
      @Nullable TraceContext at,
      Instant began,
      Endpoint.Usable endpoint,
      Delivery delivery,
      CallResult result) {
    TraceContext cause = TraceContext.parse(delivery.traceparent());
    if (at == null || cause == null || at.equals(cause)) {
      return;
    }
    URI url = endpoint.url();
    About about =
        new About()
            .text("http.request.method", "POST")
            .text("url.scheme", url.getScheme())
            .text("server.address", url.getHost())
            .text("aegis.tenant.id", delivery.key().endpoint().tenant())
            .text("aegis.webhook.id", delivery.key().endpoint().id())
            .text("aegis.webhook.delivery.id", delivery.key().id())
            .text("cloudevents.event_id", delivery.messageId())
            .text("cloudevents.event_type", delivery.type());
    if (url.getPort() > 0) {
      about.number("server.port", url.getPort());
    }
    if (!delivery.attempts().isEmpty()) {
      about.number("http.request.resend_count", delivery.attempts().size());
    }
    String error =
        switch (result) {
          case CallResult.Answered answered -> {
            about.number("http.response.status_code", answered.status());
            yield answered.status() < 300 ? null : Integer.toString(answered.status());
          }
          case CallResult.Failed failed -> failed.failure().code();
          case CallResult.NotMade notMade -> "not_made";
        };
    about.text("error.type", error);
    long start = nanos(began);
    spans.add(
        new Span(
            "POST webhook",
            Kind.CLIENT,
            at,
            cause.spanId(),
            true,
            start,
            Math.max(start, nanos(clock.instant())),
            error != null,
            about));
  }

  private static long nanos(Instant time) {
    return time.getEpochSecond() * 1_000_000_000 + time.getNano();
  }
}
