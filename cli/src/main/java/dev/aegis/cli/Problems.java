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
    JsonNode problem = read(response);
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

  private static JsonNode read(HttpResponse<byte[]> response) {
    try {
      JsonNode problem = AdminClient.JSON.readTree(response.body());
      return problem == null ? MissingNode.getInstance() : problem;
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }
}
