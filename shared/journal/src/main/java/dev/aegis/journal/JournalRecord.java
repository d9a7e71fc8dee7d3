package dev.aegis.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One record of the journal, as far as this version understands it. */
public sealed interface JournalRecord permits Change, UnknownChange {
  /**
   * Reads a record's value.
   *
   * @throws IOException when it is no change of any object
   */
  static JournalRecord parse(byte[] value) throws IOException {
    ObjectNode json = Json.readObject(value);
    try {
      String key = json.path("key").asText();
      ObjectNode definition = definition(json);
      long expected = expected(json);
      String actor = json.path("actor").asText();
      Instant at = Timestamp.parse(json.path("at").asText());
      ObjectKey known = ObjectKey.known(key);
      return known == null
          ? new UnknownChange(UnknownKey.parse(key), definition, expected, actor, at)
          : new Change(known, definition, expected, actor, at, Origin.parse(json));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IOException("not a change: " + e.getMessage(), e);
    }
  }

  private static @Nullable ObjectNode definition(ObjectNode json) {
    String op = json.path("op").asText();
    ObjectNode definition = json.get("definition") instanceof ObjectNode object ? object : null;
    if (op.equals("put") && definition != null) {
      return definition;
    }
    if (op.equals("delete") && !json.hasNonNull("definition")) {
      return null;
    }
    throw new IllegalArgumentException("op is neither a put with a definition nor a delete");
  }

  private static long expected(ObjectNode json) {
    JsonNode expected = json.path("expected");
    if (!expected.isIntegralNumber() || !expected.canConvertToLong()) {
      throw new IllegalArgumentException("expected is not a revision");
    }
    return expected.longValue();
  }
}
