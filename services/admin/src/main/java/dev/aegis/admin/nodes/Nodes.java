package dev.aegis.admin.nodes;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.bus.NodeBoard;
import dev.aegis.journal.Json;
import dev.aegis.model.Finding;
import dev.aegis.model.NodeStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What the running services say of themselves, seen from the journal's end. */
public final class Nodes {
  /** Name of the service whose revision decides whether a change is in force. */
  public static final String GATEWAY = "gateway";

  private static final Duration LOOK = Duration.ofMillis(10);

  private final NodeBoard board;

  /**
   * @param board where nodes speak
   */
  public Nodes(NodeBoard board) {
    this.board = board;
  }

  /**
   * A node and whether it was heard of lately.
   *
   * @param status what it said last
   * @param live whether that was within {@link NodeBoard#LIVE}
   */
  public record Seen(NodeStatus status, boolean live) {}

  /** Every node that has not taken its leave, by name. */
  public List<Seen> all() {
    List<Seen> all = new ArrayList<>();
    board.nodes().forEach(status -> all.add(new Seen(status, true)));
    board.silent().forEach(status -> all.add(new Seen(status, false)));
    all.sort(Comparator.comparing(seen -> seen.status().node()));
    return all;
  }

  /**
   * One node as a reply shows it.
   *
   * @param revision the journal's last, from which the lag counts
   */
  public static ObjectNode shown(Seen seen, long revision) {
    NodeStatus node = seen.status();
    ObjectNode shown = Json.object();
    shown.put("id", node.node());
    shown.put("service", node.service());
    shown.put("version", node.version());
    shown.put("live", seen.live());
    shown.put("revision", node.revision());
    shown.put("lag", Math.max(0, revision - node.revision()));
    shown.put("since", node.since().toString());
    shown.put("seen_at", node.at().toString());
    ArrayNode findings = shown.putArray("findings");
    for (Finding finding : node.findings()) {
      findings.add(shown(finding));
    }
    return shown;
  }

  /** One finding as a reply shows it. */
  public static ObjectNode shown(Finding finding) {
    return Json.object()
        .put("severity", finding.severity().name().toLowerCase(Locale.ROOT))
        .put("subject", finding.subject())
        .put("message", finding.message());
  }

  /** Where {@code revision} is in force now. */
  public Applied applied(long revision) {
    List<String> gateways = new ArrayList<>();
    List<String> waitingFor = new ArrayList<>();
    for (NodeStatus node : board.nodes()) {
      if (node.service().equals(GATEWAY)) {
        gateways.add(node.node());
        if (node.revision() < revision) {
          waitingFor.add(node.node());
        }
      }
    }
    return new Applied(revision, gateways, waitingFor);
  }

  /** Waits until every live gateway runs {@code revision}, no longer than {@code patience}. */
  public Applied awaitApplied(long revision, Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    Applied applied = applied(revision);
    while (!applied.complete() && System.nanoTime() - end < 0) {
      Thread.sleep(LOOK);
      applied = applied(revision);
    }
    return applied;
  }
}
