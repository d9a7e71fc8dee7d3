package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.cache.CachePlan;
import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.plugin.Link;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.routing.RouteTable;
import dev.aegis.gateway.routing.UpstreamPath;
import dev.aegis.gateway.upstream.Backend;
import dev.aegis.gateway.upstream.HeaderEdit;
import dev.aegis.gateway.upstream.Split;
import dev.aegis.gateway.upstream.Squeeze;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.journal.ApiKeyDefinition;
import dev.aegis.journal.Arbiter;
import dev.aegis.journal.Arbitration;
import dev.aegis.journal.Caching;
import dev.aegis.journal.CertificateDefinition;
import dev.aegis.journal.Compression;
import dev.aegis.journal.Destination;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.HeaderEdits;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.Mirror;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.PluginDefinition;
import dev.aegis.journal.RateLimitConfig;
import dev.aegis.journal.RateLimitConfig.Store;
import dev.aegis.journal.RevocationDefinition;
import dev.aegis.journal.RouteDefinition;
import dev.aegis.journal.SealedSecret;
import dev.aegis.journal.TargetSource;
import dev.aegis.journal.TenantDefinition;
import dev.aegis.journal.UpstreamDefinition;
import dev.aegis.model.Finding;
import dev.aegis.tracing.Span;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Compiles one tenant. Each object on its own: one that is broken leaves a finding, no more. */
final class TenantCompiler {
  private static final String DEFAULT_UPSTREAM = "api-service-";

  private final Compiler compiler;
  private final Fold fold;
  private final String tenant;
  private final Lineage lineage;
  private final @Nullable TenantPlan known;
  private final Readings readings;

  /**
   * @param ahead definitions that were read before
   * @param known the plan of before, null when there was none
   */
  TenantCompiler(
      Compiler compiler, Fold fold, String tenant, ReadAhead ahead, @Nullable TenantPlan known) {
    this.readings = new Readings(ahead);
    this.compiler = compiler;
    this.fold = fold;
    this.tenant = tenant;
    this.lineage = Lineage.of(fold, tenant);
    this.known = known;
  }

  /** The plan, or null when the tenant itself cannot be understood. */
  @Nullable TenantPlan compile() {
    Entry own = fold.find(ObjectKey.tenant(tenant));
    if (own == null || !(readings.definition(own) instanceof TenantDefinition definition)) {
      return known == null ? null : known.with(readings.findings()); // the last good one, if any
    }
    if (lineage.fault() != null) {
      readings.error(own, "nothing is inherited: " + lineage.fault());
    }
    List<Understood> understood = routes();
    Map<String, Upstream> upstreams = upstreams(named(understood));
    Arbiters arbiters = new Arbiters(fold, own, lineage, readings, upstreams);
    IdentityPlan identity =
        new IdentityCompiler(compiler, fold, tenant, lineage, readings)
            .compile(known == null ? null : known.identity());
    CertificateTable certificates = certificates(identity);
    List<Limit> limits = limits();
    ChainCompiler chains = new ChainCompiler(compiler, fold, tenant, lineage, readings);
    List<Map.Entry<RouteDefinition, RoutePlan>> routes = new ArrayList<>();
    understood.forEach(
        each -> {
          Entry entry = each.entry();
          RouteDefinition route = each.route();
          for (String id : route.destination().upstreams()) {
            if (!upstreams.containsKey(id)) {
              readings.error(entry, "upstream \"" + id + "\" does not exist; requests get 503");
            }
          }
          if (route.auth() == RouteDefinition.Auth.CLIENT_CERTIFICATE
              && certificates.demands().isEmpty()) {
            readings.warning(
                entry, "no certificate has client_auth, so nobody can show one; requests get 403");
          }
          Chain chain =
              chains.on(route.id(), route.destination().upstreams(), route.cors() != null);
          if (route.auth() == RouteDefinition.Auth.PLUGIN) {
            identifying(entry, chain);
          }
          HeaderEdit replyEdit =
              HeaderEdit.of(
                  route.replyHeaders(), route.cors() == null ? List.of() : CorsPlan.FIELDS);
          ArbiterPlan arbiter = arbiters.of(entry, route);
          List<String> said = arbiter == null ? List.of() : arbiter.rules().replyHeaders();
          Compression compression = route.compression();
          Caching caching = route.caching();
          routes.add(
              Map.entry(
                  route,
                  new RoutePlan(
                      route.id(),
                      Span.beginning(String.join(",", route.paths())),
                      route.auth(),
                      route.reportOnly(),
                      arbiter,
                      route.maintenance(),
                      end(route.destination(), upstreams),
                      UpstreamPath.of(route.stripPrefix(), route.rewrite(), route.paths()),
                      route.stripCredentials(),
                      HeaderEdit.of(route.requestHeaders(), said),
                      replyEdit,
                      CorsPlan.of(route.cors(), route.methods()),
                      mirror(entry, route.mirror(), upstreams),
                      compression == null ? null : new Squeeze(compression, replyEdit.dropped()),
                      caching == null || !said.isEmpty() // what is kept is not told apart by them
                          ? null
                          : new CachePlan(
                              route.id() + '\n' + entry.revision(), caching.maxEntryBytes()),
                      route.caps(),
                      on(limits, route.id(), route.destination().upstreams()),
                      chain)));
        });
    return new TenantPlan(
        tenant,
        own.createdAt(),
        definition.status() == TenantDefinition.Status.SUSPENDED,
        definition.mostActive(),
        definition.slugs(),
        definition.hosts(),
        identity,
        keys(identity),
        revocations(),
        RouteTable.of(routes),
        defaultRoute(upstreams, limits, arbiters, chains),
        certificates,
        chains.everywhere(),
        readings.findings());
  }

