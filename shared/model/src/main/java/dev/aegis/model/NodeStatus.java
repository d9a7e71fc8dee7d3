package dev.aegis.model;

import java.time.Instant;
import java.util.List;

/**
 * What one running service says of itself on {@code aegis.nodes}: the answer to "applied where?".
 *
 * @param node name of the process, unique among live ones
 * @param service which service it runs
 * @param version of the program
 * @param revision configuration revision in force, -1 before the first
 * @param since when that revision took force
 * @param at when this was said; a node that has been silent for longer than its heartbeat allows is
 *     not live
 * @param findings about the configuration in force
 */
public record NodeStatus(
    String node,
    String service,
    String version,
    long revision,
    Instant since,
    Instant at,
    List<Finding> findings) {
  public NodeStatus {
    findings = List.copyOf(findings);
  }
}
