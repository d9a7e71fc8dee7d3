package dev.aegis.gateway.snapshot;

import dev.aegis.model.Finding;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration in force. Immutable; a request keeps the one it began with.
 *
 * @param revision of the journal that it follows from, -1 for none
 * @param since when it took force
 * @param baseDomain below which each tenant has a host named like itself, lower case
 * @param tenants by id
 * @param hosts tenants by own host name
 */
public record Snapshot(
    long revision,
    Instant since,
    String baseDomain,
    Map<String, TenantPlan> tenants,
    Map<String, TenantPlan> hosts) {

  /** What is in force before anything was read. */
  public static Snapshot empty(String baseDomain, Instant now) {
    return new Snapshot(-1, now, baseDomain, Map.of(), Map.of());
  }

  /** A snapshot of these tenants. Of two tenants with one host, the first by id keeps it. */
  static Snapshot of(
      long revision, Instant since, String baseDomain, Map<String, TenantPlan> tenants) {
    Map<String, TenantPlan> hosts = new HashMap<>();
    for (TenantPlan tenant : tenants.values()) {
      for (String host : tenant.hosts()) {
        hosts.merge(host, tenant, (a, b) -> a.id().compareTo(b.id()) <= 0 ? a : b);
      }
    }
    return new Snapshot(revision, since, baseDomain, tenants, hosts);
  }

  /**
   * The tenant that {@code host} belongs to, or null.
   *
   * @param host lower case, without port
   */
  public @Nullable TenantPlan tenant(String host) {
    TenantPlan exact = hosts.get(host);
    if (exact != null) {
      return exact;
    }
    int label = host.length() - baseDomain.length() - 1;
    return label > 0 && host.charAt(label) == '.' && host.endsWith(baseDomain)
        ? tenants.get(host.substring(0, label))
        : null;
  }

  /** Findings about all objects. */
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    for (TenantPlan tenant : tenants.values()) {
      findings.addAll(tenant.findings());
      for (String host : tenant.hosts()) {
        TenantPlan holder = hosts.get(host);
        if (holder != null && !holder.id().equals(tenant.id())) {
          findings.add(
              Finding.error(
                  "tenants/" + tenant.id(),
                  "host \"" + host + "\" already belongs to tenant \"" + holder.id() + "\""));
        }
      }
    }
    return findings;
  }
}