  /** Nobody passes where one that says who callers are fails, whatever its definition says. */
  private void identifying(Entry route, Chain chain) {
    if (!chain.has(Phase.IDENTIFY)) {
      readings.error(route, "no plugin on it says who callers are; requests get 503");
    } else if (chain.links().stream()
        .anyMatch(
            link ->
                link.state() == Link.State.BROKEN
                    && link.terms().open()
                    && link.phases().contains(Phase.IDENTIFY))) {
      readings.error(
          route, "a plugin on it is broken, which may say who callers are; requests get 503");
    }
  }

  /** What was found so far. */
  List<Finding> findings() {
    return readings.findings();
  }

  /** A tenant with routes has no other; that they are broken must not open it wider. */
  private @Nullable RoutePlan defaultRoute(
      Map<String, Upstream> upstreams,
      List<Limit> limits,
      Arbiters arbiters,
      ChainCompiler chains) {
    if (!fold.list(Kind.ROUTE, tenant).isEmpty()) {
      return null;
    }
    String defaultId = DEFAULT_UPSTREAM + tenant;
    ArbiterPlan arbiter = arbiters.ofDefaultRoute();
    return new RoutePlan(
        null,
        "/**",
        RouteDefinition.Auth.JWT,
        false,
        arbiter,
        null,
        new RoutePlan.End.Forwarded(Split.one(new Backend(defaultId, upstreams.get(defaultId)))),
        path -> path,
        false,
        arbiter == null
            ? HeaderEdit.NONE
            : HeaderEdit.of(HeaderEdits.NONE, arbiter.rules().replyHeaders()),
        HeaderEdit.NONE,
        null,
        null,
        null,
        null,
        RouteDefinition.Caps.NONE,
        on(limits, null, List.of(defaultId)),
        chains.on(null, List.of(defaultId), false));
  }

  /** A list, since to find one of many by what it says would take longer than to compile it. */
  private record Understood(Entry entry, RouteDefinition route) {}

  private List<Understood> routes() {
    List<Understood> routes = new ArrayList<>();
    for (Entry entry : fold.list(Kind.ROUTE, tenant)) {
      if (readings.definition(entry) instanceof RouteDefinition route) {
        routes.add(new Understood(entry, route));
      }
    }
    return routes;
  }

