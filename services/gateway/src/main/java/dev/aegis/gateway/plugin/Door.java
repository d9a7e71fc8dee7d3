package dev.aegis.gateway.plugin;

import dev.aegis.plugin.Arrival;
import dev.aegis.plugin.Filter;
import java.util.List;

/** The plugins that are asked about new connections, in their order. */
public final class Door {
  /** Nobody is asked. */
  public static final Door OPEN = new Door(List.of());

  private final List<Link> links;

  private Door(List<Link> links) {
    this.links = List.copyOf(links);
  }

  /** Those. */
  public static Door of(List<Link> links) {
    return links.isEmpty() ? OPEN : new Door(links);
  }

  /** Whether the connection is served; not so when one says no, or fails that must not. */
  public boolean admits(Arrival arrival) {
    for (Link link : links) {
      try {
        if (!link.call(
            Phase.CONNECTION, Filter.Connecting.class, filter -> filter.admits(arrival))) {
          return false;
        }
      } catch (PluginFailed e) {
        if (!link.terms().open()) {
          return false;
        }
      }
    }
    return true;
  }
}
