package dev.aegis.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One record of the journal: somebody's wish to change one object. Whether it was granted is not in
 * the record; the fold decides, the same on every reader.
 *
 * @param key the object
 * @param definition what it shall be, null to delete it
 * @param expected revision that the writer saw: the object's own, {@link #ABSENT}, or {@link #ANY}
 * @param actor who asked for it
 * @param at when
 * @param origin the call that it came by, null when it came by none, or by an older version
 */
public record Change(
    ObjectKey key,
    @Nullable ObjectNode definition,
    long expected,
    String actor,
    Instant at,
    @Nullable Origin origin) {
  /** Expects that there is no such object. */
  public static final long ABSENT = -1;

  /** Expects nothing. */
  public static final long ANY = -2;

  /** A change that came by no call. */
  public Change(
      ObjectKey key, @Nullable ObjectNode definition, long expected, String actor, Instant at) {
    this(key, definition, expected, actor, at, null);
  }

  /** Reads the record's value. */
  public static Change parse(byte[] value) throws IOException {
    ObjectNode json = Json.readObject(value);
    try {
      return new Change(
          ObjectKey.parse(json.path("key").asText()),
          definition(json),
          expected(json),
          json.path("actor").asText(),
          Timestamp.parse(json.path("at").asText()),
          Origin.parse(json));
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

  /** The record's value. */
  public byte[] toJson() {
    ObjectNode json = Json.object();
    json.put("key", key.toString());
    json.put("op", definition == null ? "delete" : "put");
    json.put("expected", expected);
    json.put("actor", actor);
    json.put("at", at.toString());
    if (origin != null) {
      json.set("origin", origin.toJson());
    }
    if (definition != null) {
      json.set("definition", definition);
    }
    return Json.write(json);
  }
}
