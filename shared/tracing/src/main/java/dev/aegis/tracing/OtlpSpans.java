package dev.aegis.tracing;

import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.OtlpHeaders;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.Version;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.RetryPolicy;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans to a collector by OTLP (protobuf over HTTP), in batches, on a thread of its own.
 *
 * <p>What the collector does not take after a few tries, and what there is no room for while it is
 * slow or away, is dropped and counted: spans are worth less than the memory of a gateway.
 */
public final class OtlpSpans implements Spans {
  private static final Logger LOG = LoggerFactory.getLogger(OtlpSpans.class);
  private static final int CAPACITY = 4096;
  private static final int BATCH = 512;

  /** How long spans are gathered. */
  private static final Duration GATHERING = Duration.ofMillis(250);

  private static final Duration CALL = Duration.ofSeconds(5);
  private static final Duration LAST_CALL = Duration.ofSeconds(1);
  private static final RetryPolicy RETRIES =
      RetryPolicy.builder()
          .setMaxAttempts(3)
          .setInitialBackoff(Duration.ofMillis(200))
          .setMaxBackoff(Duration.ofSeconds(1))
          .setBackoffMultiplier(2)
          .build();

  private final BlockingQueue<Span> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final OtlpHttpSpanExporter exporter;
  private final Resource resource;
  private final String place;
  private final Metrics.Counter exported;
  private final Metrics.Counter dropped;
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean failing;

  private OtlpSpans(
      OtlpHttpSpanExporter exporter, Resource resource, String place, Metrics metrics) {
    this.exporter = exporter;
    this.resource = resource;
    this.place = place;
    this.exported = metrics.counter("aegis_spans_exported_total", "Spans that a collector took");
    this.dropped =
        metrics.counter("aegis_spans_dropped_total", "Spans of kept traces that were lost");
    this.thread = Thread.ofPlatform().daemon().name("spans").start(this::run);
  }

  /**
   * Sends to the collector that the settings name, or nowhere when they name none.
   *
   * @param service name of the service
   * @param node name of this process
   */
  public static Spans of(Settings settings, String service, String node, Metrics metrics) {
    Optional<URI> endpoint = settings.of(CommonSettings.OTLP_ENDPOINT);
    return endpoint.isEmpty() ? NONE : to(endpoint.get(), settings, service, node, metrics);
  }

  /**
   * Begins to send to a collector.
   *
   * @param endpoint base URL of the collector
   * @param service name of the service
   * @param node name of this process
   */
  static OtlpSpans to(
      URI endpoint, Settings settings, String service, String node, Metrics metrics) {
    OtlpHttpSpanExporterBuilder builder =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(traces(endpoint))
            .setConnectTimeout(CALL)
            .setTimeout(CALL)
            .setRetryPolicy(RETRIES);
    settings
        .of(CommonSettings.OTLP_HEADERS)
        .ifPresent(text -> OtlpHeaders.parse(text).forEach(builder::addHeader));
    Resource resource =
        Resource.create(
            Attributes.of(
                AttributeKey.stringKey("service.namespace"),
                "aegis",
                AttributeKey.stringKey("service.name"),
                "aegis-" + service,
                AttributeKey.stringKey("service.version"),
                Version.text(),
                AttributeKey.stringKey("service.instance.id"),
                node));
    return new OtlpSpans(builder.build(), resource, endpoint.getAuthority(), metrics);
  }

  /** What the OTLP specification has for a base URL: the path of traces behind it. */
  private static String traces(URI endpoint) {
    String base = endpoint.toString();
    return (base.endsWith("/") ? base : base + "/") + "v1/traces";
  }

  @Override
  public boolean wanted() {
    return true;
  }

  @Override
  public @Nullable String wrong() {
    return failing ? "the collector at " + place + " does not take spans" : null;
  }

  @Override
  public boolean room(int spans) {
    if (closed || queue.remainingCapacity() < spans) {
      dropped.add(spans);
      return false;
    }
    return true;
  }

  @Override
  public void add(Span span) {
    if (closed || !queue.offer(span)) {
      dropped.add();
    }
  }

  private void run() {
    List<Span> batch = new ArrayList<>(BATCH);
    try {
      while (!closed || !queue.isEmpty()) {
        gather(batch);
        if (!batch.isEmpty()) {
          send(batch);
          batch.clear();
        }
      }
    } catch (InterruptedException e) {
      dropped.add(batch.size() + queue.size()); // told to stop before all were sent
    }
  }

  private void gather(List<Span> batch) throws InterruptedException {
    Span first = queue.poll(GATHERING.toMillis(), TimeUnit.MILLISECONDS);
    if (first == null) {
      return;
    }
    batch.add(first);
    long end = System.nanoTime() + GATHERING.toNanos();
    while (batch.size() < BATCH) {
      queue.drainTo(batch, BATCH - batch.size());
      long left = end - System.nanoTime();
      Span next = closed || left <= 0 ? null : queue.poll(left, TimeUnit.NANOSECONDS);
      if (next == null) {
        return;
      }
      batch.add(next);
    }
  }

  private void send(List<Span> batch) throws InterruptedException {
    List<SpanData> all = new ArrayList<>(batch.size());
    batch.forEach(span -> all.add(new ExportedSpan(span, resource)));
    CompletableResultCode result;
    try {
      result = exporter.export(all).join(CALL.toMillis() * 2, TimeUnit.MILLISECONDS);
    } catch (RuntimeException e) {
      // As the exporter has it: what it threw is the cause, and none means an answer that says no.
      result = CompletableResultCode.ofExceptionalFailure(new IllegalStateException(e));
    }
    if (Thread.interrupted()) {
      throw new InterruptedException(); // while it waited
    }
    if (result.isSuccess()) {
      exported.add(batch.size());
      if (failing) {
        failing = false;
        LOG.info("The collector at {} takes spans again", place);
      }
      return;
    }
    dropped.add(batch.size());
    if (!failing) {
      failing = true;
      LOG.warn("The collector at {} does not take spans: {}", place, reason(result));
    }
  }

  private static String reason(CompletableResultCode result) {
    Throwable why = result.getFailureThrowable();
    Throwable cause = why == null ? null : why.getCause();
    if (cause != null) {
      return cause.getClass().getSimpleName();
    }
    return why == null ? "no answer in time" : "it refuses them";
  }

  /** Sends what there is, for a second at most, and ends. */
  @Override
  public void close() {
    closed = true;
    try {
      if (!thread.join(LAST_CALL)) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
    exporter.shutdown();
  }
}
