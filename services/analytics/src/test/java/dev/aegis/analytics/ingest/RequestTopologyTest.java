package dev.aegis.analytics.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.analytics.query.Group;
import dev.aegis.analytics.query.Metric;
import dev.aegis.analytics.query.Series;
import dev.aegis.analytics.query.SeriesQuery;
import dev.aegis.analytics.query.SeriesReader;
import dev.aegis.analytics.query.TimeRange;
import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.Granularity;
import dev.aegis.analytics.rollup.Observation;
import dev.aegis.analytics.rollup.Retention;
import dev.aegis.bus.Topics;
import dev.aegis.events.Envelope;
import dev.aegis.events.RequestEvent;
import dev.aegis.events.RequestsLost;
import dev.aegis.tracing.Span;
import dev.aegis.tracing.Spans;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.BiFunction;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestTopologyTest {
  private static final Instant NOW = Instant.parse("2026-03-04T10:20:30Z");
  private static final Retention RETENTION =
      new Retention(Duration.ofDays(30), Duration.ofDays(400), Duration.ofDays(3_650));

  @TempDir Path directory;

  private final List<Observation> live = new ArrayList<>();
  private final Counts counts = new Counts();
  private TopologyTestDriver driver;
  private TestInputTopic<byte[], byte[]> requests;
  private TestOutputTopic<byte[], byte[]> dead;

  /** What the tally was told. */
  private static final class Counts implements Tally {
    int counted;
    int doubled;
    int dead;
    int unknown;
    int lost;

    @Override
    public void lost() {
      lost++;
    }

    @Override
    public void counted() {
      counted++;
    }

    @Override
    public void doubled() {
      doubled++;
    }

    @Override
    public void dead() {
      dead++;
    }

    @Override
    public void unknown() {
      unknown++;
    }
  }

  private final List<Span> spans = new ArrayList<>();
  private final Spans taking =
      new Spans() {
        @Override
        public boolean wanted() {
          return true;
        }

        @Override
        public void add(Span span) {
          spans.add(span);
        }
      };

  @BeforeEach
  void start() {
    Properties config = new Properties();
    config.putAll(
        Map.of(
            StreamsConfig.APPLICATION_ID_CONFIG,
            StreamSettings.APPLICATION,
            StreamsConfig.BOOTSTRAP_SERVERS_CONFIG,
            "localhost:1",
            StreamsConfig.STATE_DIR_CONFIG,
            directory.toString()));
    driver =
        new TopologyTestDriver(
            RequestTopology.of(RETENTION, live::add, counts, taking), config, NOW);
    requests =
        driver.createInputTopic(
            Topics.REQUESTS, new ByteArraySerializer(), new ByteArraySerializer());
    dead =
        driver.createOutputTopic(
            Topics.dead(Topics.REQUESTS), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  @Test
  void eachRequestIsInOneCellOfEachLength() throws Exception {
    send("acme", NOW, 200, "run-1", 1);
    send("acme", NOW.plusSeconds(20), 200, "run-1", 2);
    send("acme", NOW.plusSeconds(40), 503, "run-1", 3);
    send("other", NOW, 200, "run-1", 4);

    for (Granularity granularity : Granularity.values()) {
      Series series = series("acme", granularity);
      assertThat(series.total().requests()).isEqualTo(3);
      assertThat(series.total().errors()).isEqualTo(1);
      assertThat(series.total().bytesIn()).isEqualTo(30);
      assertThat(series.total().bytesOut()).isEqualTo(3 * 157);
      assertThat(series.total().latencies().count()).isEqualTo(3);
    }
    assertThat(series("acme", Granularity.MINUTE).points())
        .filteredOn(point -> point.requests() > 0)
        .extracting(Cell::requests)
        .containsExactly(2L, 1L);
    assertThat(series(null, Granularity.HOUR).total().requests()).isEqualTo(4);
    assertThat(live).hasSize(4);
    assertThat(counts.counted).isEqualTo(4);
  }

  @Test
  void requestsOfKeptTracesAreSpansBelowTheGateways() throws Exception {
    String parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0";
    for (String flag : List.of("1", "1", "0")) { // the second is a double, the third not kept
      Headers headers = Events.headers("acme", NOW, "run-1", flag.equals("1") ? 1 : 2);
      headers.add(Envelope.TRACEPARENT_HEADER, Events.bytes(parent + flag));
      byte[] data = Events.event("acme", "orders", "user-1", 200, NOW, 1_000).toJson();
      requests.pipeInput(new TestRecord<>(Events.bytes("acme"), data, headers, NOW));
    }
    send("acme", NOW, 200, "run-1", 3);

    assertThat(counts.counted).isEqualTo(3);
    assertThat(spans).hasSize(1);
    Span span = spans.getFirst();
    assertThat(span.name()).isEqualTo("process aegis.requests");
    assertThat(span.kind()).isEqualTo(Span.Kind.CONSUMER);
    assertThat(span.at().traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(span.parentId()).isEqualTo("b7ad6b7169203331").isNotEqualTo(span.at().spanId());
    assertThat(span.endNanos()).isGreaterThanOrEqualTo(span.startNanos());
    assertThat(span.about().attributes().asMap().toString())
        .contains("messaging.system=kafka", "messaging.kafka.offset=0");
  }

  @Test
  void lateEventsJustAdd() throws Exception {
    send("acme", NOW, 200, "run-1", 1);
    send("acme", NOW.minus(Duration.ofHours(5)), 200, "run-2", 1);
    send("acme", NOW.minus(Duration.ofDays(1)), 200, "run-2", 2);

    assertThat(series("acme", Granularity.HOUR).points())
        .filteredOn(point -> point.requests() > 0)
        .hasSize(3);
    assertThat(series("acme", Granularity.DAY).total().requests()).isEqualTo(3);
  }

  @Test
  void whatWasSentAgainIsLeftOut() throws Exception {
    for (int i = 1; i <= 10; i++) {
      send("acme", NOW, 200, "run-1", i);
    }
    for (int i = 6; i <= 12; i++) {
      send("acme", NOW, 200, "run-1", i);
    }
    send("acme", NOW, 200, "run-2", 1);

    assertThat(series("acme", Granularity.MINUTE).total().requests()).isEqualTo(13);
    assertThat(counts.doubled).isEqualTo(5);
    assertThat(live).hasSize(13);
  }

  @Test
  void aSenderThatDoesNotCountIsBelieved() throws Exception {
    Headers headers = Events.headers("acme", NOW, "", 1);
    headers.remove(Envelope.SEQUENCE_HEADER);
    headers.remove(Envelope.RUN_HEADER);
    byte[] data = Events.event("acme", "orders", "user-1", 200, NOW, 1_000).toJson();

    requests.pipeInput(new TestRecord<>(Events.bytes("acme"), data, headers, NOW));
    requests.pipeInput(new TestRecord<>(Events.bytes("acme"), data, headers, NOW));

    assertThat(series("acme", Granularity.MINUTE).total().requests()).isEqualTo(2);
  }

  @Test
  void aRecordThatCannotBeReadIsPutAsideAndReported() throws Exception {
    List<BiFunction<Headers, byte[], byte[]>> poisons =
        List.of(
            (_, _) -> Events.bytes("{\"started_at\":"),
            (_, _) -> new byte[] {0, 1, 2},
            (_, _) -> null,
            (_, _) -> Events.bytes("{\"started_at\":\"+999999999-12-31T23:59:59Z\"}"),
            (_, _) -> Events.bytes("{\"started_at\":\"2026-03-04T10:20:30Z\",\"status\":{}}"),
            (headers, data) -> {
              headers.remove(Envelope.TYPE_HEADER);
              return data;
            },
            (headers, data) -> {
              Events.add(headers, Envelope.SEQUENCE_HEADER, "many");
              return data;
            });
    for (BiFunction<Headers, byte[], byte[]> poison : poisons) {
      Headers headers = Events.headers("acme", NOW, "run-1", 1);
      byte[] data = Events.event("acme", "orders", "user-1", 200, NOW, 1_000).toJson();
      byte[] value = poison.apply(headers, data);
      requests.pipeInput(new TestRecord<>(Events.bytes("acme"), value, headers, NOW));
    }
    requests.pipeInput(new TestRecord<>(null, Events.bytes("{}"), NOW));
    send("acme", NOW, 200, "run-1", 2);

    List<TestRecord<byte[], byte[]>> putAside = dead.readRecordsToList();
    assertThat(putAside).hasSize(poisons.size() + 1);
    assertThat(putAside)
        .allSatisfy(
            record -> {
              assertThat(record.headers().lastHeader(CountingProcessor.REASON_HEADER).value())
                  .isNotEmpty();
              assertThat(
                      new String(
                          record.headers().lastHeader(CountingProcessor.ORIGIN_HEADER).value(),
                          java.nio.charset.StandardCharsets.UTF_8))
                  .startsWith("aegis.requests/0/");
            });
    assertThat(putAside.getFirst().value()).isEqualTo(Events.bytes("{\"started_at\":"));
    assertThat(series("acme", Granularity.MINUTE).total().requests()).isEqualTo(1);
    TimeRange around = range(Granularity.MINUTE);
    assertThat(cells().lost("acme", around.from(), around.to())).isEqualTo(poisons.size());
    assertThat(cells().lost(null, around.from(), around.to())).isEqualTo(poisons.size() + 1);
    assertThat(cells().lost("other", around.from(), around.to())).isZero();
    assertThat(cells().lost("acme", around.to(), around.to() + 5)).isZero();
    assertThat(counts.dead).isEqualTo(poisons.size() + 1);
  }

  @Test
  void typesThatAreNotKnownArePassedOver() {
    Headers headers = Events.headers("acme", NOW, "run-1", 1);
    Events.add(headers, Envelope.TYPE_HEADER, "aegis.request.v9");

    requests.pipeInput(new TestRecord<>(Events.bytes("acme"), Events.bytes("{}"), headers, NOW));

    assertThat(counts.unknown).isEqualTo(1);
    assertThat(dead.isEmpty()).isTrue();
  }

  @Test
  void runsAndCellsAreForgottenWhenTheyAreOld() throws Exception {
    send("acme", NOW, 200, "run-1", 7);
    driver.advanceWallClockTime(Duration.ofDays(7));
    send("acme", NOW.plus(Duration.ofDays(7)), 200, "run-2", 7);
    assertThat(runs()).hasSize(2);

    driver.advanceWallClockTime(Duration.ofDays(1).plusHours(1));
    assertThat(runs()).hasSize(1);

    driver.advanceWallClockTime(Duration.ofDays(24));
    assertThat(series("acme", Granularity.MINUTE).total().requests()).isZero();
    assertThat(series("acme", Granularity.HOUR).total().requests()).isEqualTo(1);

    driver.advanceWallClockTime(Duration.ofDays(400));
    assertThat(series("acme", Granularity.DAY).total().requests()).isEqualTo(1);

    driver.advanceWallClockTime(Duration.ofDays(3_650));
    try (var left = cellStore().all()) {
      assertThat(left.hasNext()).isFalse();
    }
  }

  @Test
  void aRequestWithoutTenantRouteOrSubjectIsCountedToo() throws Exception {
    RequestEvent event = Events.event(null, null, null, 404, NOW, 50);
    requests.pipeInput(
        new TestRecord<>(
            Events.bytes(""), event.toJson(), Events.headers("-", NOW, "run-1", 1), NOW));

    SeriesQuery query =
        new SeriesQuery(
            null,
            range(Granularity.MINUTE),
            Granularity.MINUTE,
            List.of(dev.aegis.analytics.query.Dimension.ROUTE),
            List.of(Metric.REQUESTS));
    assertThat(reader().series(query))
        .singleElement()
        .satisfies(
            series -> {
              assertThat(series.group())
                  .isEqualTo(new Group(java.util.Collections.singletonList(null)));
              assertThat(series.total().requests()).isEqualTo(1);
            });
  }

  @Test
  void whatAGatewayGaveUpIsKnownToBeMissingOnce() throws Exception {
    sendLost("acme", NOW, 40, "run-1", 1);
    sendLost("acme", NOW, 40, "run-1", 1);
    sendLost("acme", NOW.plusSeconds(60), 2, "run-1", 2);
    sendLost(Envelope.NO_TENANT, NOW, 3, "run-1", 3);

    long minute = NOW.getEpochSecond() / 60;
    assertThat(cells().lost("acme", minute, minute + 1)).isEqualTo(40);
    assertThat(cells().lost("acme", minute, minute + 2)).isEqualTo(42);
    assertThat(cells().lost(null, minute, minute + 2)).isEqualTo(45);
    assertThat(counts.lost).isEqualTo(3);
    assertThat(counts.doubled).isEqualTo(1);
    assertThat(counts.counted).isZero();
  }

  private void sendLost(String tenant, Instant at, long count, String run, long sequence) {
    Headers headers = Events.headers(tenant, at, run, sequence);
    headers.remove(Envelope.TYPE_HEADER);
    headers.add(Envelope.TYPE_HEADER, Events.bytes(RequestsLost.TYPE));
    requests.pipeInput(
        new TestRecord<>(Events.bytes(tenant), new RequestsLost(at, count).toJson(), headers, at));
  }

  private void send(String tenant, Instant startedAt, int status, String run, long sequence) {
    RequestEvent event = Events.event(tenant, "orders", "user-1", status, startedAt, 1_500);
    requests.pipeInput(
        new TestRecord<>(
            Events.bytes(tenant),
            event.toJson(),
            Events.headers(tenant, startedAt, run, sequence),
            startedAt));
  }

  private Series series(String tenant, Granularity granularity) throws Exception {
    return reader()
        .series(
            new SeriesQuery(
                tenant, range(granularity), granularity, List.of(), List.of(Metric.REQUESTS)))
        .getFirst();
  }

  private static TimeRange range(Granularity granularity) {
    return switch (granularity) {
      case MINUTE -> TimeRange.of(NOW.minusSeconds(1_800), NOW.plusSeconds(1_800));
      case HOUR ->
          TimeRange.of(
              Instant.parse("2026-03-03T00:00:00Z"), Instant.parse("2026-03-06T00:00:00Z"));
      case DAY ->
          TimeRange.of(
              Instant.parse("2026-03-01T00:00:00Z"), Instant.parse("2026-03-06T00:00:00Z"));
    };
  }

  private SeriesReader reader() {
    return new SeriesReader(cells(), () -> 0, 1);
  }

  private StoredCells cells() {
    return new StoredCells(() -> List.of(cellStore()));
  }

  private KeyValueStore<Bytes, byte[]> cellStore() {
    return driver.getKeyValueStore(RequestTopology.CELLS);
  }

  private List<Bytes> runs() {
    List<Bytes> keys = new ArrayList<>();
    try (var all = driver.<Bytes, byte[]>getKeyValueStore(RequestTopology.RUNS).all()) {
      all.forEachRemaining(entry -> keys.add(entry.key));
    }
    return keys;
  }
}
