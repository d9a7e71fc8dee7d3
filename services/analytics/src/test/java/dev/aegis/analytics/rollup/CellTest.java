package dev.aegis.analytics.rollup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
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

class CellTest {
  @Property
  void aCellIsReadAsItWasWritten(
      @ForAll @Size(max = 50) List<@From("observations") Observation> observations) {
    Cell cell = sum(observations);

    assertThat(Cell.parse(cell.toBytes())).isEqualTo(cell);
  }

  @Property
  void addingIsTheSameInAnyOrder(
      @ForAll @Size(max = 30) List<@From("observations") Observation> some,
      @ForAll @Size(max = 30) List<@From("observations") Observation> others) {
    assertThat(sum(some).plus(sum(others)))
        .isEqualTo(sum(others).plus(sum(some)))
        .isEqualTo(sum(java.util.stream.Stream.concat(some.stream(), others.stream()).toList()));
  }

  @Property
  void aKeyIsReadAsItWasWritten(
      @ForAll("observations") Observation one, @ForAll Granularity granularity) {
    CellKey key = CellKey.of(granularity, one);

    assertThat(CellKey.parse(key.toBytes())).isEqualTo(key);
    assertThat(granularity.floor(key.minute())).isEqualTo(key.minute());
  }

  @Property
  void storedKeysSortByTenantThenTime(
      @ForAll("observations") Observation a,
      @ForAll("observations") Observation b,
      @ForAll Granularity granularity) {
    byte[] key = CellKey.of(granularity, a).toBytes();
    byte[] from = CellKey.from(granularity, b.tenant(), b.minute());
    int order = Arrays.compareUnsigned(key, from);

    if (a.tenant().equals(b.tenant())) {
      assertThat(order >= 0).isEqualTo(granularity.floor(a.minute()) >= b.minute());
    }
    assertThat(Arrays.compareUnsigned(key, CellKey.behind(granularity, a.tenant()))).isNegative();
    if (a.tenant().compareTo(b.tenant()) < 0) {
      assertThat(order).isNegative();
      assertThat(Arrays.compareUnsigned(CellKey.behind(granularity, a.tenant()), from))
          .isNegative();
    }
    assertThat(Arrays.compareUnsigned(key, CellKey.first(granularity))).isPositive();
    assertThat(Arrays.compareUnsigned(key, CellKey.last(granularity))).isNegative();
  }

