package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
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
    @Nullable Origin origin)
    implements JournalRecord {
  /** Expects that there is no such object. */
  public static final long ABSENT = -1;

  /** Expects nothing. */
  public static final long ANY = -2;

  /** A change that came by no call. */
  public Change(
      ObjectKey key, @Nullable ObjectNode definition, long expected, String actor, Instant at) {
    this(key, definition, expected, actor, at, null);
  }

  /**
   * Reads the value of a record about an object whose kind this version knows.
   *
   * @throws IOException when it is anything else, see {@link JournalRecord#parse}
   */
  public static Change parse(byte[] value) throws IOException {
    return switch (JournalRecord.parse(value)) {
      case Change change -> change;
      case UnknownChange unknown ->
          throw new IOException("not a change: this version does not know " + unknown.key());
    };
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
