package dev.aegis.gateway.tracing;

import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Settings;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.Head;
import dev.aegis.tracing.SampleRate;
import dev.aegis.tracing.Spans;
import dev.aegis.tracing.TraceContext;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Begins the trace of each request: the caller's goes on, or there is a new one.
 *
 * <p>A caller's trace id is taken, its word on what is kept only when settings say so: whoever can
 * reach the gateway could otherwise have everything kept just by saying so. This is no bound: one
 * who chooses an id that belongs to any share, or sends a body slowly, has his requests kept.
 */
public final class Tracing {
  /** No request has a trace, and what callers say of theirs goes on as it came. */
  public static final Tracing OFF = new Tracing(false, new SampleRate(0), Duration.ZERO, false);

  private final boolean on;
  private final SampleRate rate;
  private final long slowNanos;
  private final boolean trusting;

  private Tracing(boolean on, SampleRate rate, Duration slow, boolean trusting) {
    this.on = on;
    this.rate = rate;
    this.slowNanos = slow.isZero() ? Long.MAX_VALUE : slow.toNanos();
    this.trusting = trusting;
  }

  /** As the settings say; off when nobody wants spans. */
  public static Tracing of(Settings settings, Spans spans) {
    return spans.wanted()
        ? on(
            settings.of(CommonSettings.SAMPLE_RATE),
            settings.of(CommonSettings.SLOW_THRESHOLD),
            settings.of(CommonSettings.TRUST_SAMPLED))
        : OFF;
  }

  /**
   * Every request has a trace.
   *
   * @param rate share of those that are kept
   * @param slow a request that takes at least so long is kept whatever the rate; zero for none
   * @param trusting whether a caller's flag decides instead of the rate
   */
  public static Tracing on(double rate, Duration slow, boolean trusting) {
    return new Tracing(true, new SampleRate(rate), slow, trusting);
  }

  /**
   * The trace of a request, null when tracing is off.
   *
   * @param head the request's, null when it could not be read
   * @param startedNanos when its first byte was read, on the monotonic clock
   */
  public @Nullable Trace begin(@Nullable Head head, long startedNanos) {
    if (!on) {
      return null;
    }
    TraceContext caller = head == null ? null : continued(head);
    if (caller == null) {
      String id = TraceContext.newTraceId();
      int flags = TraceContext.RANDOM | (rate.has(id) ? TraceContext.SAMPLED : 0);
      return new Trace(id, null, flags, slowNanos, startedNanos);
    }
    String id = caller.traceId();
    boolean sampled = trusting ? caller.sampled() : rate.has(id);
    int flags = caller.flags() & TraceContext.RANDOM | (sampled ? TraceContext.SAMPLED : 0);
    return new Trace(id, caller.spanId(), flags, slowNanos, startedNanos);
  }

  /** Where the caller stands in its trace, null when it does not say or not in one valid line. */
  public static @Nullable TraceContext continued(Head head) {
    String given = head.value(Field.TRACEPARENT);
    return given == null || head.count(Field.TRACEPARENT) > 1 ? null : TraceContext.parse(given);
  }
}
