package dev.aegis.analytics.api;

import dev.aegis.analytics.query.Answer;
import dev.aegis.analytics.query.Metric;
import dev.aegis.analytics.query.Question;
import dev.aegis.analytics.query.Series;
import dev.aegis.analytics.query.SeriesQuery;
import dev.aegis.analytics.query.TimeRange;
import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.Slowest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes answers as CSV (RFC 4180) with a header line: a line for each point of each series, or for
 * each group of a top list. What is null in JSON is empty here; the slowest request is its id,
 * behind an apostrophe where a spreadsheet would take it for a formula: any caller may have written
 * it.
 */
final class AnswerCsv {
  private AnswerCsv() {}

  static void write(Answer answer, ByteArrayOutputStream body) {
    StringBuilder out = new StringBuilder();
    SeriesQuery query = answer.asked().query();
    boolean timed = answer.asked().question() != Question.TOP;
    List<@Nullable String> fields = new ArrayList<>();
    if (timed) {
      fields.add("time");
    }
    query.groupBy().forEach(dimension -> fields.add(dimension.wireName()));
    query.metrics().forEach(metric -> fields.add(metric.wireName()));
    line(out, fields);
    for (Series series : answer.series()) {
      if (timed) {
        long minute = query.granularity().floor(query.range().from());
        for (Cell point : series.points()) {
          line(out, fields(query, TimeRange.instant(minute).toString(), series, point));
          minute += query.granularity().minutes();
        }
      } else {
        line(out, fields(query, null, series, series.total()));
      }
    }
    body.writeBytes(out.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static List<@Nullable String> fields(
      SeriesQuery query, @Nullable String time, Series series, Cell sum) {
    List<@Nullable String> fields = new ArrayList<>();
    if (time != null) {
      fields.add(time);
    }
    fields.addAll(series.group().values());
    for (Metric metric : query.metrics()) {
      Slowest slowest = metric == Metric.SLOWEST ? sum.slowest() : null;
      Number value = metric.of(sum);
      fields.add(
          slowest != null ? text(slowest.requestId()) : value == null ? null : value.toString());
    }
    return fields;
  }

  private static String text(String id) {
    return !id.isEmpty() && "=+-@".indexOf(id.charAt(0)) >= 0 ? "'" + id : id;
  }

  private static void line(StringBuilder out, List<@Nullable String> fields) {
    for (int i = 0; i < fields.size(); i++) {
      if (i > 0) {
        out.append(',');
      }
      String field = fields.get(i);
      if (field != null) {
        out.append(quoted(field));
      }
    }
    out.append("\r\n");
  }

  private static String quoted(String field) {
    boolean plain = field.chars().noneMatch(c -> c == '"' || c == ',' || c == '\r' || c == '\n');
    return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
  }
}
