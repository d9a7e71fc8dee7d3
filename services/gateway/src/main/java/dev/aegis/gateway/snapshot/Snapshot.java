package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.plugin.Door;
import dev.aegis.journal.KeyedChain;
import dev.aegis.model.Finding;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration in force. Immutable; a request keeps the one it began with.
 *
 * @param revision of the journal that it follows from, -1 for none
 * @param since when it took force
 * @param baseDomain below which each tenant has a host named like itself, lower case
 * @param tenants by id
 * @param hosts id of the tenant that holds each host which a tenant names itself; one below the
 *     base domain may be another's nevertheless, see {@link #tenant}
 * @param certificates those of all tenants, for hosts that are no tenant's
 * @param door who is asked about new connections
 * @param homeless findings about tenants that have no plan, and about what this version does not
 *     know
 */
public record Snapshot(
    long revision,
    Instant since,
    String baseDomain,
    Map<String, TenantPlan> tenants,
    Map<String, String> hosts,
    CertificateTable certificates,
    Door door,
    List<Finding> homeless) {

  /** What is in force before anything was read. */
  public static Snapshot empty(String baseDomain, Instant now) {
    return new Snapshot(
        -1, now, baseDomain, Map.of(), Map.of(), CertificateTable.EMPTY, Door.OPEN, List.of());
  }

  /**
   * The snapshot that follows from this one. What depends on all tenants is put together anew only
   * when one of those that were compiled says something else about it: that takes milliseconds when
   * there are thousands.
   *
   * @param tenants all of them, by id; not to be modified
   * @param compiled ids of those that may differ from what they are here, or that are gone
   */
  Snapshot next(
      long revision,
      Instant since,
      Map<String, TenantPlan> tenants,
      Set<String> compiled,
      Door door,
      List<Finding> homeless) {
    boolean sameHosts = true;
    boolean sameCertificates = true;
    for (String id : compiled) {
      TenantPlan before = this.tenants.get(id);
      TenantPlan after = tenants.get(id);
      sameHosts &= hosts(before).equals(hosts(after)) && since(before).equals(since(after));
      sameCertificates &= certificates(before).equals(certificates(after));
    }
    return new Snapshot(
        revision,
        since,
        baseDomain,
        tenants,
        sameHosts ? hosts : holders(tenants.values()),
        sameCertificates ? certificates : certificates(tenants),
        door,
        List.copyOf(homeless));
  }

  /** Of two tenants with one host, the one that has been there longer keeps it. */
  private static Map<String, String> holders(Collection<TenantPlan> tenants) {
    Map<String, String> holders = new HashMap<>();
    tenants.stream()
        .sorted(Comparator.comparing(TenantPlan::since).thenComparing(TenantPlan::id))
        .forEach(tenant -> tenant.hosts().forEach(host -> holders.putIfAbsent(host, tenant.id())));
    return Collections.unmodifiableMap(holders);
  }

  private static CertificateTable certificates(Map<String, TenantPlan> tenants) {
    List<CertificateTable.Certificate> certificates = new ArrayList<>();
    for (TenantPlan tenant : new TreeMap<>(tenants).values()) {
      certificates.addAll(tenant.certificates().certificates());
    }
    return CertificateTable.of(certificates, Map.of()); // nobody's hosts ask for nothing
  }

  /** Of a tenant without hosts it does not matter. */
  private static Instant since(@Nullable TenantPlan tenant) {
    return tenant == null || tenant.hosts().isEmpty() ? Instant.EPOCH : tenant.since();
  }

  private static List<String> hosts(@Nullable TenantPlan tenant) {
    return tenant == null ? List.of() : tenant.hosts();
  }

  private static List<CertificateTable.Certificate> certificates(@Nullable TenantPlan tenant) {
    return tenant == null ? List.of() : tenant.certificates().certificates();
  }

  /**
   * The tenant that {@code host} belongs to, or null. The host that a tenant has below the base
   * domain is nobody else's, whoever claims it.
   *
   * @param host lower case, without port
   */
  public @Nullable TenantPlan tenant(String host) {
    TenantPlan below = below(host);
    if (below != null) {
      return below;
    }
    String holder = hosts.get(host);
    return holder == null ? null : tenants.get(holder);
  }

  /**
   * What is shown to a caller that asks for {@code host} in its TLS handshake, or null. For a
   * tenant's host only the tenant's own certificates: no other tenant can put itself in its place.
   *
   * @param host lower case
   */
  public @Nullable KeyedChain certificate(String host) {
    TenantPlan tenant = tenant(host);
    return (tenant == null ? certificates : tenant.certificates()).find(host);
  }

  /**
   * What {@code host} asks its callers for in their TLS handshake, or null. Only what the tenant of
   * the host says counts.
   *
   * @param host lower case
   */
  public @Nullable Demand demand(String host) {
    TenantPlan tenant = tenant(host);
    return tenant == null ? null : tenant.certificates().demand(host);
  }

  /**
   * The tenant that a caller of the base domain itself names, or null. One that asks callers of any
   * host for certificates is not reached so: nobody was asked for one in this handshake.
   *
   * @param host lower case, without port; nobody's
   * @param name all that was named
   */
  public @Nullable TenantPlan named(String host, @Nullable String name) {
    TenantPlan tenant = name == null || !host.equals(baseDomain) ? null : tenants.get(name);
    return tenant != null && tenant.certificates().demands().isEmpty() ? tenant : null;
  }

  private @Nullable TenantPlan below(String host) {
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
        TenantPlan holder = tenant(host);
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