  /** Upstreams that requests may go to. */
  private Set<String> named(List<Understood> routes) {
    Set<String> named = new HashSet<>(Set.of(DEFAULT_UPSTREAM + tenant));
    for (Understood each : routes) {
      RouteDefinition route = each.route();
      named.addAll(route.destination().upstreams());
      if (route.mirror() != null) {
        named.add(route.mirror().upstream());
      }
      if (route.arbitration() instanceof Arbitration.By(Arbiter arbiter, boolean descendants)) {
        named.add(arbiter.upstream());
      }
    }
    if (lineage.asked() instanceof Lineage.Asked.Of(String of, Arbiter arbiter)) {
      named.add(arbiter.upstream());
    }
    return named;
  }

  /**
   * The tenant's own, and of those above it what it uses. These are its own too from then on, with
   * connections, circuit and bounds that no other tenant shares.
   */
  private Map<String, Upstream> upstreams(Set<String> named) {
    Map<String, Upstream> upstreams = new HashMap<>();
    for (Lineage.Holding holding : lineage.holdings(Kind.UPSTREAM)) {
      Entry entry = holding.entry();
      if ((holding.own() || named.contains(entry.key().id()))
          && readings.definition(holding) instanceof UpstreamDefinition definition) {
        if (definition.source() instanceof TargetSource.Consul consul
            && !compiler.upstreams().discovers()) {
          readings.found(holding, "service \"" + consul.service() + "\": no Consul is configured");
        }
        if (holding.own()) {
          definition.findings(entry.key()).forEach(readings::add);
        }
        UpstreamDefinition.Tls tls = definition.tls();
        SealedSecret sealed = tls == null ? null : tls.privateKey();
        try {
          String opened = sealed == null ? null : compiler.masterKey().open(entry.key(), sealed);
          upstreams.put(definition.id(), compiler.upstreams().put(tenant, definition, opened));
        } catch (IllegalArgumentException e) {
          readings.found(holding, "its private_key " + e.getMessage() + "; it is not asked");
        }
      }
    }
    String defaultId = DEFAULT_UPSTREAM + tenant;
    if (!upstreams.containsKey(defaultId) && compiler.upstreams().discovers()) {
      UpstreamDefinition byName = UpstreamDefinition.ofService(defaultId, defaultId);
      upstreams.put(defaultId, compiler.upstreams().put(tenant, byName));
    }
    compiler.upstreams().keepOnly(tenant, upstreams.keySet());
    return upstreams;
  }

  /** One that cannot be understood is nobody's. */
  private KeyTable keys(IdentityPlan identity) {
    KeyTable.Builder keys =
        new KeyTable.Builder(tenant, identity, known == null ? KeyTable.EMPTY : known.keys());
    for (Entry entry : fold.list(Kind.API_KEY, tenant)) {
      if (!keys.keep(entry.key().id(), entry.revision())
          && readings.definition(entry) instanceof ApiKeyDefinition key) {
        try {
          keys.add(key, entry.revision(), texts(entry.key(), key));
        } catch (IllegalArgumentException e) {
          readings.error(entry, "its signatures are refused: " + e.getMessage());
        }
      }
    }
    return keys.build();
  }

  /** The texts of a key that signs, none of one that is shown. */
  private List<String> texts(ObjectKey owner, ApiKeyDefinition key) {
    List<String> texts = new ArrayList<>();
    for (ApiKeyDefinition.Secret secret : key.secrets()) {
      SealedSecret sealed = secret.sealed();
      if (sealed != null) {
        texts.add(compiler.masterKey().open(owner, sealed));
      }
    }
    return texts;
  }

