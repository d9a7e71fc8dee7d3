package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.routing.RouteTable;
import dev.aegis.model.Finding;
import java.util.List;

/**
 * A tenant as requests use it.
 *
 * @param id of the tenant
 * @param suspended whether its requests are turned away
 * @param hosts its own host names
 * @param identity whom it trusts and what its roles allow
 * @param routes its routes
 * @param defaultRoute what serves every path of a tenant without routes
 * @param findings about its objects
 */
public record TenantPlan(
    String id,
    boolean suspended,
    List<String> hosts,
    IdentityPlan identity,
    RouteTable<RoutePlan> routes,
    RoutePlan defaultRoute,
    List<Finding> findings) {
  public TenantPlan {
    hosts = List.copyOf(hosts);
    findings = List.copyOf(findings);
  }

  /** The same plan with one finding alone. */
  TenantPlan with(Finding finding) {
    return new TenantPlan(id, suspended, hosts, identity, routes, defaultRoute, List.of(finding));
  }
}
