package dev.aegis.bus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import dev.aegis.model.Finding;
import dev.aegis.model.NodeStatus;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The form of a {@link NodeStatus} on {@code aegis.nodes}. */
final class NodeStatusJson {
  private NodeStatusJson() {}

  static byte[] write(NodeStatus status) {
    ObjectNode json = Json.object();
    json.put("node", status.node());
    json.put("service", status.service());
    json.put("version", status.version());
    json.put("revision", status.revision());
    json.put("since", status.since().toString());
    json.put("at", status.at().toString());
    ArrayNode findings = json.putArray("findings");
    for (Finding finding : status.findings()) {
      findings
          .addObject()
          .put("severity", finding.severity().name().toLowerCase(Locale.ROOT))
          .put("subject", finding.subject())
          .put("message", finding.message());
    }
    return Json.write(json);
  }

  /**
   * Reads a status; members that this version does not know are ignored.
   *
   * @throws IOException when it is not one
   */
  static NodeStatus read(byte[] value) throws IOException {
    ObjectNode json = Json.readObject(value);
    List<Finding> findings = new ArrayList<>();
    for (JsonNode finding : json.path("findings")) {
      findings.add(
          new Finding(
              finding.path("severity").asText().equals("warning")
                  ? Finding.Severity.WARNING
                  : Finding.Severity.ERROR,
              finding.path("subject").asText(),
              finding.path("message").asText()));
    }
    try {
      return new NodeStatus(
          json.path("node").asText(),
          json.path("service").asText(),
          json.path("version").asText(),
          json.path("revision").asLong(-1),
          Instant.parse(json.path("since").asText()),
          Instant.parse(json.path("at").asText()),
          findings);
    } catch (DateTimeException e) {
      throw new IOException("not a node's status: " + e.getMessage(), e);
    }
  }
}
