package dev.aegis.analytics.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.analytics.query.Answer;
import dev.aegis.analytics.query.Asked;
import dev.aegis.analytics.query.Coverage;
import dev.aegis.analytics.query.Group;
import dev.aegis.analytics.query.Metric;
import dev.aegis.analytics.query.Question;
import dev.aegis.analytics.query.Series;
import dev.aegis.analytics.query.SeriesQuery;
import dev.aegis.analytics.query.TimeRange;
import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.Granularity;
import dev.aegis.analytics.rollup.Latencies;
import dev.aegis.analytics.rollup.Slowest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers as tables, which people open with programs that compute. */
final class AnswerCsvTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"=1+1,'=1+1", "+1,'+1", "-1,'-1", "@sum,'@sum", "01JB-x=y,01JB-x=y"})
  void anIdIsNoFormula(String id, String written) {
    Cell cell = new Cell(1, 0, 0, 0, Latencies.NONE, new Slowest(5, id));
    SeriesQuery query =
        new SeriesQuery(
            "acme",
            new TimeRange(1, 2),
            Granularity.MINUTE,
            List.of(),
            List.of(Metric.REQUESTS, Metric.SLOWEST));
    Answer answer =
        new Answer(
            new Asked(Question.TOP, query, 1),
            List.of(new Series(new Group(List.of()), List.of(), cell)),
            new Coverage(true, 0L, 0));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AnswerCsv.write(answer, out);
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("requests,slowest", "1," + written);
  }
}
