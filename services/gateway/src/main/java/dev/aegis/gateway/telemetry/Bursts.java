package dev.aegis.gateway.telemetry;

import dev.aegis.events.PluginCallsFailed;
import dev.aegis.events.RateLimitExceeded;
import dev.aegis.events.RequestEvent;
import dev.aegis.events.TenantEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Folds refusals into at most one event per tenant, code, route and limit each ten seconds, and
 * failures of plugins per tenant, plugin and phase: the first at once, those that follow together.
 * One thread uses it.
 */
final class Bursts {
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final int MAX_OPEN = 10_000;

  /** What is folded together. */
  private sealed interface Key {}

  private record Refused(String tenant, String code, @Nullable String route, String limit)
      implements Key {}

  private record Failing(
      String tenant, String pluginId, String plugin, String phase, boolean switchedOff)
      implements Key {}

  /** What came since the last event, and the last one's trace of those that are kept. */
  private static final class Burst {
    private Instant nextAt = Instant.EPOCH;
    private long count;
    private Instant first = Instant.EPOCH;
    private Instant last = Instant.EPOCH;
    private @Nullable String subject;
    private String requestId = "";
    private @Nullable String traceId;
    private @Nullable String traceparent;

    void add(Instant at) {
      if (count++ == 0) {
        first = at;
      }
      last = at;
    }
  }

  private final Map<Key, Burst> open = new LinkedHashMap<>();

  void add(Finished request) {
    RequestEvent event = request.event();
    String tenant = event.tenantId();
    String code = event.code();
    String limit = request.limit();
    if (tenant == null || code == null || limit == null) {
      return;
    }
    Burst burst = burst(new Refused(tenant, code, event.routeId(), limit));
    if (burst != null) {
      burst.add(event.startedAt());
      burst.subject = event.subject();
      burst.requestId = event.requestId();
      burst.traceId = event.traceId();
      String traceparent = request.traceparent();
      burst.traceparent = traceparent == null ? burst.traceparent : traceparent;
    }
  }

  void add(PluginCallsFailed failed) {
    Burst burst =
        burst(
            new Failing(
                failed.tenant(),
                failed.pluginId(),
                failed.plugin(),
                failed.phase(),
                failed.switchedOff()));
    if (burst != null) {
      burst.add(failed.lastAt());
    }
  }

  /** Null when too many are open. */
  private @Nullable Burst burst(Key key) {
    Burst burst = open.get(key);
    if (burst == null && open.size() < MAX_OPEN) {
      burst = new Burst();
      open.put(key, burst);
    }
    return burst;
  }

  /**
   * Events whose time has come.
   *
   * @param all whether to wait for none of them
   */
  List<TenantEvent> due(Instant now, boolean all) {
    List<TenantEvent> due = new ArrayList<>();
    Iterator<Map.Entry<Key, Burst>> entries = open.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<Key, Burst> entry = entries.next();
      Burst burst = entry.getValue();
      if (!all && now.isBefore(burst.nextAt)) {
        continue;
      }
      if (burst.count == 0) {
        entries.remove();
        continue;
      }
      due.add(event(entry.getKey(), burst));
      burst.count = 0;
      burst.traceparent = null;
      burst.nextAt = now.plus(WINDOW);
    }
    return due;
  }

  private static TenantEvent event(Key key, Burst burst) {
    return switch (key) {
      case Refused(String tenant, String code, String route, String limit) ->
          new RateLimitExceeded(
                  route,
                  limit,
                  code,
                  burst.subject,
                  burst.requestId,
                  burst.traceId,
                  burst.count,
                  burst.first,
                  burst.last)
              .of(tenant)
              .within(burst.traceparent);
      case Failing(String tenant, String id, String plugin, String phase, boolean off) ->
          new PluginCallsFailed(
                  tenant, id, plugin, phase, off, burst.count, burst.first, burst.last)
              .event();
    };
  }
}
