package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.journal.Json;
import java.io.InputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an operator gets.
 *
 * @param status HTTP status
 * @param headers in their order, {@code Content-Type} included
 * @param body what follows
 */
record Reply(int status, Map<String, String> headers, Body body) {
  private static final String CONTENT_TYPE = "Content-Type";

  Reply {
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }

  /** What follows the head. */
  sealed interface Body {
    /** Nothing. */
    record None() implements Body {}

    /** Bytes at hand. */
    record Bytes(Payload payload) implements Body {}

    /** What another service sends, passed through and closed. */
    record Streamed(InputStream stream) implements Body {}

    /** Events, written as they come until it is over. */
    record Followed(LogFollowing following) implements Body {}
  }

  static Reply empty(int status) {
    return new Reply(status, Map.of(), new Body.None());
  }

  static Reply json(int status, JsonNode json) {
    return bytes(status, "application/json", Json.write(json));
  }

  static Reply bytes(int status, String contentType, byte[] bytes) {
    return new Reply(status, Map.of(CONTENT_TYPE, contentType), new Body.Bytes(new Payload(bytes)));
  }

  Reply with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Reply(status, more, body);
  }
}
