package dev.aegis.gateway.telemetry;

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
 * Folds refusals into at most one event per tenant, code, route and limit each ten seconds: the
 * first at once, those that follow together. One thread uses it.
 */
final class Bursts {
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final int MAX_OPEN = 10_000;

  private record Key(String tenant, String code, @Nullable String route, String limit) {}

  /** What was refused since the last event. */
  private static final class Burst {
    private Instant nextAt = Instant.EPOCH;
    private long count;
    private Instant first = Instant.EPOCH;
    private Instant last = Instant.EPOCH;
    private @Nullable String subject;
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
    Key key = new Key(tenant, code, event.routeId(), limit);
    Burst burst = open.get(key);
    if (burst == null) {
      if (open.size() >= MAX_OPEN) {
        return;
      }
      burst = new Burst();
      open.put(key, burst);
    }
    if (burst.count++ == 0) {
      burst.first = event.startedAt();
    }
    burst.last = event.startedAt();
    burst.subject = event.subject();
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
      Key key = entry.getKey();
      Burst burst = entry.getValue();
      if (!all && now.isBefore(burst.nextAt)) {
        continue;
      }
      if (burst.count == 0) {
        entries.remove();
        continue;
      }
      due.add(
          new RateLimitExceeded(
                  key.route(),
                  key.limit(),
                  key.code(),
                  burst.subject,
                  burst.count,
                  burst.first,
                  burst.last)
              .of(key.tenant()));
      burst.count = 0;
      burst.nextAt = now.plus(WINDOW);
    }
    return due;
  }
}
