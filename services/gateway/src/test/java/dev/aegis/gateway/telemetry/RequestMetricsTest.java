package dev.aegis.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.chassis.ExpositionFormat;
import dev.aegis.chassis.Metrics;
import dev.aegis.events.Blame;
import dev.aegis.events.RequestEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What finished requests leave in the metrics. */
final class RequestMetricsTest {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05.678901Z");

  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  private final AtomicLong now = new AtomicLong(START.toEpochMilli());
  private final Metrics metrics = Metrics.create("test", () -> Instant.ofEpochMilli(now.get()));
  private final RequestMetrics requests = new RequestMetrics(metrics);

  private RequestEvent event(String id, String tenant, String route) {
    return new RequestEvent(
        id,
        tenant,
        route,
        "u",
        null,
        "none",
        "GET",
        "/",
        200,
        null,
        Blame.NONE,
        3,
        4,
        Instant.ofEpochMilli(now.get()),
        12_345,
        12_000,
        345,
        1,
        "127.0.0.1:1",
        null,
        "agent",
        TRACE,
        "node");
  }

  private List<String> lines(ExpositionFormat format, String part) {
    return new String(metrics.exposition(format), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.contains(part))
        .toList();
  }

  @Test
  void aRequestIsFoundByItsIdBehindEachDuration() {
    requests.count(event("r-1", "acme", "orders"), false);
    assertThat(lines(ExpositionFormat.OPEN_METRICS, "request_id=\"r-1\""))
        .containsExactly(
            "aegis_gateway_overhead_seconds_bucket{le=\"5.0E-4\"} 1"
                + " # {request_id=\"r-1\"} 3.45E-4 1767323045",
            "aegis_request_duration_seconds_bucket{route=\"orders\",tenant=\"acme\",le=\"0.025\"} 1"
                + " # {request_id=\"r-1\"} 0.012345 1767323045",
            "aegis_upstream_duration_seconds_bucket{tenant=\"acme\",upstream=\"u\",le=\"0.025\"} 1"
                + " # {request_id=\"r-1\"} 0.012 1767323045");
    assertThat(lines(ExpositionFormat.TEXT, "r-1")).isEmpty();

    now.addAndGet(1_000);
    requests.count(event("r-2", "acme", "orders"), true);
    assertThat(lines(ExpositionFormat.OPEN_METRICS, "trace_id=\"" + TRACE + "\""))
        .hasSize(3)
        .allMatch(line -> line.contains("request_id=\"r-2\""));
  }

  /** Ten thousand tenants come, and later two of them have requests. */
  @Test
  void tenantsWithRequestsAreTheOnesWithNames() {
    for (int tenant = 0; tenant < 10_000; tenant++) {
      for (int route = 0; route < 10; route++) {
        requests.count(event("r", "t" + tenant, "r" + route), true);
      }
    }
    assertThat(lines(ExpositionFormat.TEXT, "aegis_requests_total{")).hasSize(5_001);
    assertThat(lines(ExpositionFormat.TEXT, "aegis_requests_total{"))
        .contains(
            "aegis_requests_total{code=\"\",method=\"GET\",route=\"_other\",status=\"200\",tenant=\"_other\"} 95000");
    assertThat(lines(ExpositionFormat.TEXT, "aegis_request_duration_seconds_count{"))
        .hasSizeLessThanOrEqualTo(1_500);
    assertThat(lines(ExpositionFormat.TEXT, "aegis_upstream_duration_seconds_count{")).hasSize(501);

    now.addAndGet(601_000);
    requests.count(event("r", "t0", "r0"), true);
    requests.count(event("r", "t9999", "r0"), true);
    requests.count(event("r", "t0", "r0"), true);
    requests.count(event("r", "t9999", "r0"), true);

    assertThat(lines(ExpositionFormat.TEXT, "aegis_requests_total{"))
        .contains(
            "aegis_requests_total{code=\"\",method=\"GET\",route=\"r0\",status=\"200\",tenant=\"t9999\"} 2",
            "aegis_requests_total{code=\"\",method=\"GET\",route=\"_other\",status=\"200\",tenant=\"_other\"} 95000")
        .noneMatch(line -> line.contains("tenant=\"t1\""));
    assertThat(lines(ExpositionFormat.TEXT, "route=\"r0\",status=\"200\",tenant=\"t0\"").getFirst())
        .endsWith("} 3");
  }
}
