package dev.aegis.gateway.edge;

import dev.aegis.gateway.proxies.Front;
import java.time.Duration;

/**
 * Bounds on what a caller may keep the gateway waiting, and who may speak for it.
 *
 * @param idle between two requests of a connection
 * @param head from the first byte of a request to the end of its head
 * @param body between two reads of a request's body, and two writes of a reply
 * @param front what stands between callers and the gateway
 * @param tenantHeader whether callers of the base domain itself may name a tenant
 */
public record EdgeSettings(
    Duration idle, Duration head, Duration body, Front front, boolean tenantHeader) {
  /** Bounds on callers whose host alone says which tenant they mean. */
  public EdgeSettings(Duration idle, Duration head, Duration body, Front front) {
    this(idle, head, body, front, false);
  }

  /** Bounds on callers who connect themselves. */
  public EdgeSettings(Duration idle, Duration head, Duration body) {
    this(idle, head, body, Front.NONE);
  }
}
