package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.upstream.Backend;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.journal.Arbiter;
import dev.aegis.journal.Arbitration;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.RouteDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who is asked about requests of each route of one tenant: as the route says, else its tenant. */
final class Arbiters {
  /** What holds while nobody knows who is to be asked: nothing passes. */
  private static final Arbiter NO_ANSWER =
      new Arbiter("", "/", Duration.ofMillis(1), false, List.of(), List.of(), Duration.ZERO);

  private final Readings readings;
  private final Map<String, Upstream> upstreams;
  private final @Nullable Presumed presumed;

  /**
   * Who is asked where a route does not say.
   *
   * @param terms id and revision of the tenant that says so
   */
  private record Presumed(String terms, Arbiter rules, Backend backend) {}

  /**
   * @param own the tenant's definition
   * @param upstreams those that it uses, by id
   */
  Arbiters(
      Fold fold, Entry own, Lineage lineage, Readings readings, Map<String, Upstream> upstreams) {
    this.readings = readings;
    this.upstreams = upstreams;
    this.presumed =
        switch (lineage.asked()) {
          case Lineage.Asked.Nobody nobody -> null;
          case Lineage.Asked.Of(String tenant, Arbiter rules) ->
              presumed(fold, own, lineage, tenant, rules);
          case Lineage.Asked.Unknown unknown -> {
            readings.error(own, "who is to be asked is not known; requests get 503");
            yield new Presumed("", NO_ANSWER, new Backend(NO_ANSWER.upstream(), null));
          }
        };
  }

  private Presumed presumed(Fold fold, Entry own, Lineage lineage, String tenant, Arbiter rules) {
    String id = rules.upstream();
    boolean inherited = !tenant.equals(own.key().tenant());
    Upstream upstream =
        inherited && !same(lineage, Lineage.of(fold, tenant), id) ? null : upstreams.get(id);
    if (upstream == null) {
      readings.error(
          own,
          "external_authorization: upstream \"%s\" %s; %s"
              .formatted(
                  id,
                  inherited ? "of tenant \"" + tenant + "\" cannot be used here" : "does not exist",
                  without(rules)));
    }
    Entry says = fold.find(ObjectKey.tenant(tenant));
    String terms = tenant + '@' + (says == null ? -1 : says.revision());
    return new Presumed(terms, rules, new Backend(id, upstream));
  }

  /** Another upstream with the same id is not the one that is meant. */
  private static boolean same(Lineage here, Lineage there, String id) {
    Lineage.Holding one = here.find(Kind.UPSTREAM, id);
    Lineage.Holding other = there.find(Kind.UPSTREAM, id);
    return one != null && other != null && one.entry().key().equals(other.entry().key());
  }

  private static String without(Arbiter rules) {
    return rules.letsPass() ? "requests pass unasked" : "requests get 503";
  }

  /** Who is asked about requests of a route, null for nobody. */
  @Nullable ArbiterPlan of(Entry entry, RouteDefinition route) {
    String terms = route.id() + '\n' + entry.revision();
    return switch (route.arbitration()) {
      case Arbitration.Nobody nobody -> null;
      case Arbitration.By(Arbiter rules, boolean descendants) -> {
        String id = rules.upstream();
        if (!upstreams.containsKey(id)) {
          readings.error(entry, "upstream \"" + id + "\" does not exist; " + without(rules));
        }
        yield new ArbiterPlan(terms, rules, new Backend(id, upstreams.get(id)));
      }
      case Arbitration.Unsaid unsaid -> {
        for (String name : presumed == null ? List.<String>of() : presumed.rules().replyHeaders()) {
          if (route.requestHeaders().has(name)) {
            readings.warning(entry, "backends get \"" + name + "\" from the external service, too");
          }
        }
        if (route.caching() != null
            && presumed != null
            && !presumed.rules().replyHeaders().isEmpty()) {
          readings.warning(
              entry,
              "nothing is kept: what the external service of its tenant says for backends differs"
                  + " from caller to caller");
        }
        yield presumed(terms);
      }
    };
  }

  /** Who is asked about requests of a tenant without routes. */
  @Nullable ArbiterPlan ofDefaultRoute() {
    return presumed("");
  }

  private @Nullable ArbiterPlan presumed(String terms) {
    return presumed == null
        ? null
        : new ArbiterPlan(terms + '\n' + presumed.terms(), presumed.rules(), presumed.backend());
  }
}
