package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * The call that a change came by. It is part of the record, so that nothing can become of the one
 * without the other.
 *
 * @param address of the connection that it came on
 * @param method HTTP method
 * @param path without the query
 * @param requestId what the reply had as {@code X-Request-Id}
 */
public record Origin(String address, String method, String path, String requestId) {
  private static final int MAX_PATH = 1_024;

  public Origin {
    path = path.length() > MAX_PATH ? path.substring(0, MAX_PATH) : path;
  }

  /** The origin in a record, null when it has none. */
  static @Nullable Origin parse(ObjectNode change) {
    return change.get("origin") instanceof ObjectNode json
        ? new Origin(
            json.path("address").asText(),
            json.path("method").asText(),
            json.path("path").asText(),
            json.path("request_id").asText())
        : null;
  }

  ObjectNode toJson() {
    return Json.object()
        .put("address", address)
        .put("method", method)
        .put("path", path)
        .put("request_id", requestId);
  }
}
