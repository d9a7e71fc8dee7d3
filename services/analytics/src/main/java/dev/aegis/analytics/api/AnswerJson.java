package dev.aegis.analytics.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.aegis.analytics.query.Answer;
import dev.aegis.analytics.query.Coverage;
import dev.aegis.analytics.query.Metric;
import dev.aegis.analytics.query.Question;
import dev.aegis.analytics.query.Series;
import dev.aegis.analytics.query.SeriesQuery;
import dev.aegis.analytics.query.TimeRange;
import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.Slowest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Writes answers as JSON. */
final class AnswerJson {
  private static final JsonFactory JSON = new JsonFactory();

  private AnswerJson() {}

  static void write(Answer answer, ByteArrayOutputStream out) {
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      SeriesQuery query = answer.asked().query();
      Question question = answer.asked().question();
      if (question != Question.TOP) {
        json.writeStringField("granularity", query.granularity().wireName());
      }
      json.writeStringField("from", query.range().fromInstant().toString());
      json.writeStringField("to", query.range().toInstant().toString());
      json.writeArrayFieldStart(
          switch (question) {
            case SERIES -> "series";
            case USAGE -> "usage";
            case TOP -> "top";
          });
      for (Series series : answer.series()) {
        series(json, answer, series);
      }
      json.writeEndArray();
      coverage(json, answer.coverage());
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory does not fail", e);
    }
  }

  private static void series(JsonGenerator json, Answer answer, Series series) throws IOException {
    SeriesQuery query = answer.asked().query();
    json.writeStartObject();
    json.writeObjectFieldStart("group");
    for (int i = 0; i < query.groupBy().size(); i++) {
      json.writeStringField(query.groupBy().get(i).wireName(), series.group().values().get(i));
    }
    json.writeEndObject();
    switch (answer.asked().question()) {
      case SERIES -> points(json, query, series.points());
      case USAGE -> {
        json.writeObjectFieldStart("total");
        metrics(json, query, series.total());
        json.writeEndObject();
        points(json, query, series.points());
      }
      case TOP -> metrics(json, query, series.total());
    }
    json.writeEndObject();
  }

  private static void points(JsonGenerator json, SeriesQuery query, List<Cell> points)
      throws IOException {
    json.writeArrayFieldStart("points");
    long minute = query.granularity().floor(query.range().from());
    for (Cell point : points) {
      json.writeStartObject();
      json.writeStringField("time", TimeRange.instant(minute).toString());
      metrics(json, query, point);
      json.writeEndObject();
      minute += query.granularity().minutes();
    }
    json.writeEndArray();
  }

  private static void metrics(JsonGenerator json, SeriesQuery query, Cell sum) throws IOException {
    for (Metric metric : query.metrics()) {
      Slowest slowest = metric == Metric.SLOWEST ? sum.slowest() : null;
      if (slowest != null) {
        json.writeObjectFieldStart(metric.wireName());
        json.writeStringField("request_id", slowest.requestId());
        json.writeNumberField("duration_ms", slowest.micros() / 1_000.0);
        json.writeEndObject();
        continue;
      }
      switch (metric.of(sum)) {
        case null -> json.writeNullField(metric.wireName());
        case Long count -> json.writeNumberField(metric.wireName(), count);
        case Number value -> json.writeNumberField(metric.wireName(), value.doubleValue());
      }
    }
  }

  private static void coverage(JsonGenerator json, Coverage coverage) throws IOException {
    json.writeObjectFieldStart("coverage");
    json.writeBooleanField("final", coverage.complete());
    Long lag = coverage.lagRecords();
    if (lag == null) {
      json.writeNullField("lag_records");
    } else {
      json.writeNumberField("lag_records", lag);
    }
    json.writeNumberField("dropped", coverage.dropped());
    json.writeEndObject();
  }
}
