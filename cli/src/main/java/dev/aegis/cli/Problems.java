package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.http.HttpResponse;

/** Problem documents (RFC 9457) as text for a person. */
final class Problems {
  private Problems() {}

  /** What the answer says went wrong: one line, and one more for each violation. */
  static String text(HttpResponse<byte[]> response) {
    return text(response, response.body());
  }

  /**
   * The same of an answer whose body was read by itself.
   *
   * @param body what there was of it
   */
  static String text(HttpResponse<?> response, byte[] body) {
    JsonNode problem = read(body);
    String code = problem.path("code").asText("");
    if (code.isEmpty()) {
      return response.uri() + " answered with status " + response.statusCode();
    }
    String detail = problem.path("detail").asText(problem.path("title").asText(""));
    StringBuilder text = new StringBuilder(128);
    text.append(detail.strip());
    text.append(" (").append(response.statusCode()).append(' ').append(code).append(')');
    for (JsonNode violation : problem.path("violations")) {
      String field = violation.path("field").asText("");
      text.append("\n  ")
          .append(field.isEmpty() ? "document" : field)
          .append(": ")
          .append(violation.path("message").asText());
    }
    if (response.statusCode() == 401) {
      text.append("\n  The token comes from AEGIS_ADMIN_TOKEN, else from admin-token in the data")
          .append(" directory.");
    }
    return text.toString();
  }

  private static JsonNode read(byte[] body) {
    try {
      JsonNode problem = AdminClient.JSON.readTree(body);
      return problem == null ? MissingNode.getInstance() : problem;
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }
}
