package dev.aegis.gateway.plugin;

import dev.aegis.plugin.Candidate;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Request;
import java.util.List;

/** The plugins of a route that choose targets; one request's. */
public final class Balancer {
  private final Chain chain;
  private final Views views;

  /** Those of {@code chain}. */
  public Balancer(Chain chain, LiveRequest request) {
    this.chain = chain;
    this.views = new Views(request);
  }

  /** The place of the target that the first of them chooses that does, -1 when none does. */
  public int choose(List<Candidate> targets) {
    for (Link link : chain.taking(Phase.BALANCE)) {
      try {
        Request seen = views.of(link);
        int chosen =
            link.call(
                Phase.BALANCE,
                Filter.Balancing.class,
                filter -> within(filter.choose(seen, targets), targets.size()));
        if (chosen >= 0) {
          return chosen;
        }
      } catch (PluginFailed e) {
        // The link has told of it; the upstream balances its targets itself.
      }
    }
    return -1;
  }

  private static int within(int chosen, int size) {
    if (chosen >= size) {
      throw new IllegalArgumentException("there is no target " + chosen + " of " + size);
    }
    return chosen;
  }
}
