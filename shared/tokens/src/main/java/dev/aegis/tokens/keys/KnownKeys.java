package dev.aegis.tokens.keys;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import dev.aegis.journal.PublishedKeys;
import dev.aegis.tokens.keys.Answer.Published;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one set of keys.
 *
 * @param keys those of the set, and those that left it not long ago
 * @param fetched when the set was last answered for
 */
record KnownKeys(List<Held> keys, Instant fetched) {
  KnownKeys {
    keys = List.copyOf(keys);
  }

  /**
   * One key.
   *
   * @param left since when it is not in the set any more, null while it is
   */
  record Held(Published published, @Nullable Instant left) {}

  /** What is known once the set is {@code listed}. */
  static KnownKeys after(@Nullable KnownKeys before, List<Published> listed, Instant now) {
    List<Held> keys = new ArrayList<>();
    for (Published published : listed) {
      keys.add(new Held(published, null));
    }
    Instant longAgo = now.minusSeconds(PublishedKeys.MAX_OVERLAP_SECONDS);
    for (Held held : before == null ? List.<Held>of() : before.keys) {
      Instant left = held.left() == null ? now : held.left();
      if (!listed.contains(held.published())
          && left.isAfter(longAgo)
          && keys.size() < 2 * Answer.MAX_KEYS) {
        keys.add(new Held(held.published(), left));
      }
    }
    return new KnownKeys(keys, now);
  }

  /** Whether the same keys are in the set. */
  boolean sameSet(KnownKeys other) {
    return listed().equals(other.listed());
  }

  private List<ObjectNode> listed() {
    return keys.stream()
        .filter(held -> held.left() == null)
        .map(held -> held.published().jwk())
        .toList();
  }

  /** As it stands on disk. */
  ObjectNode write() {
    ObjectNode document = Json.object().put("fetched_at", fetched.toEpochMilli());
    ArrayNode list = document.putArray("keys");
    for (Held held : keys) {
      ObjectNode item = list.addObject();
      item.set("jwk", held.published().jwk());
      Instant left = held.left();
      if (left != null) {
        item.put("left_at", left.toEpochMilli());
      }
    }
    return document;
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param now nothing was fetched later than this, whatever a clock said then
   */
  static KnownKeys read(ObjectNode document, Instant now) {
    List<Held> keys = new ArrayList<>();
    for (JsonNode item : document.path("keys")) {
      Published published =
          item.path("jwk") instanceof ObjectNode jwk ? Answer.published(jwk) : null;
      if (published != null) {
        keys.add(new Held(published, item.has("left_at") ? time(item.path("left_at"), now) : null));
      }
    }
    return new KnownKeys(keys, time(document.path("fetched_at"), now));
  }

  private static Instant time(JsonNode millis, Instant now) {
    Instant time = Instant.ofEpochMilli(Math.max(0, millis.asLong()));
    return time.isAfter(now) ? now : time;
  }
}