  /**
   * Those of the tenant, and of those above it, whose tokens may open it. One that cannot be
   * understood is a finding: what it revokes is not known.
   */
  private RevocationTable revocations() {
    RevocationTable.Builder revocations =
        new RevocationTable.Builder(known == null ? null : known.revocations());
    List<String> lettingIn = new ArrayList<>();
    lettingIn.add(tenant);
    lineage.ancestors().forEach(ancestor -> lettingIn.add(ancestor.id()));
    for (String whose : lettingIn) {
      for (Entry entry : fold.list(Kind.REVOCATION, whose)) {
        if (!revocations.keep(entry.key(), entry.revision())
            && readings.definition(entry) instanceof RevocationDefinition revocation) {
          revocations.add(entry.key(), revocation, entry.revision());
        }
      }
    }
    return revocations.build();
  }

  private CertificateTable certificates(IdentityPlan identity) {
    List<CertificateTable.Certificate> certificates = new ArrayList<>();
    List<CertificateDefinition> understood = new ArrayList<>();
    Map<String, Demand> closed = new HashMap<>();
    Map<ObjectKey, CertificateTable.Certificate> earlier = new HashMap<>();
    if (known != null) {
      known.certificates().certificates().forEach(each -> earlier.put(each.key(), each));
    }
    for (Entry entry : fold.list(Kind.CERTIFICATE, tenant)) {
      CertificateTable.Certificate before = earlier.get(entry.key());
      if (before != null && before.revision() == entry.revision()) {
        certificates.add(before); // to prove a key costs milliseconds
        understood.add(before.definition());
        continue;
      }
      if (!(readings.definition(entry) instanceof CertificateDefinition definition)) {
        close(entry, closed);
        continue;
      }
      understood.add(definition); // what it asks for holds even if it cannot be shown
      SealedSecret sealed = definition.privateKey();
      if (sealed != null) {
        try {
          String pem = compiler.masterKey().open(entry.key(), sealed);
          KeyedChain chain = KeyedChain.of(definition.chain(), pem);
          certificates.add(
              new CertificateTable.Certificate(entry.key(), entry.revision(), definition, chain));
        } catch (IllegalArgumentException e) {
          readings.error(entry, "it is not shown: " + e.getMessage());
        }
      }
    }
    Map<String, Demand> demands = demands(understood, identity);
    demands.putAll(closed);
    return CertificateTable.of(certificates, demands);
  }

  /** Of two certificates for one host, the one that is valid longer, as when they are shown. */
  private static Map<String, Demand> demands(
      List<CertificateDefinition> definitions, IdentityPlan identity) {
    Map<String, Demand> demands = new HashMap<>();
    definitions.stream()
        .filter(each -> each.callersShow() != CertificateDefinition.CallersShow.NONE)
        .sorted(Comparator.comparing(each -> each.chain().getFirst().getNotAfter()))
        .forEach(
            each -> {
              Demand demand =
                  new Demand(
                      each.callersShow() == CertificateDefinition.CallersShow.REQUIRED,
                      each.authorities(),
                      each.callersRoles(),
                      identity.access(each.callersRoles()));
              each.hosts().forEach(host -> demands.merge(host, demand, Demand::or));
            });
    return demands;
  }

  /** What stands for a demand that cannot be understood: it might have let in nobody. */
  private void close(Entry entry, Map<String, Demand> closed) {
    String asks = entry.body().path("client_auth").asText("none");
    if (!asks.equals("none")) {
      readings.error(entry, "callers of its hosts are refused meanwhile");
      Demand nobody = new Demand(true, List.of(), List.of(), Access.of(List.of(), Map.of()));
      entry.body().path("hosts").forEach(host -> closed.put(host.asText(), nobody));
    }
  }

  private record Limit(PluginDefinition plugin, RateLimit limit) {}

  /** An inherited limit of an upstream is not one of another upstream with the same id. */
  static boolean ofSameOrigin(Lineage lineage, PluginDefinition plugin, Entry entry) {
    String id = plugin.upstream();
    Lineage.Holding upstream = id == null ? null : lineage.find(Kind.UPSTREAM, id);
    return id == null
        || upstream != null
            && Objects.equals(upstream.entry().key().tenant(), entry.key().tenant());
  }

  /** The tenant at the top of the tree: all limits of one request are counted in one place. */
  private String root() {
    List<Lineage.Ancestor> ancestors = lineage.ancestors();
    return ancestors.isEmpty() ? tenant : ancestors.getLast().id();
  }

