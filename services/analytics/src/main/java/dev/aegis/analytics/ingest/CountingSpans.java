package dev.aegis.analytics.ingest;

import dev.aegis.bus.Topics;
import dev.aegis.events.Envelope;
import dev.aegis.tracing.Span;
import dev.aegis.tracing.Span.About;
import dev.aegis.tracing.Span.Kind;
import dev.aegis.tracing.Spans;
import dev.aegis.tracing.TraceContext;
import java.time.Instant;
import java.time.InstantSource;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Makes a span of each request that is counted and whose trace is kept, and nothing of others. */
final class CountingSpans {
  private final Spans spans;
  private final InstantSource clock;

  CountingSpans(Spans spans, InstantSource clock) {
    this.spans = spans;
    this.clock = clock;
  }

  boolean wanted() {
    return spans.wanted();
  }

  /**
   * A request was counted.
   *
   * @param metadata where its record stands, or null
   * @param began when its record was taken up, on the monotonic clock
   */
  void counted(Envelope envelope, @Nullable RecordMetadata metadata, long began) {
    TraceContext request = TraceContext.parse(envelope.traceparent());
    if (request == null || !request.sampled()) {
      return;
    }
    About about =
        new About()
            .text("messaging.system", "kafka")
            .text("messaging.operation.type", "process")
            .text("messaging.operation.name", "process")
            .text("messaging.destination.name", Topics.REQUESTS)
            .text("messaging.consumer.group.name", StreamSettings.APPLICATION)
            .text("messaging.message.id", envelope.id())
            .text("aegis.tenant.id", envelope.tenant());
    if (metadata != null) {
      about
          .text("messaging.destination.partition.id", Integer.toString(metadata.partition()))
          .number("messaging.kafka.offset", metadata.offset());
    }
    Instant now = clock.instant();
    long end = now.getEpochSecond() * 1_000_000_000 + now.getNano();
    spans.add(
        new Span(
            "process " + Topics.REQUESTS,
            Kind.CONSUMER,
            request.at(TraceContext.digits(TraceContext.newSpanId())),
            request.spanId(),
            true,
            end - (System.nanoTime() - began),
            end,
            false,
            about));
  }
}
