package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.identity.Issuer;
import dev.aegis.gateway.identity.Tokens;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.routing.RouteTable;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.journal.CertificateDefinition;
import dev.aegis.journal.Definition;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.PluginDefinition;
import dev.aegis.journal.RateLimitConfig;
import dev.aegis.journal.RoleDefinition;
import dev.aegis.journal.RouteDefinition;
import dev.aegis.journal.SealedSecret;
import dev.aegis.journal.TenantDefinition;
import dev.aegis.journal.UpstreamDefinition;
import dev.aegis.model.Finding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Compiles one tenant. Each object on its own: one that is broken leaves a finding, no more. */
final class TenantCompiler {
  private static final String DEFAULT_UPSTREAM = "api-service-";

  private final Compiler compiler;
  private final Fold fold;
  private final String tenant;
  private final @Nullable TenantPlan known;
  private final List<Finding> findings = new ArrayList<>();

  TenantCompiler(Compiler compiler, Fold fold, String tenant, @Nullable TenantPlan known) {
    this.compiler = compiler;
    this.fold = fold;
    this.tenant = tenant;
    this.known = known;
  }

  /** The plan, or null when the tenant itself cannot be understood. */
  @Nullable TenantPlan compile() {
    Entry own = fold.find(ObjectKey.tenant(tenant));
    if (own == null || !(definition(own) instanceof TenantDefinition definition)) {
      return known == null ? null : known.with(findings); // the last good one, if any
    }
    Map<String, Upstream> upstreams = upstreams();
    List<Limit> limits = limits();
    Map<RouteDefinition, RoutePlan> routes = new LinkedHashMap<>();
    for (Entry entry : fold.list(Kind.ROUTE, tenant)) {
      if (definition(entry) instanceof RouteDefinition route) {
        Upstream upstream = upstreams.get(route.upstream());
        if (upstream == null) {
          findings.add(
              Finding.error(
                  entry.key().toString(),
                  "upstream \"" + route.upstream() + "\" does not exist; requests get 503"));
        }
        routes.put(
            route,
            new RoutePlan(
                route.id(),
                route.auth(),
                route.upstream(),
                upstream,
                route.stripPrefix(),
                route.stripCredentials(),
                on(limits, route.id(), route.upstream())));
      }
    }
    return new TenantPlan(
        tenant,
        definition.status() == TenantDefinition.Status.SUSPENDED,
        definition.hosts(),
        identity(),
        RouteTable.of(routes),
        defaultRoute(upstreams, limits),
        certificates(),
        findings);
  }

  /** What was found so far. */
  List<Finding> findings() {
    return findings;
  }

  /** A tenant with routes has no other; that they are broken must not open it wider. */
  private @Nullable RoutePlan defaultRoute(Map<String, Upstream> upstreams, List<Limit> limits) {
    if (!fold.list(Kind.ROUTE, tenant).isEmpty()) {
      return null;
    }
    String defaultId = DEFAULT_UPSTREAM + tenant;
    return new RoutePlan(
        null,
        RouteDefinition.Auth.JWT,
        defaultId,
        upstreams.get(defaultId),
        null,
        false,
        on(limits, null, defaultId));
  }

