package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.journal.Fold;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes snapshots of the fold. Only tenants that changed are compiled anew. What cannot be compiled
 * is left out with a finding and touches nothing else. One thread uses it.
 */
public final class Compiler {
  private static final Logger LOG = LoggerFactory.getLogger(Compiler.class);

  private final String baseDomain;
  private final Upstreams upstreams;
  private final MasterKey masterKey;
  private final InstantSource clock;
  private final Map<ObjectKey, Map<String, RateLimit>> limits = new HashMap<>();
  private Map<String, TenantPlan> tenants = Map.of();

  /**
   * @param upstreams where upstreams live on between snapshots
   * @param masterKey opens the secrets of issuers
   */
  public Compiler(
      String baseDomain, Upstreams upstreams, MasterKey masterKey, InstantSource clock) {
    this.baseDomain = baseDomain;
    this.upstreams = upstreams;
    this.masterKey = masterKey;
    this.clock = clock;
  }

  /**
   * Compiles.
   *
   * @param changed keys of the objects that changed since the last call
   * @param everything whether to compile all tenants, whatever changed
   */
  public Snapshot compile(Fold fold, Set<ObjectKey> changed, boolean everything) {
    Set<String> stale = new HashSet<>();
    boolean all = everything;
    for (ObjectKey key : changed) {
      if (key.tenant() == null) {
        all = true;
      } else {
        stale.add(key.tenant());
      }
    }
    Map<String, TenantPlan> next = new HashMap<>();
    List<Finding> homeless = new ArrayList<>();
    for (String tenant : fold.tenants()) {
      TenantPlan known = tenants.get(tenant);
      if (known != null && !all && !stale.contains(tenant)) {
        next.put(tenant, known);
      } else {
        TenantPlan plan = compile(fold, tenant, known, homeless);
        if (plan != null) {
          next.put(tenant, plan);
        }
      }
    }
    for (String gone : tenants.keySet()) {
      if (!next.containsKey(gone)) {
        upstreams.keepOnly(gone, Set.of());
        limits.values().forEach(byTenant -> byTenant.remove(gone));
      }
    }
    tenants = Map.copyOf(next);
    return Snapshot.of(fold.revision(), clock.instant(), baseDomain, tenants, homeless);
  }

  /** A bug met by one tenant's objects must not stop the others: it keeps its last good plan. */
  private @Nullable TenantPlan compile(
      Fold fold, String tenant, @Nullable TenantPlan known, List<Finding> homeless) {
    TenantCompiler compiling = new TenantCompiler(this, fold, tenant, known);
    try {
      TenantPlan plan = compiling.compile();
      if (plan == null) {
        homeless.addAll(compiling.findings());
      }
      return plan;
    } catch (RuntimeException e) {
      LOG.error("Tenant {} could not be compiled at revision {}", tenant, fold.revision(), e);
      Finding finding =
          Finding.error(
              "tenants/" + tenant, "its last changes are not in force: a bug, see the log");
      if (known == null) {
        homeless.add(finding);
        return null;
      }
      return known.with(List.of(finding));
    }
  }

  Upstreams upstreams() {
    return upstreams;
  }

  MasterKey masterKey() {
    return masterKey;
  }

  /** The limit that stands for {@code plugin} in {@code tenant}, with its counts. */
  RateLimit limit(ObjectKey plugin, String tenant, RateLimit fresh) {
    Map<String, RateLimit> byTenant = limits.computeIfAbsent(plugin, key -> new HashMap<>());
    RateLimit known = byTenant.get(tenant);
    if (known != null && known.config().equals(fresh.config())) {
      return known;
    }
    byTenant.put(tenant, fresh);
    return fresh;
  }
}
