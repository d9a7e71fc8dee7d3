package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Lists in pieces: {@code ?limit=} and {@code ?cursor=}, {@code items} and {@code next_cursor}. */
final class Paging {
  static final String LIMIT = "limit";
  static final String CURSOR = "cursor";

  private static final int USUAL = 50;
  private static final int MOST = 500;
  private static final String MARK = "1:";

  private Paging() {}

  static int limit(Call call) {
    String value = call.query().get(LIMIT);
    if (value == null) {
      return USUAL;
    }
    try {
      int limit = Integer.parseInt(value);
      if (limit >= 1 && limit <= MOST) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message that says what is right.
    }
    throw RefusedCall.parameter(LIMIT, "must be a whole number from 1 to " + MOST);
  }

  /** After which id, or below which revision, the page begins; null for the first page. */
  static @Nullable String cursor(Call call) {
    String value = call.query().get(CURSOR);
    if (value == null) {
      return null;
    }
    try {
      String decoded = new String(Base64.getUrlDecoder().decode(value), StandardCharsets.UTF_8);
      if (decoded.startsWith(MARK)) {
        return decoded.substring(MARK.length());
      }
    } catch (IllegalArgumentException e) {
      // Falls through to the one message that says what is right.
    }
    throw RefusedCall.parameter(CURSOR, "must be a next_cursor of this list");
  }

  static Reply reply(Collection<ObjectNode> items, @Nullable String next) {
    ObjectNode page = Json.object();
    ArrayNode shown = page.putArray("items");
    shown.addAll(items);
    page.put(
        "next_cursor",
        next == null
            ? null
            : Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((MARK + next).getBytes(StandardCharsets.UTF_8)));
    return Reply.json(200, page);
  }
}
