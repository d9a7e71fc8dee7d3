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

/**
 * The form of a {@link NodeStatus} on {@code aegis.nodes}. It is bounded: a record that Kafka finds
 * too large would leave the board with what the node said before, and then with nothing.
 */
final class NodeStatusJson {
  /** Longest text of a finding, in characters; what is broken may be quoted in it. */
  private static final int LONGEST = 1_000;

  /** All findings together, in bytes; Kafka takes a record of about a million. */
  private static final int MOST = 700_000;

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
    int bytes = 0;
    for (Finding finding : status.findings()) {
      ObjectNode shown = shown(finding);
      bytes += Json.write(shown).length + 1;
      if (bytes > MOST) {
        int more = status.findings().size() - findings.size();
        String left = more + " more findings are left out here; the node's own /status has them";
        findings.add(shown(Finding.warning("findings", left)));
        break;
      }
      findings.add(shown);
    }
    return Json.write(json);
  }

  private static ObjectNode shown(Finding finding) {
    return Json.object()
        .put("severity", finding.severity().name().toLowerCase(Locale.ROOT))
        .put("subject", cut(finding.subject()))
        .put("message", cut(finding.message()));
  }

  private static String cut(String text) {
    if (text.length() <= LONGEST) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(LONGEST - 2)) ? LONGEST - 2 : LONGEST - 1;
    return text.substring(0, end) + "…";
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
