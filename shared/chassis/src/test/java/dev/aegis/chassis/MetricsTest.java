package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private final Metrics metrics = Metrics.create("gateway");

  @AfterEach
  void close() {
    metrics.close();
  }

  private List<String> lines(Metrics of, String prefix) {
    return of.exposition().lines().filter(line -> line.contains(prefix)).toList();
  }

  @Test
  void writesCountersUnderExactlyTheirNamesAndLabels() {
    Metrics.Counter ok =
        metrics.counter(
            "aegis_requests_total",
            "Requests.",
            "tenant",
            "t1",
            "route",
            "a.b",
            "method",
            "GET",
            "status",
            "200",
            "code",
            "");
    ok.add();
    ok.add(2);
    assertThat(ok.count()).isEqualTo(3);
    assertThat(lines(metrics, "aegis_requests"))
        .first()
        .isEqualTo("# HELP aegis_requests_total Requests.");
    assertThat(lines(metrics, "aegis_requests"))
        .element(1)
        .isEqualTo("# TYPE aegis_requests_total counter");
    String sample = lines(metrics, "aegis_requests").getLast();
    assertThat(sample).startsWith("aegis_requests_total{").endsWith("} 3");
    assertThat(sample.substring(sample.indexOf('{') + 1, sample.indexOf('}')).split(","))
        .containsExactlyInAnyOrder(
            "tenant=\"t1\"", "route=\"a.b\"", "method=\"GET\"", "status=\"200\"", "code=\"\"");
  }

  @Test
  void aMeterAskedForAgainIsTheSame() {
    metrics.counter("aegis_x_total", "X.", "a", "1").add();
    metrics.counter("aegis_x_total", "X.", "a", "1").add();
    metrics.counter("aegis_x_total", "X.", "a", "2").add();
    assertThat(lines(metrics, "aegis_x_total{"))
        .containsExactlyInAnyOrder("aegis_x_total{a=\"1\"} 2", "aegis_x_total{a=\"2\"} 1");
  }

  @Test
  void writesHistogramsWithCumulativeBuckets() {
    Metrics.Histogram histogram =
        metrics.histogram(
            "aegis_request_duration_seconds",
            "Durations.",
            new double[] {0.001, 0.005, 1},
            "tenant",
            "t1");
    histogram.record(700_000);
    histogram.record(1_000_000);
    histogram.record(2_000_000);
    histogram.record(5_000_000_000L);
    assertThat(lines(metrics, "aegis_request_duration_seconds"))
        .containsExactly(
            "# HELP aegis_request_duration_seconds Durations.",
            "# TYPE aegis_request_duration_seconds histogram",
            "aegis_request_duration_seconds_bucket{tenant=\"t1\",le=\"0.001\"} 2",
            "aegis_request_duration_seconds_bucket{tenant=\"t1\",le=\"0.005\"} 3",
            "aegis_request_duration_seconds_bucket{tenant=\"t1\",le=\"1\"} 3",
            "aegis_request_duration_seconds_bucket{tenant=\"t1\",le=\"+Inf\"} 4",
            "aegis_request_duration_seconds_sum{tenant=\"t1\"} 5.0037",
            "aegis_request_duration_seconds_count{tenant=\"t1\"} 4");
  }

  @Test
  void aHistogramWithoutLabelsHasOnlyItsBounds() {
    metrics.histogram("aegis_y_seconds", "Y.", Metrics.durations()).record(300_000);
    assertThat(lines(metrics, "aegis_y_seconds"))
        .contains(
            "aegis_y_seconds_bucket{le=\"2.5E-4\"} 0",
            "aegis_y_seconds_bucket{le=\"5.0E-4\"} 1",
            "aegis_y_seconds_bucket{le=\"10\"} 1",
            "aegis_y_seconds_sum 3.0E-4",
            "aegis_y_seconds_count 1");
  }

  @Test
  void readsGaugesAndKeptCountersWhenAsked() {
    AtomicLong value = new AtomicLong(5);
    LongAdder kept = new LongAdder();
    metrics.gauge("aegis_active_requests", "Active.", value::get);
    metrics.counter("aegis_kept_total", "Kept.", kept::sum);
    value.set(7);
    kept.add(9);
    assertThat(lines(metrics, "aegis_"))
        .startsWith(
            "# HELP aegis_active_requests Active.",
            "# TYPE aegis_active_requests gauge",
            "aegis_active_requests 7",
            "# HELP aegis_kept_total Kept.",
            "# TYPE aegis_kept_total counter",
            "aegis_kept_total 9");
  }

  @Test
  void aKeptCounterOutlivesGarbageCollection() {
    LongAdder kept = new LongAdder();
    kept.add(4);
    metrics.counter("aegis_kept_total", "Kept.", kept::sum);
    System.gc();
    assertThat(lines(metrics, "aegis_kept_total ").getLast()).isEqualTo("aegis_kept_total 4");
  }

  @Test
  void countsExactlyUnderManyThreads() throws Exception {
    Metrics.Counter counter = metrics.counter("aegis_x_total", "X.");
    Metrics.Histogram histogram = metrics.histogram("aegis_y_seconds", "Y.", Metrics.durations());
    List<Future<?>> writers = new ArrayList<>();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        writers.add(
            executor.submit(
                () -> {
                  for (int j = 0; j < 1000; j++) {
                    counter.add();
                    histogram.record(1_000_000);
                  }
                }));
      }
    }
    for (Future<?> writer : writers) {
      writer.get();
    }
    assertThat(counter.count()).isEqualTo(50_000);
    assertThat(histogram.count()).isEqualTo(50_000);
    assertThat(lines(metrics, "aegis_y_seconds_sum")).containsExactly("aegis_y_seconds_sum 50");
  }

  @Test
  void aMeterTakenOutIsGone() {
    metrics.gauge("aegis_upstream_targets", "Targets.", () -> 1, "upstream", "a");
    metrics.gauge("aegis_upstream_targets", "Targets.", () -> 2, "upstream", "b");
    metrics.remove("aegis_upstream_targets", "upstream", "a");
    assertThat(lines(metrics, "aegis_upstream_targets{"))
        .containsExactly("aegis_upstream_targets{upstream=\"b\"} 2");
    metrics.gauge("aegis_upstream_targets", "Targets.", () -> 3, "upstream", "a");
    assertThat(lines(metrics, "aegis_upstream_targets{upstream=\"a\"}"))
        .containsExactly("aegis_upstream_targets{upstream=\"a\"} 3");
  }

  @Test
  void escapesWhatWouldBreakALine() {
    metrics.counter("aegis_z_total", "One\ntwo\\.", "a", "q\"b\\s\nn").add();
    assertThat(lines(metrics, "aegis_z_total"))
        .containsExactly(
            "# HELP aegis_z_total One\\ntwo\\\\.",
            "# TYPE aegis_z_total counter",
            "aegis_z_total{a=\"q\\\"b\\\\s\\nn\"} 1");
  }

  @Test
  void servicesOfOneProcessDoNotMix() {
    try (Metrics admin = Metrics.create("admin");
        Metrics secondGateway = Metrics.create("gateway")) {
      metrics.counter("aegis_events_published_total", "Events.").add(1);
      admin.counter("aegis_events_published_total", "Events.").add(10);
      secondGateway.counter("aegis_events_published_total", "Events.").add(100);
      admin.gauge("aegis_only_admin", "Admin's.", () -> 1);
      assertThat(lines(metrics, "aegis_events_published_total "))
          .contains("aegis_events_published_total 1");
      assertThat(lines(admin, "aegis_events_published_total "))
          .contains("aegis_events_published_total 10");
      assertThat(lines(secondGateway, "aegis_events_published_total "))
          .contains("aegis_events_published_total 100");
      assertThat(lines(metrics, "aegis_only_admin")).isEmpty();
    }
  }

  @Test
  void closingTakesAllMetersOutAndLeavesTheNeighbours() {
    Metrics other = Metrics.create("admin");
    other.counter("aegis_x_total", "X.").add();
    metrics.counter("aegis_x_total", "X.").add(2);
    other.close();
    assertThat(other.exposition()).isEmpty();
    assertThat(lines(metrics, "aegis_x_total ")).contains("aegis_x_total 2");
  }

  @Test
  void showsTheJvmItRunsIn() {
    assertThat(metrics.exposition())
        .contains(
            "# TYPE jvm_memory_used_bytes gauge",
            "jvm_memory_used_bytes{area=\"heap\"} ",
            "jvm_threads_current ",
            "process_open_fds ",
            "# TYPE process_cpu_seconds_total counter")
        .contains("# TYPE jvm_gc_collections_total counter");
  }

  @Test
  void everyLineIsPrometheusText() {
    metrics.counter("aegis_requests_total", "Requests.", "tenant", "t").add();
    metrics.histogram("aegis_y_seconds", "Y.", Metrics.durations(), "a", "b").record(1);
    String label = "[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\"";
    String value = "(?:[+-]?[0-9.]+(?:E[+-]?[0-9]+)?|NaN|[+-]Inf)";
    String name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    assertThat(metrics.exposition()).endsWith("\n");
    assertThat(metrics.exposition().lines())
        .allMatch(
            line ->
                line.matches("# HELP " + name + " .+")
                    || line.matches("# TYPE " + name + " (counter|gauge|histogram)")
                    || line.matches(name + "(?:\\{" + label + "(?:," + label + ")*\\})? " + value));
  }

  @Test
  void tenantsThatCountNothingForTenMinutesGiveUpTheirPlaces() {
    AtomicLong now = new AtomicLong(1_000_000_000_000L);
    try (Metrics named = Metrics.create("gateway", () -> Instant.ofEpochMilli(now.get()))) {
      List<Metrics.Counter> counters = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        assertThat(named.tenant("t" + i)).isEqualTo("t" + i);
        counters.add(named.counter("aegis_x_total", "X.", "tenant", "t" + i));
        counters.getLast().add();
      }
      assertThat(named.tenant("new")).isEqualTo("_other");
      assertThat(named.tenant("t7")).isEqualTo("t7");
      Metrics.Counter others = named.counter("aegis_x_total", "X.", "tenant", "_other");
      others.add(3);
      now.addAndGet(9 * 60_000);
      counters.subList(0, 499).forEach(Metrics.Counter::add);
      assertThat(named.tenant("new")).isEqualTo("_other");
      assertThat(named.changes()).isZero();
      now.addAndGet(60_000);
      assertThat(named.tenant("new")).isEqualTo("new");

      assertThat(named.changes()).isEqualTo(1);
      assertThat(named.named("t499")).isFalse();
      assertThat(named.named("t498")).isTrue();
      assertThat(lines(named, "aegis_x_total{"))
          .hasSize(500)
          .doesNotContain("aegis_x_total{tenant=\"t499\"} 1")
          .contains("aegis_x_total{tenant=\"_other\"} 3", "aegis_x_total{tenant=\"t0\"} 2");
      assertThat(named.tenant("t499")).isEqualTo("_other");
    }
  }

  /** Ten thousand tenants with ten routes each: what there is to read stays bounded. */
  @Test
  void thereAreNeverMoreSeriesThanTheBounds() {
    AtomicLong now = new AtomicLong(1_000_000_000_000L);
    try (Metrics many = Metrics.create("gateway", () -> Instant.ofEpochMilli(now.get()))) {
      many.bound("aegis_x_total", 2_000);
      for (int i = 0; i < 10_000; i++) {
        now.addAndGet(100);
        String tenant = many.tenant("t" + i);
        for (int route = 0; route < 10; route++) {
          String id = tenant.equals(Metrics.OTHER) ? Metrics.OTHER : "r" + route;
          String[] labels = {"tenant", tenant, "route", id};
          many.counter("aegis_x_total", "X.", labels).add();
          many.histogram("aegis_x_seconds", "X.", Metrics.durations(), labels).record(1);
        }
      }
      assertThat(lines(many, "aegis_x_total{")).hasSizeLessThanOrEqualTo(2_001);
      assertThat(lines(many, "aegis_x_seconds_count{")).hasSizeLessThanOrEqualTo(1_500);
      assertThat(
              lines(many, "aegis_x_seconds_count{").stream()
                  .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
                  .sum())
          .isLessThanOrEqualTo(100_000)
          .isGreaterThan(90_000);
    }
  }

  @Test
  void whoMayNotWaitGetsRoomOnceSomebodyElseHasMadeIt() {
    AtomicLong now = new AtomicLong(1_000_000_000_000L);
    try (Metrics named = Metrics.create("gateway", () -> Instant.ofEpochMilli(now.get()))) {
      named.bound("aegis_x_total", 1);
      for (int i = 0; i < 500; i++) {
        assertThat(named.tenantAtOnce("t" + i)).isEqualTo("t" + i);
      }
      named.counterAtOnce("aegis_x_total", "X.", "tenant", "t0").add();
      now.addAndGet(600_000);
      named.makeRoomIfWanted(); // nobody has found none
      assertThat(named.tenantAtOnce("t0")).isEqualTo("t0");
      assertThat(named.tenantAtOnce("new")).isEqualTo("_other");
      named.counterAtOnce("aegis_x_total", "X.", "tenant", "new").add();
      assertThat(named.changes()).isZero();
      assertThat(lines(named, "aegis_x_total{"))
          .containsExactlyInAnyOrder(
              "aegis_x_total{tenant=\"t0\"} 1", "aegis_x_total{tenant=\"_other\"} 1");

      named.makeRoomIfWanted();
      assertThat(named.changes()).isEqualTo(1);
      assertThat(named.tenantAtOnce("new")).isEqualTo("new");
      named.counterAtOnce("aegis_x_total", "X.", "tenant", "new").add();
      now.addAndGet(600_000);
      named.makeRoomIfWanted();
      named.counterAtOnce("aegis_x_total", "X.", "tenant", "new").add();
      assertThat(lines(named, "aegis_x_total{"))
          .containsExactlyInAnyOrder(
              "aegis_x_total{tenant=\"new\"} 1", "aegis_x_total{tenant=\"_other\"} 2");
    }
  }

  @Test
  void seriesOfGoneRoutesMakeRoom() {
    AtomicLong now = new AtomicLong(1_000_000_000_000L);
    try (Metrics full = Metrics.create("gateway", () -> Instant.ofEpochMilli(now.get()))) {
      full.bound("aegis_x_total", 2);
      String tenant = full.tenant("t");
      full.counter("aegis_x_total", "X.", "tenant", tenant, "route", "gone").add();
      Metrics.Counter stays =
          full.counter("aegis_x_total", "X.", "tenant", tenant, "route", "stays");
      full.counter("aegis_x_total", "X.", "tenant", tenant, "route", "new").add();
      now.addAndGet(600_000);
      stays.add();
      full.counter("aegis_x_total", "X.", "tenant", tenant, "route", "new").add();

      assertThat(lines(full, "aegis_x_total{"))
          .containsExactlyInAnyOrder(
              "aegis_x_total{route=\"stays\",tenant=\"t\"} 1",
              "aegis_x_total{route=\"new\",tenant=\"t\"} 1",
              "aegis_x_total{route=\"_other\",tenant=\"_other\"} 1");
    }
  }

  @Test
  void openMetricsHasAnExampleOfEachBucketPerSecond() throws Exception {
    metrics.counter("aegis_x_total", "X \"it\".", "a", "q\"b\\s\nn").add();
    Metrics.Histogram histogram =
        metrics.histogram("aegis_y_seconds", "Y.", new double[] {0.001, 1}, "tenant", "t");
    Instant at = Instant.ofEpochSecond(1_767_323_045);
    String trace = "0af7651916cd43dd8448eb211c80319c";
    histogram.record(500_000, "r-1", trace, at);
    histogram.record(600_000, "r-2", trace, at);
    histogram.record(2_000_000, "r\"3", null, at.plusSeconds(1));
    histogram.record(3_000_000_000L, "x".repeat(119), null, at);
    String text =
        new String(metrics.exposition(ExpositionFormat.OPEN_METRICS), StandardCharsets.UTF_8);
    assertThat(text).endsWith("\n# EOF\n");
    assertThat(text.lines().filter(line -> line.contains("aegis_x") || line.contains("aegis_y")))
        .containsExactly(
            "# HELP aegis_x X \\\"it\\\".",
            "# TYPE aegis_x counter",
            "aegis_x_total{a=\"q\\\"b\\\\s\\nn\"} 1",
            "# HELP aegis_y_seconds Y.",
            "# TYPE aegis_y_seconds histogram",
            "# UNIT aegis_y_seconds seconds",
            "aegis_y_seconds_bucket{tenant=\"t\",le=\"0.001\"} 2 # {trace_id=\""
                + trace
                + "\",request_id=\"r-1\"} 5.0E-4 1767323045",
            "aegis_y_seconds_bucket{tenant=\"t\",le=\"1.0\"} 3"
                + " # {request_id=\"r\\\"3\"} 0.002 1767323046",
            "aegis_y_seconds_bucket{tenant=\"t\",le=\"+Inf\"} 4",
            "aegis_y_seconds_sum{tenant=\"t\"} 3.0031",
            "aegis_y_seconds_count{tenant=\"t\"} 4");
    assertThat(metrics.exposition()).doesNotContain("# {", "# EOF", "# UNIT");
  }

  @Test
  void tellsEachSeriesToWhoeverSendsThemOn() {
    metrics.counter("aegis_x_total", "X.", "a", "b").add(2);
    metrics.gauge("aegis_g", "G.", () -> 1.5);
    metrics.histogram("aegis_y_seconds", "Y.", new double[] {1}).record(2_000_000_000);
    List<Metrics.Sample> samples = new ArrayList<>();
    metrics.forEach(samples::add);
    assertThat(samples)
        .contains(
            new Metrics.Sample.Count("aegis_x_total", List.of("a", "b"), 2),
            new Metrics.Sample.Value("aegis_g", List.of(), 1.5),
            new Metrics.Sample.Spread(
                "aegis_y_seconds",
                List.of(),
                List.of(1.0, Double.POSITIVE_INFINITY),
                List.of(0L, 1L),
                2));
  }

  @Test
  void labelsComeInPairs() {
    assertThatThrownBy(() -> metrics.counter("aegis_x_total", "X.", "lonely"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
