package dev.aegis.admin.nodes;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import java.util.List;

/**
 * Whether a revision is in force everywhere.
 *
 * @param revision which
 * @param gateways names of the live gateways
 * @param waitingFor those of them that run an older revision
 */
public record Applied(long revision, List<String> gateways, List<String> waitingFor) {
  public Applied {
    gateways = List.copyOf(gateways);
    waitingFor = List.copyOf(waitingFor);
  }

  /** Whether no live gateway runs an older revision; also when there is none. */
  public boolean complete() {
    return waitingFor.isEmpty();
  }

  /** As a reply shows it. */
  public ObjectNode shown() {
    ObjectNode shown = Json.object().put("complete", complete()).put("revision", revision);
    ArrayNode all = shown.putArray("gateways");
    gateways.forEach(all::add);
    ArrayNode late = shown.putArray("waiting_for");
    waitingFor.forEach(late::add);
    return shown;
  }
}
