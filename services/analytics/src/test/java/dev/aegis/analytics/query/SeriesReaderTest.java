package dev.aegis.analytics.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.Granularity;
import dev.aegis.analytics.rollup.Observation;
import dev.aegis.analytics.rollup.StatusClass;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SeriesReaderTest {
  private static final long DAY = TimeRange.of(at("2026-03-01"), at("2026-03-02")).from();

  @Property(tries = 200)
  void anAnswerIsWhatAddingUpTheRequestsOneByOneGives(
      @ForAll @Size(max = 60) List<@From("observations") Observation> observations,
      @ForAll("ranges") TimeRange range,
      @ForAll Granularity granularity,
      @ForAll("dimensions") List<Dimension> groupBy)
      throws Exception {
    SeriesQuery query =
        new SeriesQuery("acme", range, granularity, groupBy, List.of(Metric.REQUESTS));

    List<Series> series = reader(cells(observations)).series(query);

    for (Series each : series) {
      Cell[] expected = new Cell[query.buckets()];
      Arrays.fill(expected, Cell.EMPTY);
      for (Observation one : observations) {
        if (one.tenant().equals("acme")
            && one.minute() >= range.from()
            && one.minute() < range.to()
            && groupBy.stream()
                .map(dimension -> of(dimension, one))
                .toList()
                .equals(each.group().values())) {
          int at =
              (int)
                  ((granularity.floor(one.minute()) - granularity.floor(range.from()))
                      / granularity.minutes());
          expected[at] = expected[at].plus(one);
        }
      }
      assertThat(each.points()).containsExactly(expected);
    }
    long inRange =
        observations.stream()
            .filter(one -> one.tenant().equals("acme"))
            .filter(one -> one.minute() >= range.from() && one.minute() < range.to())
            .count();
    assertThat(series.stream().mapToLong(each -> each.total().requests()).sum()).isEqualTo(inRange);
  }

  @Property
  void eachMinuteOfARangeIsCoveredOnceByCellsNoLongerThanAPoint(
      @ForAll("ranges") TimeRange range, @ForAll Granularity granularity) {
    long at = range.from();
    for (RangePlan.Segment segment : RangePlan.of(range, granularity)) {
      assertThat(segment.from()).isEqualTo(at).isLessThan(segment.to());
      assertThat(segment.granularity()).isLessThanOrEqualTo(granularity);
      assertThat(segment.granularity().floor(segment.from())).isEqualTo(segment.from());
      assertThat(segment.granularity().floor(segment.to())).isEqualTo(segment.to());
      at = segment.to();
    }
    assertThat(at).isEqualTo(range.to());
  }

  @Test
  void nothingIsOneSeriesOfZeros() throws Exception {
    SeriesQuery query = query(List.of(), List.of(Metric.REQUESTS));

    assertThat(reader(new HeapCells()).series(query))
        .containsExactly(
            new Series(
                new Group(List.of()),
                java.util.Collections.nCopies(query.buckets(), Cell.EMPTY),
                Cell.EMPTY));
    assertThat(reader(new HeapCells()).series(query(List.of(Dimension.ROUTE), Metric.DEFAULT)))
        .isEmpty();
  }

  @Test
  void whatGetsNoSeriesOfItsOwnIsInOneMore() throws Exception {
    HeapCells cells = new HeapCells();
    for (int consumer = 0; consumer < 1_000; consumer++) {
      for (int i = 0; i <= (consumer < 500 ? 1 : 0); i++) {
        cells.add(one("acme", DAY + 5, "r", "consumer-" + consumer));
      }
    }
    SeriesQuery query = query(List.of(Dimension.CONSUMER), List.of(Metric.REQUESTS));

    List<Series> series = reader(cells).series(query);

    assertThat(series).hasSize(SeriesQuery.MAX_GROUPS + 1);
    assertThat(series.getFirst().group()).isEqualTo(new Group(List.of(Group.OTHER)));
    assertThat(series.getFirst().total().requests()).isEqualTo(500);
    assertThat(series.stream().mapToLong(each -> each.total().requests()).sum()).isEqualTo(1_500);
  }

  @Test
  void aTopListIsInTheOrderOfItsFirstMetric() throws Exception {
    HeapCells cells = new HeapCells();
    cells.add(one("acme", DAY, "slow", "u", 9_000));
    cells.add(one("acme", DAY, "busy", "u", 10));
    cells.add(one("acme", DAY + 59, "busy", "u", 10));
    cells.add(one("acme", DAY, "busy-too", "u", 5));
    cells.add(one("acme", DAY + 1, "busy-too", "u", 5));
    cells.add(one("other", DAY, "others", "u", 5));

    assertThat(routes(reader(cells).top(query(List.of(Dimension.ROUTE), Metric.DEFAULT), 10)))
        .containsExactly("busy", "busy-too", "slow");
    assertThat(routes(reader(cells).top(query(List.of(Dimension.ROUTE), List.of(Metric.P95)), 2)))
        .containsExactly("slow", "busy");
  }

  @Test
  void anAnswerThatTakesTooLongIsGivenUp() {
    HeapCells cells = new HeapCells();
    for (int i = 0; i < 5_000; i++) {
      cells.add(one("acme", DAY, "r", "consumer-" + i));
    }
    long[] now = new long[1];
    SeriesReader reader = new SeriesReader(cells, () -> now[0]++ * 1_000, 2_000);

    assertThatThrownBy(() -> reader.series(query(List.of(), Metric.DEFAULT)))
        .isInstanceOf(TooMuch.class);
  }

  @Provide
  Arbitrary<Observation> observations() {
    return Combinators.combine(
            Arbitraries.of("acme", "acme", "acme", "other"),
            Arbitraries.longs().between(DAY - 60, DAY + 3 * 24 * 60),
            Arbitraries.of("", "orders", "users"),
            Arbitraries.of("GET", "POST"),
            Arbitraries.of(StatusClass.SUCCESS, StatusClass.SERVER_ERROR),
            Arbitraries.of("", "user-1", "user-2"),
            Arbitraries.longs().between(0, 5_000_000))
        .as(
            (tenant, minute, route, method, status, consumer, micros) ->
                new Observation(
                    tenant, minute, route, method, status, consumer, 10, 20, micros, ""));
  }

  @Provide
  Arbitrary<TimeRange> ranges() {
    return Combinators.combine(
            Arbitraries.longs().between(DAY - 120, DAY + 2 * 24 * 60),
            Arbitraries.longs().between(1, 3 * 24 * 60))
        .as((from, minutes) -> new TimeRange(from, from + minutes));
  }

  @Provide
  Arbitrary<List<Dimension>> dimensions() {
    return Arbitraries.of(Dimension.values()).list().uniqueElements().ofMaxSize(2);
  }

  private static SeriesQuery query(List<Dimension> groupBy, List<Metric> metrics) {
    return new SeriesQuery(
        "acme", new TimeRange(DAY, DAY + 60), Granularity.MINUTE, groupBy, metrics);
  }

  private static List<String> routes(List<Series> series) {
    return series.stream().map(each -> each.group().values().getFirst()).toList();
  }

  private static String of(Dimension dimension, Observation one) {
    return dimension.of(dev.aegis.analytics.rollup.CellKey.of(Granularity.MINUTE, one));
  }

  private static SeriesReader reader(Cells cells) {
    return new SeriesReader(cells, () -> 0, 1);
  }

  private static HeapCells cells(List<Observation> observations) {
    HeapCells cells = new HeapCells();
    observations.forEach(cells::add);
    return cells;
  }

  private static Observation one(String tenant, long minute, String route, String consumer) {
    return one(tenant, minute, route, consumer, 1_000);
  }

  private static Observation one(
      String tenant, long minute, String route, String consumer, long micros) {
    return new Observation(
        tenant, minute, route, "GET", StatusClass.SUCCESS, consumer, 1, 2, micros, "");
  }

  private static Instant at(String date) {
    return Instant.parse(date + "T00:00:00Z");
  }
}
