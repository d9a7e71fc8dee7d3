package dev.aegis.chassis.datadog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes points as payloads of Datadog's {@code POST /api/v2/series}, each within its bounds:
 * 512,000 bytes compressed and 5 MiB as they are.
 */
final class SeriesJson {
  static final int MOST_COMPRESSED = 500_000;
  static final int MOST_BYTES = 5_000_000;

  private static final int MOST_POINTS = 10_000;
  private static final JsonFactory JSON = new JsonFactory();

  private final String host;
  private final List<String> common;

  /**
   * @param common tags of every point
   */
  SeriesJson(String host, List<String> common) {
    this.host = host;
    this.common = List.copyOf(common);
  }

  List<Payload> payloads(List<Point> points, Instant at, Duration interval) {
    List<Payload> payloads = new ArrayList<>();
    for (int from = 0; from < points.size(); from += MOST_POINTS) {
      int to = Math.min(points.size(), from + MOST_POINTS);
      split(points.subList(from, to), at, interval, payloads);
    }
    return payloads;
  }

  private void split(List<Point> points, Instant at, Duration interval, List<Payload> to) {
    byte[] json = json(points, at, interval);
    Payload whole = Payload.of(json, points.size());
    if (points.size() > 1 && (json.length > MOST_BYTES || whole.body().length > MOST_COMPRESSED)) {
      int middle = points.size() / 2;
      split(points.subList(0, middle), at, interval, to);
      split(points.subList(middle, points.size()), at, interval, to);
    } else {
      to.add(whole);
    }
  }

  private byte[] json(List<Point> points, Instant at, Duration interval) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(points.size() * 200 + 64);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeArrayFieldStart("series");
      for (Point point : points) {
        json.writeStartObject();
        json.writeStringField("metric", point.metric());
        json.writeNumberField("type", point.type().number());
        json.writeArrayFieldStart("points");
        json.writeStartObject();
        json.writeNumberField("timestamp", at.getEpochSecond());
        json.writeNumberField("value", point.value());
        json.writeEndObject();
        json.writeEndArray();
        if (point.type() == Point.Type.COUNT) {
          json.writeNumberField("interval", Math.max(1, interval.toSeconds()));
        }
        json.writeArrayFieldStart("resources");
        json.writeStartObject();
        json.writeStringField("name", host);
        json.writeStringField("type", "host");
        json.writeEndObject();
        json.writeEndArray();
        json.writeArrayFieldStart("tags");
        for (String tag : common) {
          json.writeString(tag);
        }
        for (String tag : point.tags()) {
          json.writeString(tag);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory does not fail", e);
    }
    return out.toByteArray();
  }
}
