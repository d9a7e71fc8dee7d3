package dev.aegis.gateway.telemetry;

import dev.aegis.chassis.Metrics;
import dev.aegis.events.RequestEvent;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts finished requests. One thread uses it; meters are looked up once a minute per combination,
 * and when others had to make room.
 */
public final class RequestMetrics {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");
  private static final String REQUESTS = "aegis_requests_total";
  private static final int MAX_SERIES = 50_000;

  private final Metrics metrics;
  private final double[] buckets = Metrics.durations();
  private final Map<String, String> tenants = new HashMap<>();
  private final Map<Series, Meters> requests = new HashMap<>();
  private final Map<String, Metrics.Counter> byName = new HashMap<>();
  private final Metrics.Histogram overhead;
  private final Metrics.Counter bytesIn;
  private final Metrics.Counter bytesOut;
  private final Metrics.Counter retries;
  private long changes;
  private long forgotten;

  private record Series(
      String tenant, String route, String method, int status, @Nullable String code) {}

  /** What counts the requests of one combination. */
  private static final class Meters {
    private final Metrics.Counter count;
    private final Metrics.Histogram duration;
    private @Nullable String upstreamId;
    private Metrics.@Nullable Histogram upstream;

    Meters(Metrics.Counter count, Metrics.Histogram duration) {
      this.count = count;
      this.duration = duration;
    }
  }

  /** Counts in {@code metrics}. */
  public RequestMetrics(Metrics metrics) {
    this.metrics = metrics;
    metrics.bound(REQUESTS, MAX_SERIES);
    overhead =
        metrics.histogram(
            "aegis_gateway_overhead_seconds", "Request duration without the upstream's", buckets);
    bytesIn = metrics.counter("aegis_bytes_total", "Bytes of bodies", "direction", "in");
    bytesOut = metrics.counter("aegis_bytes_total", "Bytes of bodies", "direction", "out");
    retries =
        metrics.counter("aegis_upstream_retries_total", "Attempts beyond the first of a request");
  }

  /**
   * Counts one.
   *
   * @param kept whether its trace is kept, so that whoever looks for it finds it
   */
  public void count(RequestEvent event, boolean kept) {
    forgetWhenChanged(event);
    String tenant = label(event.tenantId());
    Series series =
        new Series(
            tenant,
            named(tenant, event.routeId()),
            METHODS.contains(event.method()) ? event.method() : Metrics.OTHER,
            event.status(),
            event.code());
    Meters meters = requests.get(series);
    if (meters == null) {
      meters = meters(series);
      requests.put(series, meters);
    }
    String requestId = event.requestId();
    String traceId = kept ? event.traceId() : null;
    Instant at = event.startedAt();
    meters.count.add();
    meters.duration.record(event.durationUs() * 1000, requestId, traceId, at);
    overhead.record(event.gatewayUs() * 1000, requestId, traceId, at);
    if (event.attempts() > 0) {
      upstream(meters, tenant, event.upstreamId())
          .record(event.upstreamUs() * 1000, requestId, traceId, at);
      if (event.attempts() > 1) {
        retries.add(event.attempts() - 1);
      }
    }
    bytesIn.add(event.bytesIn());
    bytesOut.add(event.bytesOut());
    String cache = event.cache();
    if (cache != null) {
      byName
          .computeIfAbsent(
              cache,
              outcome ->
                  metrics.counter(
                      "aegis_cache_requests_total",
                      "Requests of routes that keep replies",
                      "outcome",
                      outcome))
          .add();
    }
    String code = event.code();
    if (code != null && !tenant.isEmpty() && event.status() == 401) {
      byName
          .computeIfAbsent(
              tenant + '\n' + code,
              key ->
                  metrics.counter(
                      "aegis_auth_failures_total",
                      "Requests whose caller could not be identified",
                      "tenant",
                      tenant,
                      "code",
                      code))
          .add();
    }
  }

  /**
   * Tenants may have lost their names since, and series their places; and who has none asks again
   * once a minute.
   */
  private void forgetWhenChanged(RequestEvent event) {
    long minute = event.startedAt().getEpochSecond() / 60;
    if (minute > forgotten) {
      metrics.makeRoomIfWanted();
    }
    long now = metrics.changes();
    if (now != changes
        || minute > forgotten
        || requests.size() >= MAX_SERIES
        || tenants.size() >= MAX_SERIES) {
      changes = now;
      forgotten = minute;
      tenants.clear();
      requests.clear();
      byName.clear();
    }
  }

  private String label(@Nullable String tenant) {
    return tenant == null ? "" : tenants.computeIfAbsent(tenant, metrics::tenant);
  }

  /** Ids are unique within a tenant only. */
  private static String named(String tenant, @Nullable String id) {
    return tenant.equals(Metrics.OTHER) ? Metrics.OTHER : id == null ? "" : id;
  }

  private Meters meters(Series series) {
    return new Meters(
        metrics.counter(
            REQUESTS,
            "Requests that came to their end",
            "tenant",
            series.tenant(),
            "route",
            series.route(),
            "method",
            series.method(),
            "status",
            Integer.toString(series.status()),
            "code",
            series.code() == null ? "" : series.code()),
        metrics.histogram(
            "aegis_request_duration_seconds",
            "From first byte in to last byte out",
            buckets,
            "tenant",
            series.tenant(),
            "route",
            series.route()));
  }

  /** A route's requests go to the same upstream again and again. */
  private Metrics.Histogram upstream(Meters meters, String tenant, @Nullable String id) {
    Metrics.Histogram known = meters.upstream;
    if (known != null && Objects.equals(id, meters.upstreamId)) {
      return known;
    }
    Metrics.Histogram histogram =
        metrics.histogram(
            "aegis_upstream_duration_seconds",
            "From request sent to reply begun",
            buckets,
            "tenant",
            tenant,
            "upstream",
            named(tenant, id));
    meters.upstreamId = id;
    meters.upstream = histogram;
    return histogram;
  }
}