  /** Guards the stored form: a store that was written by this version must stay readable. */
  @Test
  void theStoredFormStaysReadable() {
    byte[] key = HexFormat.of().parseHex("6d61636d650001c3a20000474554003275");
    byte[] cell = HexFormat.of().parseHex("0202010acc07020501c3010104612d3132c801");
    byte[] before = HexFormat.of().parseHex("0102010acc07020501c30101");
    Latencies latencies = Latencies.NONE.plus(5).plus(micros(5 + 0xc3 - 0x80 + 128));

    assertThatThrownBy(() -> CellKey.parse(Arrays.copyOf(key, 6)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(Cell.parse(cell))
        .isEqualTo(new Cell(2, 1, 10, 972, latencies, new Slowest(200, "a-12")));
    assertThat(Cell.parse(before)).isEqualTo(new Cell(2, 1, 10, 972, latencies, null));
    assertThat(CellKey.parse(key))
        .isEqualTo(
            new CellKey(
                Granularity.MINUTE, "acme", 0x01c3a200, "", "GET", StatusClass.SUCCESS, "u"));
  }

  @Test
  void bytesThatAreNoCellAreRefused() {
    byte[] whole = sum(List.of(observation(1, 0))).toBytes();

    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Cell.parse(cut)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Cell.parse(new byte[] {9, 0, 0, 0, 0, 0}))
        .hasMessageContaining("version 9");
    assertThatThrownBy(() -> CellKey.parse(new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> CellKey.parse(new byte[] {'z', 0}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatCallersInventDoesNotMakeKeysOfItsOwn() {
    Observation odd =
        new Observation(
            "acme", 1, "r", "BREW", StatusClass.SUCCESS, "a\0b" + "x".repeat(1000), -1, -1, -1, "");

    assertThat(odd.method()).isEqualTo(Observation.OTHER_METHOD);
    assertThat(odd.consumer()).hasSize(Observation.MAX_CONSUMER).startsWith("a\uFFFDb");
    assertThat(odd.bytesIn()).isZero();
    assertThat(odd.bytesOut()).isZero();
  }

  @Test
  void theSlowestIsNamed() {
    Cell cell = Cell.EMPTY.plus(named(5, "x".repeat(129))).plus(named(3, "b")).plus(named(4, ""));

    assertThat(cell.slowest()).isEqualTo(new Slowest(3, "b"));
    assertThat(cell.plus(named(3, "a")).slowest()).isEqualTo(new Slowest(3, "a"));
    assertThat(Cell.EMPTY.plus(named(3, "a")).plus(cell).slowest()).isEqualTo(new Slowest(3, "a"));
    assertThat(cell.plus(named(9, "c")).slowest()).isEqualTo(new Slowest(9, "c"));
    assertThat(Cell.EMPTY.slowest()).isNull();
  }

  private static Observation named(long micros, String requestId) {
    return new Observation(
        "acme", 1, "r", "GET", StatusClass.SUCCESS, "u", 1, 2, micros, requestId);
  }

  @Test
  void lossesAreReadAsTheyWereWritten() {
    LossKey key = new LossKey("acme", 29_000_000);

    assertThat(LossKey.parse(key.toBytes())).isEqualTo(key);
    assertThat(LossKey.parse(new LossKey("", 0).toBytes())).isEqualTo(new LossKey("", 0));
    assertThat(LossKey.count(LossKey.count(1_234_567))).isEqualTo(1_234_567);
    assertThat(Arrays.compareUnsigned(key.toBytes(), LossKey.first())).isPositive();
    assertThat(Arrays.compareUnsigned(key.toBytes(), LossKey.last())).isNegative();
  }

  @Provide
  Arbitrary<Observation> observations() {
    Arbitrary<Long> minutes =
        Arbitraries.oneOf(
            Arbitraries.longs().between(29_000_000, 29_003_000),
            Arbitraries.longs().between(0, Integer.MAX_VALUE));
    Arbitrary<String> consumers =
        Arbitraries.oneOf(Arbitraries.of("", "user-1", "användare"), Arbitraries.strings());
    return Combinators.combine(
            Arbitraries.of("acme", "acme-2", "a", "b", ""),
            minutes,
            Arbitraries.of("", "orders", "users"),
            Arbitraries.of("GET", "POST", "OTHER"),
            Arbitraries.of(StatusClass.values()),
            consumers,
            Arbitraries.longs().between(0, 1L << 40),
            durationsAndIds())
        .as(
            (tenant, minute, route, method, status, consumer, bytes, slowest) ->
                new Observation(
                    tenant,
                    minute,
                    route,
                    method,
                    status,
                    consumer,
                    bytes,
                    bytes / 2,
                    slowest.micros(),
                    slowest.requestId()));
  }

  /** Few durations, so that two are often the same; ids that are kept, and some that are not. */
  private static Arbitrary<Slowest> durationsAndIds() {
    return Combinators.combine(
            Arbitraries.oneOf(
                Arbitraries.longs().between(0, 3),
                Arbitraries.longs().between(0, LatencyBucket.MAX_MICROS)),
            Arbitraries.of("", "a", "b", "0193-c", "é", "x".repeat(129)))
        .as(Slowest::new);
  }

  private static Observation observation(long minute, long micros) {
    return new Observation(
        "acme", minute, "r", "GET", StatusClass.SUCCESS, "u", 1, 2, micros, "id-" + micros);
  }

  private static long micros(int bucket) {
    return Math.round(LatencyBucket.middle(bucket));
  }

  private static Cell sum(List<Observation> observations) {
    Cell cell = Cell.EMPTY;
    for (Observation each : observations) {
      cell = cell.plus(each);
    }
    return cell;
  }
}
