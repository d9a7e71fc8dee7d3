package dev.aegis.chassis;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.aegis.model.Problem;
import dev.aegis.model.Violation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes problems as {@code application/problem+json} (RFC 9457), without a tree on the way. */
public final class ProblemJson {
  private static final JsonFactory JSON = new JsonFactory();

  private ProblemJson() {}

  /** The UTF-8 bytes of {@code problem}; members without a value are left out. */
  public static byte[] write(Problem problem) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("type", problem.type());
      json.writeStringField("title", problem.title());
      json.writeNumberField("status", problem.status());
      json.writeStringField("detail", problem.detail());
      if (problem.instance() != null) {
        json.writeStringField("instance", problem.instance());
      }
      json.writeStringField("code", problem.code());
      if (problem.requestId() != null) {
        json.writeStringField("request_id", problem.requestId());
      }
      if (!problem.violations().isEmpty()) {
        json.writeArrayFieldStart("violations");
        for (Violation violation : problem.violations()) {
          json.writeStartObject();
          json.writeStringField("field", violation.field());
          json.writeStringField("message", violation.message());
          json.writeEndObject();
        }
        json.writeEndArray();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory does not fail", e);
    }
    return out.toByteArray();
  }
}
