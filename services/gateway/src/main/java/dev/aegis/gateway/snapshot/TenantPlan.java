package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.routing.RouteTable;
import dev.aegis.journal.SlugPattern;
import dev.aegis.model.Finding;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tenant as requests use it.
 *
 * @param id of the tenant
 * @param since when the tenant came into being
 * @param suspended whether its requests are turned away
 * @param mostActive requests that it may have under way at once
 * @param slugs where its paths have the slug that tokens can be held to
 * @param hosts its own host names
 * @param identity whom it trusts and what its roles allow
 * @param keys its API keys
 * @param revocations its tokens that are not taken any more
 * @param routes its routes
 * @param defaultRoute what serves every path of a tenant without routes, null when it has any, even
 *     if none of them can be used
 * @param certificates what is shown to callers who ask for its hosts over TLS
 * @param chain plugins that take part in its requests whatever their route, and where there is none
 * @param findings about its objects
 */
public record TenantPlan(
    String id,
    Instant since,
    boolean suspended,
    int mostActive,
    SlugPattern slugs,
    List<String> hosts,
    IdentityPlan identity,
    KeyTable keys,
    RevocationTable revocations,
    RouteTable<RoutePlan> routes,
    @Nullable RoutePlan defaultRoute,
    CertificateTable certificates,
    Chain chain,
    List<Finding> findings) {
  public TenantPlan {
    hosts = List.copyOf(hosts);
    findings = List.copyOf(findings);
  }

  /** The same plan with other findings. */
  TenantPlan with(List<Finding> newer) {
    return new TenantPlan(
        id,
        since,
        suspended,
        mostActive,
        slugs,
        hosts,
        identity,
        keys,
        revocations,
        routes,
        defaultRoute,
        certificates,
        chain,
        newer);
  }
}
