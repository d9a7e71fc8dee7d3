package dev.aegis.gateway.telemetry;

import dev.aegis.bus.EventPublisher;
import dev.aegis.bus.OutgoingEvent;
import dev.aegis.bus.Topics;
import dev.aegis.chassis.Metrics;
import dev.aegis.events.Envelope;
import dev.aegis.events.JsonBytes;
import dev.aegis.events.PluginCallsFailed;
import dev.aegis.events.RequestEvent;
import dev.aegis.events.TenantEvent;
import dev.aegis.events.UpstreamEvent;
import dev.aegis.tracing.Spans;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes finished requests off their threads through one bounded buffer and makes log lines, metrics
 * and events of them in batches. What becomes of upstreams, and what plugins fail at, goes the same
 * way, through buffers of their own.
 *
 * <p>When the buffer is full a request waits a little for room: the record of what was served is
 * worth more than a moment. Only when there is none for a second is the record dropped and counted.
 * Requests of which no event goes out are told to the analytics as a number, once Kafka has all
 * that waited for it.
 */
public final class Telemetry implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Telemetry.class);
  private static final int CAPACITY = 1 << 15;
  private static final int NEWS_CAPACITY = 1 << 12;
  private static final int BATCH = 512;
  private static final long PAUSE_NANOS = Duration.ofMillis(5).toNanos();
  private static final long SLEEP_NANOS = Duration.ofMillis(500).toNanos();
  private static final int PAUSES_BEFORE_SLEEP = 40;
  private static final int WAITS_FOR_ROOM = 1000;
  private static final Duration TELLING_EVERY = Duration.ofSeconds(1);

  private final MpscAtomicArrayQueue<Finished> buffer = new MpscAtomicArrayQueue<>(CAPACITY);
  private final MpscAtomicArrayQueue<UpstreamEvent> news =
      new MpscAtomicArrayQueue<>(NEWS_CAPACITY);
  private final MpscAtomicArrayQueue<PluginCallsFailed> failures =
      new MpscAtomicArrayQueue<>(NEWS_CAPACITY);
  private final EventPublisher publisher;
  private final Consumer<byte[]> log;
  private final RequestMetrics metrics;
  private final RequestSpans spans;
  private final Metrics.Counter dropped;
  private final Metrics.Counter newsDropped;
  private final Metrics.Counter failuresDropped;
  private final AccessLines lines;
  private final Bursts bursts;
  private final Losses losses = new Losses();
  private final InstantSource clock;
  private final JsonBytes scratch = new JsonBytes();
  private final Thread thread;
  private volatile boolean sleeping;
  private volatile boolean closed;

  /** When losses may be told next. The thread's own. */
  private Instant tellingAt = Instant.EPOCH;

  /**
   * @param publisher sends events; used by this object's thread alone
   * @param log takes whole log lines
   * @param spans takes spans of requests whose traces are kept
   */
  public Telemetry(
      EventPublisher publisher,
      Consumer<byte[]> log,
      Metrics metrics,
      Spans spans,
      InstantSource clock) {
    this.spans = new RequestSpans(spans);
    this.publisher = publisher;
    this.log = log;
    this.metrics = new RequestMetrics(metrics);
    this.dropped =
        metrics.counter(
            "aegis_records_dropped_total", "Finished requests of which no record was kept");
    this.newsDropped =
        metrics.counter(
            "aegis_upstream_events_dropped_total",
            "Changes of upstreams and their targets of which no event was kept");
    this.failuresDropped =
        metrics.counter(
            "aegis_plugin_events_dropped_total", "Failures of plugins that no event counts");
    this.lines = new AccessLines();
    this.bursts = new Bursts();
    this.clock = clock;
    this.thread = Thread.ofPlatform().name("telemetry").start(this::run);
  }

  /** Hears of a request. Called on its thread. */
  public void finished(Finished request) {
    for (int waits = 0; !buffer.offer(request); waits++) {
      if (waits == WAITS_FOR_ROOM) {
        dropped.add();
        losses.add(request.event());
        return;
      }
      LockSupport.parkNanos(1_000_000);
    }
    if (sleeping) {
      LockSupport.unpark(thread);
    }
  }

  /** Hears what became of an upstream. Never waits: what there is no room for is counted. */
  public void heard(UpstreamEvent event) {
    if (!news.offer(event)) {
      newsDropped.add();
    } else if (sleeping) {
      LockSupport.unpark(thread);
    }
  }

  /** Hears of a failure of a plugin. Never waits: what there is no room for is counted. */
  public void failed(PluginCallsFailed failure) {
    if (!failures.offer(failure)) {
      failuresDropped.add();
    } else if (sleeping) {
      LockSupport.unpark(thread);
    }
  }

  /** Finished requests that wait to be recorded. */
  public int waiting() {
    return buffer.size();
  }

  /** Finished requests of which no record was kept. */
  public long dropped() {
    return dropped.count();
  }

  private void run() {
    List<Finished> batch = new ArrayList<>(BATCH);
    int pauses = 0;
    while (true) {
      boolean last = closed;
      buffer.drain(batch::add, BATCH);
      try {
        handle(batch);
      } catch (RuntimeException e) {
        LOG.error("A batch of {} finished requests could not be recorded", batch.size(), e);
      }
      boolean some = !batch.isEmpty();
      batch.clear();
      if (some) {
        pauses = 0;
      } else if (last) {
        return;
      } else {
        rest(++pauses);
      }
    }
  }

  /** Waits a little; when nothing has come for a while, until something does. */
  private void rest(int pauses) {
    if (pauses < PAUSES_BEFORE_SLEEP) {
      LockSupport.parkNanos(PAUSE_NANOS);
      return;
    }
    sleeping = true;
    if (buffer.isEmpty() && news.isEmpty() && failures.isEmpty() && !closed) {
      LockSupport.parkNanos(SLEEP_NANOS);
    }
    sleeping = false;
  }

  private void handle(List<Finished> batch) {
    for (Finished request : batch) {
      RequestEvent event = request.event();
      metrics.count(event, request.traced() != null);
      lines.add(request);
      bursts.add(request);
      spans.add(request);
      String tenant = event.tenantId();
      String owner = tenant == null ? Envelope.NO_TENANT : tenant;
      boolean taken =
          publisher.publish(
              new OutgoingEvent(
                  Topics.REQUESTS,
                  owner,
                  RequestEvent.TYPE,
                  owner,
                  event.startedAt().toEpochMilli(),
                  event.toJson(scratch),
                  request.traceparent()));
      if (!taken) {
        losses.add(event);
      }
    }
    if (!batch.isEmpty()) {
      log.accept(lines.take());
    }
    failures.drain(bursts::add);
    bursts.due(clock.instant(), closed).forEach(this::publish);
    news.drain(event -> publish(event.event()));
    tellLosses();
  }

  private void publish(TenantEvent event) {
    publisher.publish(
        new OutgoingEvent(
            Topics.EVENTS,
            event.tenant(),
            event.wireType(),
            event.tenant(),
            event.time().toEpochMilli(),
            event.toJson(),
            event.traceparent()));
  }

  private void tellLosses() {
    if (losses.isEmpty()) {
      return;
    }
    Instant now = clock.instant();
    if (now.isBefore(tellingAt) && !closed) {
      return;
    }
    tellingAt = now.plus(TELLING_EVERY);
    if (publisher.connected() && publisher.spooled() == 0) {
      losses.tell(publisher::publish);
    }
  }

  /** Makes records of all that has finished, and ends. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      if (!thread.join(Duration.ofSeconds(5))) {
        LOG.warn("Records of the last requests were not written in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