  /** Limits of the installation, of the tenant and of those above it, in their order. */
  private List<Limit> limits() {
    List<Limit> limits = new ArrayList<>();
    List<Lineage.Holding> holdings = new ArrayList<>();
    for (Entry entry : fold.list(Kind.PLUGIN, null)) {
      holdings.add(new Lineage.Holding(entry, true, Lineage.Use.ALL));
    }
    holdings.addAll(lineage.holdings(Kind.PLUGIN));
    for (Lineage.Holding holding : holdings) {
      Entry entry = holding.entry();
      if (!(readings.definition(holding) instanceof PluginDefinition plugin)
          || !plugin.enabled()
          || !holding.own() && !ofSameOrigin(lineage, plugin, entry)) {
        continue;
      }
      if (!plugin.plugin().equals(RateLimitConfig.PLUGIN)) {
        continue; // the others are chained
      }
      try {
        RateLimitConfig config = RateLimitConfig.read(plugin.config());
        if (config.store() != Store.LOCAL && !compiler.redis()) {
          noRedis(holding);
        }
        String owner = entry.key().tenant();
        String counted = config.together() && owner != null ? owner : tenant;
        String name = config.name(root(), counted, entry.key());
        RateLimit fresh = new RateLimit(plugin.id(), config, name);
        limits.add(new Limit(plugin, compiler.limit(entry.key(), counted, fresh)));
      } catch (InvalidDefinition e) {
        readings.found(holding, String.valueOf(e.getMessage()));
      }
    }
    limits.sort(
        Comparator.<Limit>comparingInt(limit -> limit.plugin().order())
            .thenComparing(limit -> limit.plugin().id()));
    return limits;
  }

  /** Said where it is published, once; the limit does what it says of a Redis that is away. */
  private void noRedis(Lineage.Holding holding) {
    if (holding.own()) {
      readings.warning(
          holding.entry(), "this gateway has no Redis; the limit does what on_failure says");
    }
  }

  private static RoutePlan.End end(Destination destination, Map<String, Upstream> upstreams) {
    return switch (destination) {
      case Destination.One(String id) ->
          new RoutePlan.End.Forwarded(Split.one(new Backend(id, upstreams.get(id))));
      case Destination.Redirect(int status, String to) ->
          new RoutePlan.End.Redirected(Redirect.of(status, to));
      case Destination.Split split -> {
        List<Split.Share> shares = new ArrayList<>();
        for (Destination.Share share : split.shares()) {
          String id = share.upstream();
          shares.add(new Split.Share(new Backend(id, upstreams.get(id)), share.weight()));
        }
        yield new RoutePlan.End.Forwarded(
            Split.of(
                shares,
                split.by(),
                split.header(),
                bound -> ThreadLocalRandom.current().nextInt(bound)));
      }
    };
  }

  private RoutePlan.@Nullable MirrorPlan mirror(
      Entry route, @Nullable Mirror mirror, Map<String, Upstream> upstreams) {
    if (mirror == null) {
      return null;
    }
    Upstream upstream = upstreams.get(mirror.upstream());
    if (upstream == null) {
      readings.error(
          route, "upstream \"" + mirror.upstream() + "\" does not exist; nothing is mirrored");
      return null;
    }
    return new RoutePlan.MirrorPlan(upstream, mirror.percent(), mirror.maxBodyBytes());
  }

  /** A limit of an upstream holds for every route that may lead to it. */
  private static List<RateLimit> on(
      List<Limit> limits, @Nullable String route, List<String> upstreams) {
    List<RateLimit> applying = new ArrayList<>();
    for (Limit limit : limits) {
      String onlyRoute = limit.plugin().route();
      String onlyUpstream = limit.plugin().upstream();
      if ((onlyRoute == null || onlyRoute.equals(route))
          && (onlyUpstream == null || upstreams.contains(onlyUpstream))) {
        applying.add(limit.limit());
      }
    }
    return applying;
  }
}
