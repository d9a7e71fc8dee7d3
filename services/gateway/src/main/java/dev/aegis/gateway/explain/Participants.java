package dev.aegis.gateway.explain;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.plugin.Link;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.journal.RateLimitConfig;
import java.util.Locale;

/**
 * The plugins that would take part in a request, in the order in which they would be asked. None of
 * them is asked for this, and of one that is broken nothing is told but that it is: why may hold
 * what is not the tenant's to read.
 *
 * @param shown where they are put
 */
record Participants(ArrayNode shown) {
  /** A limit; all limits of a request are decided in one step. */
  void add(RateLimit limit) {
    shown
        .addObject()
        .put("id", limit.id())
        .put("plugin", RateLimitConfig.PLUGIN)
        .putArray("phases")
        .add("limits");
  }

  /** All of a chain. */
  void add(Chain chain) {
    for (Link link : chain.links()) {
      Link.Terms terms = link.terms();
      ObjectNode each = shown.addObject().put("id", terms.id()).put("plugin", terms.plugin());
      ArrayNode phases = each.putArray("phases");
      for (Phase phase : link.phases()) {
        phases.add(phase.label());
      }
      each.put("order", terms.scope().order())
          .put("on_failure", terms.open() ? "open" : "closed")
          .put("state", link.state().name().toLowerCase(Locale.ROOT))
          .putObject("scope")
          .put("tenant", terms.scope().owner())
          .put("route", terms.scope().route())
          .put("upstream", terms.scope().upstream());
    }
  }
}