  private Map<String, Upstream> upstreams() {
    Map<String, Upstream> upstreams = new HashMap<>();
    for (Entry entry : fold.list(Kind.UPSTREAM, tenant)) {
      if (definition(entry) instanceof UpstreamDefinition definition) {
        if (definition.service() != null && !compiler.upstreams().discovers()) {
          findings.add(
              Finding.error(
                  entry.key().toString(),
                  "service \"" + definition.service() + "\": no Consul is configured"));
        }
        findings.addAll(definition.findings(entry.key()));
        UpstreamDefinition.Tls tls = definition.tls();
        SealedSecret sealed = tls == null ? null : tls.privateKey();
        try {
          String opened = sealed == null ? null : compiler.masterKey().open(entry.key(), sealed);
          upstreams.put(definition.id(), compiler.upstreams().put(tenant, definition, opened));
        } catch (IllegalArgumentException e) {
          findings.add(
              Finding.error(
                  entry.key().toString(),
                  "its private_key " + e.getMessage() + "; it is not asked"));
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

  private IdentityPlan identity() {
    Map<String, Long> basis = new TreeMap<>();
    for (Kind kind : List.of(Kind.ISSUER, Kind.ROLE)) {
      for (Entry entry : fold.list(kind, tenant)) {
        basis.put(entry.key().toString(), entry.revision());
      }
    }
    Map<String, RoleDefinition> roles = new HashMap<>();
    for (Entry entry : fold.list(Kind.ROLE, tenant)) {
      RoleDefinition role =
          definition(entry) instanceof RoleDefinition sound ? sound : closed(entry.key().id());
      roles.put(role.id(), role);
    }
    List<Issuer> issuers = new ArrayList<>();
    for (Entry entry : fold.list(Kind.ISSUER, tenant)) {
      if (definition(entry) instanceof IssuerDefinition issuer) {
        try {
          SealedSecret secret = issuer.secret();
          String opened = secret == null ? null : compiler.masterKey().open(entry.key(), secret);
          issuers.add(Issuer.compile(issuer, opened));
        } catch (IllegalArgumentException e) {
          findings.add(
              Finding.error(entry.key().toString(), "its tokens are refused: " + e.getMessage()));
        }
      }
    }
    // The same basis gives the same plan, so tokens verified under it stay verified.
    return known != null && known.identity().basis().equals(basis)
        ? known.identity()
        : new IdentityPlan(new Tokens(issuers), roles, basis);
  }

  /** What stands for a role that cannot be understood: it might have denied anything. */
  private RoleDefinition closed(String id) {
    findings.add(
        Finding.error(
            new ObjectKey(Kind.ROLE, tenant, id).toString(), "whoever has this role is refused"));
    return new RoleDefinition(
        id, List.of(new RoleDefinition.Permission(Set.of(), List.of("/**"), true)), List.of());
  }

  private CertificateTable certificates() {
    List<CertificateTable.Certificate> certificates = new ArrayList<>();
    Map<ObjectKey, CertificateTable.Certificate> earlier = new HashMap<>();
    if (known != null) {
      known.certificates().certificates().forEach(each -> earlier.put(each.key(), each));
    }
    for (Entry entry : fold.list(Kind.CERTIFICATE, tenant)) {
      CertificateTable.Certificate before = earlier.get(entry.key());
      if (before != null && before.revision() == entry.revision()) {
        certificates.add(before); // to prove a key costs milliseconds
        continue;
      }
      SealedSecret sealed;
      if (definition(entry) instanceof CertificateDefinition definition
          && (sealed = definition.privateKey()) != null) {
        try {
          String pem = compiler.masterKey().open(entry.key(), sealed);
          KeyedChain chain = KeyedChain.of(definition.chain(), pem);
          certificates.add(
              new CertificateTable.Certificate(entry.key(), entry.revision(), definition, chain));
        } catch (IllegalArgumentException e) {
          findings.add(Finding.error(entry.key().toString(), "it is not shown: " + e.getMessage()));
        }
      }
    }
    return CertificateTable.of(certificates);
  }

  private record Limit(PluginDefinition plugin, RateLimit limit) {}

  /** Limits of the installation and of the tenant, in their order. */
  private List<Limit> limits() {
    List<Limit> limits = new ArrayList<>();
    List<Entry> entries = new ArrayList<>(fold.list(Kind.PLUGIN, null));
    entries.addAll(fold.list(Kind.PLUGIN, tenant));
    for (Entry entry : entries) {
      if (!(definition(entry) instanceof PluginDefinition plugin) || !plugin.enabled()) {
        continue;
      }
      if (!plugin.plugin().equals(RateLimitConfig.PLUGIN)) {
        findings.add(
            Finding.error(
                entry.key().toString(), "there is no plugin \"" + plugin.plugin() + "\""));
        continue;
      }
      try {
        RateLimit fresh = new RateLimit(plugin.id(), RateLimitConfig.read(plugin.config()));
        limits.add(new Limit(plugin, compiler.limit(entry.key(), tenant, fresh)));
      } catch (InvalidDefinition e) {
        findings.add(Finding.error(entry.key().toString(), String.valueOf(e.getMessage())));
      }
    }
    limits.sort(
        Comparator.<Limit>comparingInt(limit -> limit.plugin().order())
            .thenComparing(limit -> limit.plugin().id()));
    return limits;
  }

  private static List<RateLimit> on(List<Limit> limits, @Nullable String route, String upstream) {
    List<RateLimit> applying = new ArrayList<>();
    for (Limit limit : limits) {
      String onlyRoute = limit.plugin().route();
      String onlyUpstream = limit.plugin().upstream();
      if ((onlyRoute == null || onlyRoute.equals(route))
          && (onlyUpstream == null || onlyUpstream.equals(upstream))) {
        applying.add(limit.limit());
      }
    }
    return applying;
  }

  private @Nullable Definition definition(Entry entry) {
    try {
      return entry.definition();
    } catch (InvalidDefinition e) {
      findings.add(
          Finding.error(entry.key().toString(), "it cannot be understood: " + e.getMessage()));
      return null;
    }
  }
}
