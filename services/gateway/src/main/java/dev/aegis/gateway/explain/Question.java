package dev.aegis.gateway.explain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.journal.Fields;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.model.Violation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A request that somebody asks about.
 *
 * @param lines its head, as a caller would send it
 * @param address the caller's address
 */
record Question(String lines, String address) {
  /**
   * Reads one. Only what would make another request of it than it says is wrong: the rest is for
   * the phases to judge.
   *
   * @throws InvalidDefinition with every violation at once
   */
  static Question read(ObjectNode document) {
    List<Violation> violations = new ArrayList<>();
    Fields fields = new Fields(document, "", violations);
    String host = line(fields, "host", fields.text("host"));
    String method = line(fields, "method", fields.text("method"));
    String path = line(fields, "path", fields.text("path", RequestHead.MAX_REQUEST_LINE));
    StringBuilder lines = new StringBuilder();
    lines.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: ").append(host);
    for (Map.Entry<String, JsonNode> header : fields.tree("headers").properties()) {
      String name = line(fields, "headers", header.getKey());
      for (JsonNode value :
          header.getValue().isArray() ? header.getValue() : List.of(header.getValue())) {
        if (!value.isTextual()) {
          fields.reject("headers", "must hold strings, or lists of strings");
        }
        lines.append("\r\n").append(name).append(": ");
        lines.append(line(fields, "headers", value.asText()));
      }
    }
    String address = line(fields, "address", fields.textOr("address", "127.0.0.1"));
    fields.done();
    if (!violations.isEmpty()) {
      throw new InvalidDefinition(violations);
    }
    return new Question(lines.append("\r\n\r\n").toString(), address);
  }

  private static String line(Fields fields, String name, String text) {
    if (text.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7f)) {
      fields.reject(name, "must not hold control characters");
    }
    return text;
  }

  /** Reads its head as one that came from a caller. */
  RequestHead head() throws BadMessage {
    RequestHead head = new RequestHead();
    try {
      if (!head.read(Input.stored(lines.getBytes(StandardCharsets.UTF_8)))) {
        throw new BadMessage(BadMessage.Kind.INCOMPLETE, "there is none");
      }
    } catch (IOException e) {
      throw new IllegalStateException("Bytes in memory cannot be read", e);
    }
    return head;
  }
}
