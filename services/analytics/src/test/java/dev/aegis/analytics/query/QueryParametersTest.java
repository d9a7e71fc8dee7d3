package dev.aegis.analytics.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.aegis.analytics.rollup.Granularity;
import dev.aegis.analytics.rollup.Retention;
import dev.aegis.model.Violation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class QueryParametersTest {
  private static final Instant NOW = Instant.parse("2026-03-04T10:20:30Z");
  private static final Retention RETENTION =
      new Retention(Duration.ofDays(30), Duration.ofDays(400), Duration.ofDays(3_650));

  @Test
  void silenceMeansTheLastHourByMinute() throws Exception {
    SeriesQuery query = read(Question.SERIES).query();

    assertThat(query.tenant()).isNull();
    assertThat(query.range().fromInstant()).isEqualTo("2026-03-04T09:21:00Z");
    assertThat(query.range().toInstant()).isEqualTo("2026-03-04T10:21:00Z");
    assertThat(query.buckets()).isEqualTo(60);
    assertThat(query.groupBy()).isEmpty();
    assertThat(query.metrics()).isEqualTo(Metric.DEFAULT);
  }

  @Test
  void silenceMeansTheLastThirtyDaysForUsage() throws Exception {
    SeriesQuery query = read(Question.USAGE, "tenant", "acme").query();

    assertThat(query.tenant()).isEqualTo("acme");
    assertThat(query.granularity()).isEqualTo(Granularity.DAY);
    assertThat(query.range().fromInstant()).isEqualTo("2026-02-03T00:00:00Z");
    assertThat(query.buckets()).isEqualTo(30);
    assertThat(query.groupBy()).containsExactly(Dimension.TENANT);
  }

  @Test
  void everythingCanBeSaid() throws Exception {
    SeriesQuery query =
        read(
                Question.SERIES,
                "tenant",
                "acme",
                "from",
                "2026-03-01T00:30:10Z",
                "to",
                "2026-03-02T03:00:00 02:00",
                "granularity",
                "hour",
                "group_by",
                "route,status_class",
                "metric",
                "p95, requests")
            .query();

    assertThat(query.range().fromInstant()).isEqualTo("2026-03-01T00:30:00Z");
    assertThat(query.range().toInstant()).isEqualTo("2026-03-02T01:00:00Z");
    assertThat(query.buckets()).isEqualTo(25);
    assertThat(query.groupBy()).containsExactly(Dimension.ROUTE, Dimension.STATUS_CLASS);
    assertThat(query.metrics()).containsExactly(Metric.P95, Metric.REQUESTS);
  }

  @Test
  void aDateIsItsMidnightInUtc() throws Exception {
    assertThat(read(Question.SERIES, "from", "2026-03-04").query().range().fromInstant())
        .isEqualTo("2026-03-04T00:00:00Z");
  }

  @Test
  void allMistakesAreNamedAtOnceWithWhatWasMeant() {
    assertThat(
            violations(
                Question.SERIES,
                "tennant",
                "acme",
                "granularity",
                "minutes",
                "metric",
                "requests,p96",
                "group_by",
                "rout"))
        .extracting(Violation::field, Violation::message)
        .satisfiesExactlyInAnyOrder(
            each -> assertThat(each.toList().toString()).contains("did you mean tenant?"),
            each -> assertThat(each.toList().toString()).contains("did you mean minute?"),
            each -> assertThat(each.toList().toString()).contains("\"p96\"", "did you mean p9"),
            each -> assertThat(each.toList().toString()).contains("did you mean route?"));
  }

  @Test
  void aRangeIsBounded() {
    assertThat(violations(Question.SERIES, "from", "2026-02-10", "to", "2026-03-01"))
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.field()).isEqualTo("granularity");
              assertThat(each.message()).contains("27360 points", "11000");
            });
    assertThat(violations(Question.SERIES, "from", "2026-03-04", "to", "2026-03-04"))
        .extracting(Violation::field)
        .containsExactly("from");
    assertThat(violations(Question.SERIES, "from", "yesterday"))
        .extracting(Violation::field)
        .containsExactly("from");
    assertThat(violations(Question.SERIES, "to", "9999-01-01", "granularity", "day"))
        .extracting(Violation::field)
        .containsExactly("from");
  }

  @Test
  void whatIsNoLongerKeptIsNotAnsweredWithZeros() throws Exception {
    assertThat(
            violations(
                Question.SERIES,
                "from",
                "2025-12-01T10:30:00Z",
                "to",
                "2026-03-01",
                "granularity",
                "hour"))
        .singleElement()
        .satisfies(each -> assertThat(each.message()).contains("minute", "30 days"));
    assertThat(
            read(Question.SERIES, "from", "2025-12-01T10:00:00Z", "granularity", "hour")
                .query()
                .buckets())
        .isPositive();
  }

  @Test
  void aParameterGivenTwiceIsAMistake() {
    InvalidQuery invalid =
        catchThrowableOfType(
            InvalidQuery.class,
            () ->
                QueryParameters.read(
                    Question.SERIES, Map.of("metric", List.of("p50", "p95")), NOW, RETENTION));

    assertThat(invalid.violations())
        .singleElement()
        .extracting(Violation::field)
        .isEqualTo("metric");
  }

  @Test
  void onlyATopListHasALimit() throws Exception {
    assertThat(read(Question.TOP).limit()).isEqualTo(10);
    assertThat(read(Question.TOP).query().groupBy()).containsExactly(Dimension.ROUTE);
    assertThat(read(Question.TOP, "limit", "3").limit()).isEqualTo(3);
    assertThat(violations(Question.TOP, "limit", "0")).hasSize(1);
    assertThat(violations(Question.TOP, "limit", "many")).hasSize(1);
    assertThat(violations(Question.SERIES, "limit", "3")).hasSize(1);
    assertThat(violations(Question.SERIES, "tenant", "A B")).hasSize(1);
    assertThat(violations(Question.USAGE, "tenant", ""))
        .anyMatch(violation -> violation.message().contains("empty"));
    assertThat(violations(Question.SERIES, "metric", "")).isNotEmpty();
  }

  private static List<Violation> violations(Question question, String... parameters) {
    return catchThrowableOfType(InvalidQuery.class, () -> read(question, parameters)).violations();
  }

  private static Asked read(Question question, String... parameters) throws InvalidQuery {
    Map<String, List<String>> map = new TreeMap<>();
    for (int i = 0; i < parameters.length; i += 2) {
      map.put(parameters[i], List.of(parameters[i + 1]));
    }
    return QueryParameters.read(question, map, NOW, RETENTION);
  }
}
