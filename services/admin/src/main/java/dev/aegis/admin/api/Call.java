package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Json;
import dev.aegis.journal.Origin;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One request of an operator, read as far as every operation needs it.
 *
 * @param method HTTP method
 * @param path as it was sent
 * @param rawQuery as it was sent, null when there is none
 * @param segments values of the template's parameters, by name
 * @param query decoded query parameters, each at most once
 * @param headers by lower-case name
 * @param body its bytes, empty when there is none
 * @param operator who asks
 * @param origin what the journal keeps of it
 */
record Call(
    String method,
    String path,
    @Nullable String rawQuery,
    Map<String, String> segments,
    Map<String, String> query,
    Map<String, String> headers,
    Payload body,
    Operator operator,
    Origin origin) {

  /** Media types that an operation reads. */
  static final Set<String> JSON = Set.of("application/json");

  static final Set<String> MERGE_PATCH = Set.of("application/merge-patch+json", "application/json");

  /** Value of a parameter of the path. */
  String segment(String name) {
    String value = segments.get(name);
    if (value == null) {
      throw new IllegalStateException("The template has no {" + name + "}");
    }
    return value;
  }

  @Nullable String header(String name) {
    return headers.get(name.toLowerCase(Locale.ROOT));
  }

  /** The media type of the body without its parameters, lower case; {@code ""} if it has none. */
  String mediaType() {
    String contentType = header("Content-Type");
    return contentType == null ? "" : contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /** The body as a JSON object of one of {@code types}. */
  ObjectNode document(Set<String> types) {
    String type = mediaType();
    if (!types.contains(type)) {
      throw new RefusedCall(
          Refusal.of(
              Refusal.Reason.UNSUPPORTED_MEDIA_TYPE,
              "Send the body with Content-Type: "
                  + String.join(" or ", types.stream().sorted().toList())));
    }
    try {
      return Json.readObject(body.bytes());
    } catch (IOException e) {
      throw RefusedCall.malformed("The body is " + e.getMessage());
    }
  }

  /** Refuses a body where none is expected, except an empty object. */
  void nobody() {
    if (body.bytes().length > 0 && !document(JSON).isEmpty()) {
      throw RefusedCall.malformed("This operation takes no body");
    }
  }

  /** A query parameter that is {@code true} or {@code false}. */
  boolean flag(String name) {
    String value = query.get(name);
    if (value == null || value.equals("false")) {
      return false;
    }
    if (!value.equals("true")) {
      throw RefusedCall.parameter(name, "must be true or false");
    }
    return true;
  }
}
