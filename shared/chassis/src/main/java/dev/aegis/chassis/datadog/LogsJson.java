package dev.aegis.chassis.datadog;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes lines of the log as a payload of Datadog's {@code POST /api/v2/logs}.
 *
 * <p>The message is the line's JSON, which Datadog takes apart itself. What of a request has a
 * standard attribute of Datadog's goes under that one: {@code status} alone would be read as a
 * severity.
 */
final class LogsJson {
  /** Datadog takes 1,000. */
  static final int MOST_LINES = 1000;

  /** Of lines as they are logged; Datadog takes 5 MB of what is made of them. */
  static final int MOST_BYTES = 1_500_000;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double NANOS_PER_MILLI = 1e6;

  private final String service;
  private final String host;
  private final String common;

  /**
   * @param service of lines that do not say
   * @param common tags of every line that are not the service's
   */
  LogsJson(String service, String host, List<String> common) {
    this.service = service;
    this.host = host;
    this.common = String.join(",", common);
  }

  Payload payload(List<byte[]> lines) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(lines.size() * 600 + 64);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartArray();
      for (byte[] line : lines) {
        write(json, line);
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory does not fail", e);
    }
    return Payload.of(out.toByteArray(), lines.size());
  }

  private void write(JsonGenerator json, byte[] line) throws IOException {
    String message = new String(line, StandardCharsets.UTF_8);
    String of = service;
    StringBuilder tags = new StringBuilder(common);
    if (parsed(message) instanceof ObjectNode object) {
      of = object.path("service").asText(service);
      tag(tags, "tenant", object.path("tenant_id"));
      tag(tags, "route", object.path("route_id"));
      standard(object);
      message = object.toString();
    }
    json.writeStartObject();
    json.writeStringField("ddsource", "aegis");
    json.writeStringField("ddtags", tags.toString());
    json.writeStringField("hostname", host);
    json.writeStringField("service", of);
    json.writeStringField("message", message);
    json.writeEndObject();
  }

  private static JsonNode parsed(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return JSON.missingNode(); // Then it is text, and goes as that.
    }
  }

  private static void tag(StringBuilder tags, String name, JsonNode value) {
    if (value.isTextual()) {
      tags.append(tags.isEmpty() ? "" : ",").append(Intervals.tag(name, value.asText()));
    }
  }

  private static void standard(ObjectNode line) {
    if (!line.path("status").isNumber()) {
      return; // Not of a request.
    }
    ObjectNode http = JSON.createObjectNode();
    move(line, "status", http, "status_code");
    move(line, "method", http, "method");
    move(line, "uri", http, "url");
    line.set("http", http);
    ObjectNode client = JSON.createObjectNode();
    move(line, "client_ip", client, "ip");
    line.putObject("network").set("client", client);
    if (line.path("latency_ms").isNumber()) {
      line.put("duration", Math.round(line.path("latency_ms").asDouble() * NANOS_PER_MILLI));
    }
  }

  private static void move(ObjectNode from, String name, ObjectNode to, String as) {
    JsonNode value = from.remove(name);
    if (value != null) {
      to.set(as, value);
    }
  }
}
