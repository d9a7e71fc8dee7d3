package dev.aegis.gateway.telemetry;

import dev.aegis.chassis.Metrics;
import dev.aegis.events.RequestEvent;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Counts finished requests. One thread uses it; meters are looked up once per combination. */
final class RequestMetrics {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");
  private static final int MAX_SERIES = 50_000;
  private static final String OTHER = "_other";

  private final Metrics metrics;
  private final Map<Series, Metrics.Counter> requests = new HashMap<>();
  private final Map<String, Metrics.Counter> byName = new HashMap<>();
  private final Metrics.Histogram duration;
  private final Metrics.Histogram upstream;
  private final Metrics.Histogram overhead;
  private final Metrics.Counter bytesIn;
  private final Metrics.Counter bytesOut;
  private final Metrics.Counter retries;

  private record Series(
      @Nullable String tenant,
      @Nullable String route,
      String method,
      int status,
      @Nullable String code) {}

  RequestMetrics(Metrics metrics) {
    this.metrics = metrics;
    double[] buckets = Metrics.durations();
    duration =
        metrics.histogram(
            "aegis_request_duration_seconds", "From first byte in to last byte out", buckets);
    upstream =
        metrics.histogram(
            "aegis_upstream_duration_seconds", "From request sent to reply begun", buckets);
    overhead =
        metrics.histogram(
            "aegis_gateway_overhead_seconds", "Request duration without the upstream's", buckets);
    bytesIn = metrics.counter("aegis_bytes_total", "Bytes of bodies", "direction", "in");
    bytesOut = metrics.counter("aegis_bytes_total", "Bytes of bodies", "direction", "out");
    retries =
        metrics.counter("aegis_upstream_retries_total", "Attempts beyond the first of a request");
  }

  void count(RequestEvent event) {
    Series series =
        new Series(event.tenantId(), event.routeId(), event.method(), event.status(), event.code());
    Metrics.Counter counter = requests.get(series);
    if (counter == null) {
      counter = counter(series);
      if (requests.size() < MAX_SERIES) {
        requests.put(series, counter);
      }
    }
    counter.add();
    duration.record(event.durationUs() * 1000);
    overhead.record(event.gatewayUs() * 1000);
    if (event.attempts() > 0) {
      upstream.record(event.upstreamUs() * 1000);
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
    String tenant = event.tenantId();
    if (code != null && tenant != null && event.status() == 401) {
      byName
          .computeIfAbsent(
              tenant + '\n' + code,
              key ->
                  metrics.counter(
                      "aegis_auth_failures_total",
                      "Requests whose caller could not be identified",
                      "tenant",
                      metrics.tenant(tenant),
                      "code",
                      code))
          .add();
    }
  }

  private Metrics.Counter counter(Series series) {
    boolean full = requests.size() >= MAX_SERIES;
    String tenant = series.tenant();
    return metrics.counter(
        "aegis_requests_total",
        "Requests that came to their end",
        "tenant",
        tenant == null ? "" : full ? OTHER : metrics.tenant(tenant),
        "route",
        full || series.route() == null ? (full ? OTHER : "") : series.route(),
        "method",
        METHODS.contains(series.method()) ? series.method() : OTHER,
        "status",
        Integer.toString(series.status()),
        "code",
        series.code() == null ? "" : series.code());
  }
}
