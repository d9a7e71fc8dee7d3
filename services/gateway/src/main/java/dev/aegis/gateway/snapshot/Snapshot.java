package dev.aegis.gateway.snapshot;

import dev.aegis.journal.KeyedChain;
import dev.aegis.model.Finding;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration in force. Immutable; a request keeps the one it began with.
 *
 * @param revision of the journal that it follows from, -1 for none
 * @param since when it took force
 * @param baseDomain below which each tenant has a host named like itself, lower case
 * @param tenants by id
 * @param hosts tenants by each of their host names
 * @param certificates those of all tenants, for hosts that are no tenant's
 * @param homeless findings about tenants that have no plan
 */
public record Snapshot(
    long revision,
    Instant since,
    String baseDomain,
    Map<String, TenantPlan> tenants,
    Map<String, TenantPlan> hosts,
    CertificateTable certificates,
    List<Finding> homeless) {

  /** What is in force before anything was read. */
  public static Snapshot empty(String baseDomain, Instant now) {
    return new Snapshot(-1, now, baseDomain, Map.of(), Map.of(), CertificateTable.EMPTY, List.of());
  }

  /**
   * A snapshot of these tenants. Of two tenants with one host, the first by id keeps it; the host
   * that a tenant has below the base domain is nobody else's.
   */
  static Snapshot of(
      long revision,
      Instant since,
      String baseDomain,
      Map<String, TenantPlan> tenants,
      List<Finding> homeless) {
    Map<String, TenantPlan> hosts = new HashMap<>();
    for (TenantPlan tenant : tenants.values()) {
      hosts.put(tenant.id() + "." + baseDomain, tenant);
    }
    for (TenantPlan tenant : tenants.values()) {
      for (String host : tenant.hosts()) {
        if (below(baseDomain, host, tenants) != null) {
          continue;
        }
        hosts.merge(host, tenant, (a, b) -> a.id().compareTo(b.id()) <= 0 ? a : b);
      }
    }
    List<CertificateTable.Certificate> certificates = new ArrayList<>();
    for (TenantPlan tenant : new TreeMap<>(tenants).values()) {
      certificates.addAll(tenant.certificates().certificates());
    }
    return new Snapshot(
        revision,
        since,
        baseDomain,
        tenants,
        Map.copyOf(hosts),
        CertificateTable.of(certificates, Map.of()), // nobody's hosts ask for nothing
        List.copyOf(homeless));
  }

  /**
   * The tenant that {@code host} belongs to, or null.
   *
   * @param host lower case, without port
   */
  public @Nullable TenantPlan tenant(String host) {
    return hosts.get(host);
  }

  /**
   * What is shown to a caller that asks for {@code host} in its TLS handshake, or null. For a
   * tenant's host only the tenant's own certificates: no other tenant can put itself in its place.
   *
   * @param host lower case
   */
  public @Nullable KeyedChain certificate(String host) {
    TenantPlan tenant = hosts.get(host);
    return (tenant == null ? certificates : tenant.certificates()).find(host);
  }

  /**
   * What {@code host} asks its callers for in their TLS handshake, or null. Only what the tenant of
   * the host says counts.
   *
   * @param host lower case
   */
  public @Nullable Demand demand(String host) {
    TenantPlan tenant = hosts.get(host);
    return tenant == null ? null : tenant.certificates().demand(host);
  }

  private static @Nullable TenantPlan below(
      String baseDomain, String host, Map<String, TenantPlan> tenants) {
    int label = host.length() - baseDomain.length() - 1;
    return label > 0 && host.charAt(label) == '.' && host.endsWith(baseDomain)
        ? tenants.get(host.substring(0, label))
        : null;
  }

  /** Findings about all objects, those that come with time included. */
  public List<Finding> findings(Instant now) {
    List<Finding> findings = findings();
    findings.addAll(certificates.findings(now));
    return findings;
  }

  /** Findings about all objects. */
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>(homeless);
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
