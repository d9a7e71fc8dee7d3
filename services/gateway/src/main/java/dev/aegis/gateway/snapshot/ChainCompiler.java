package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.plugin.Link;
import dev.aegis.gateway.plugin.Links;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.PluginDefinition;
import dev.aegis.journal.RateLimitConfig;
import dev.aegis.plugin.Place;
import dev.aegis.plugins.Installed;
import dev.aegis.plugins.builtin.FaultInjection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Folds the plugins of one tenant, those of the installation and of the tenants above it included,
 * into a chain for each route. One that is broken stays in its place, where it fails as its
 * definition says.
 */
final class ChainCompiler {
  private static final Comparator<Placed> ORDER =
      Comparator.<Placed>comparingInt(placed -> placed.plugin().order())
          .thenComparing(placed -> placed.plugin().id());

  private final Links links;
  private final MasterKey masterKey;
  private final String tenant;
  private final Lineage lineage;
  private final Readings readings;
  private final List<Placed> all = new ArrayList<>();
  private final Set<ObjectKey> used = new HashSet<>();
  private final Set<String> said = new HashSet<>();

  /**
   * A plugin that is in force somewhere.
   *
   * @param far how far from the tenant it was put to use; its own are at 0
   */
  private record Placed(
      Lineage.Holding holding,
      PluginDefinition plugin,
      @Nullable Installed of,
      Link link,
      int far) {
    String name() {
      return plugin.plugin();
    }

    /** The nearer one of two of the same plugin has less. */
    int distance() {
      int narrow = plugin.route() != null ? 0 : plugin.upstream() != null ? 1 : 2;
      return far * 3 + narrow;
    }
  }

  ChainCompiler(Compiler compiler, Fold fold, String tenant, Lineage lineage, Readings readings) {
    this.links = compiler.links();
    this.masterKey = compiler.masterKey();
    this.tenant = tenant;
    this.lineage = lineage;
    this.readings = readings;
    List<String> above = new ArrayList<>();
    lineage.ancestors().forEach(ancestor -> above.add(ancestor.id()));
    for (Entry entry : fold.list(Kind.PLUGIN, null)) {
      place(new Lineage.Holding(entry, true, Lineage.Use.ALL), above.size() + 1);
    }
    for (Lineage.Holding holding : lineage.holdings(Kind.PLUGIN)) {
      place(holding, above.indexOf(holding.entry().key().tenant()) + 1);
    }
    links.keepOnly(tenant, used);
    all.sort(ORDER);
  }

  private void place(Lineage.Holding holding, int far) {
    Entry entry = holding.entry();
    PluginDefinition plugin;
    try {
      if (!(entry.definition() instanceof PluginDefinition known)) {
        return;
      }
      plugin = known;
    } catch (InvalidDefinition e) {
      return; // a finding already, where limits are read
    }
    if (!plugin.enabled()
        || plugin.plugin().equals(RateLimitConfig.PLUGIN)
        || !holding.own() && !TenantCompiler.ofSameOrigin(lineage, plugin, entry)) {
      return;
    }
    used.add(entry.key());
    Links.Made made =
        wideEnough(entry.key(), plugin, links.link(entry.key(), tenant, plugin, masterKey));
    String wrong = made.wrong();
    if (wrong != null) {
      readings.found(holding, wrong + meanwhile(plugin));
    } else if (plugin.plugin().equals(FaultInjection.NAME) && holding.own()) {
      readings.warning(entry, "requests wait or are refused on purpose");
    }
    all.add(new Placed(holding, plugin, links.plugin(plugin.plugin()), made.link(), far));
  }

  /** One that would never be asked where it stands fails: it might be there to keep callers out. */
  private Links.Made wideEnough(ObjectKey key, PluginDefinition plugin, Links.Made made) {
    Place stands =
        plugin.route() != null || plugin.upstream() != null
            ? Place.ROUTE
            : key.tenant() != null ? Place.TENANT : Place.INSTALLATION;
    Installed installed = links.plugin(plugin.plugin());
    if (installed != null && installed.narrowest().compareTo(stands) > 0) {
      String wrong = "it is for a wider place than this";
      return new Links.Made(made.link().breaks(wrong), wrong);
    }
    for (Phase phase : made.link().phases()) {
      if (phase.narrowest().compareTo(stands) > 0) {
        String wrong = "it takes part in " + phase.label() + ", which is too early for its place";
        return new Links.Made(made.link().breaks(wrong), wrong);
      }
    }
    return made;
  }

  private static String meanwhile(PluginDefinition plugin) {
    return plugin.letsPass() ? "; requests go on without it" : "; its routes get 503";
  }

  /**
   * The chain of requests that have no route, or none yet: of those plugins that are on all of
   * them. What one of these requires may be on each route and yet not here, so it does without: it
   * fails on the routes where that is missing.
   */
  Chain everywhere() {
    return chain(
        all.stream()
            .filter(placed -> placed.plugin().route() == null && placed.plugin().upstream() == null)
            .toList(),
        false,
        false);
  }

  /**
   * The chain of a route.
   *
   * @param route id, null for the default route
   * @param cors whether the route itself says which pages may use it
   */
  Chain on(@Nullable String route, List<String> upstreams, boolean cors) {
    List<Placed> here = new ArrayList<>();
    for (Placed placed : all) {
      String onlyRoute = placed.plugin().route();
      String onlyUpstream = placed.plugin().upstream();
      if ((onlyRoute == null || onlyRoute.equals(route))
          && (onlyUpstream == null || upstreams.contains(onlyUpstream))) {
        here.add(placed);
      }
    }
    return chain(here, cors, true);
  }

  private Chain chain(List<Placed> here, boolean cors, boolean onRoute) {
    List<Placed> nearest = here.stream().filter(placed -> !hidden(placed, here)).toList();
    List<Link> ordered = new ArrayList<>();
    Set<Placed> done = new HashSet<>();
    for (Placed placed : nearest) {
      follow(placed, nearest, ordered, done, new HashSet<>(), onRoute);
    }
    return Chain.of(ordered, cors);
  }

  /** Whether a nearer one of the same plugin stands in its place. */
  private static boolean hidden(Placed placed, List<Placed> here) {
    Installed of = placed.of();
    return of != null
        && !of.adds()
        && here.stream()
            .anyMatch(
                other ->
                    other.name().equals(placed.name()) && other.distance() < placed.distance());
  }

  /** Puts it behind those that it requires. */
  private void follow(
      Placed placed,
      List<Placed> here,
      List<Link> ordered,
      Set<Placed> done,
      Set<String> waiting,
      boolean onRoute) {
    if (!done.add(placed)) {
      return;
    }
    String wrong = null;
    Set<String> further = new HashSet<>(waiting);
    further.add(placed.name());
    for (String needed : placed.of() == null ? List.<String>of() : placed.of().requires()) {
      List<Placed> found = here.stream().filter(other -> other.name().equals(needed)).toList();
      if (further.contains(needed)) {
        wrong = "it requires \"" + needed + "\", which requires it";
      } else if (found.isEmpty() && onRoute) {
        wrong = "it requires \"" + needed + "\", which is not on each of its routes";
      }
      for (Placed other : wrong == null ? found : List.<Placed>of()) {
        follow(other, here, ordered, done, further, onRoute);
      }
    }
    if (wrong == null) {
      ordered.add(placed.link());
      return;
    }
    ordered.add(placed.link().breaks(wrong));
    if (onRoute && said.add(placed.plugin().id() + wrong)) {
      readings.found(placed.holding(), wrong + meanwhile(placed.plugin()));
    }
  }
}
