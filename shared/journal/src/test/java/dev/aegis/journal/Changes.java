package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Short ways to write changes in tests. */
final class Changes {
  static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private Changes() {}

  static Change put(String key, long expected) {
    ObjectKey object = ObjectKey.parse(key);
    return new Change(object, Json.object().put("id", object.id()), expected, "test", AT);
  }

  static Change put(String key, long expected, Instant at) {
    ObjectKey object = ObjectKey.parse(key);
    return new Change(object, Json.object().put("id", object.id()), expected, "test", at);
  }

  static Change delete(String key, long expected) {
    return new Change(ObjectKey.parse(key), null, expected, "test", AT);
  }

  /** A document of {@code {'a': 1}}, with single quotes for double ones. */
  static ObjectNode json(String text) {
    try {
      return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
