package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.introspection.AskedIssuers;
import dev.aegis.gateway.plugin.Links;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import dev.aegis.tokens.keys.RemoteKeys;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes snapshots of the fold. Only tenants that changed are compiled anew. What cannot be compiled
 * is left out with a finding and touches nothing else. One thread uses it.
 */
public final class Compiler {
  private static final Logger LOG = LoggerFactory.getLogger(Compiler.class);

  private final Upstreams upstreams;
  private final MasterKey masterKey;
  private final @Nullable RemoteKeys remoteKeys;
  private final @Nullable AskedIssuers askedIssuers;
  private final Links links;
  private final InstantSource clock;
  private final boolean redis;
  private final Map<ObjectKey, Map<String, RateLimit>> limits = new HashMap<>();

  /** Findings about tenants that have no plan. */
  private final Map<String, List<Finding>> homeless = new TreeMap<>();

  /** When each tenant came into being: with another time it is another tenant of the same id. */
  private final Map<String, Instant> born = new HashMap<>();

  /** Tenants to compile: those that changed since they last were. */
  private final Set<String> stale = new TreeSet<>();

  private Snapshot last;

  /**
   * @param upstreams where upstreams live on between snapshots
   * @param masterKey opens the secrets of issuers
   */
  public Compiler(
      String baseDomain, Upstreams upstreams, MasterKey masterKey, InstantSource clock) {
    this(baseDomain, upstreams, masterKey, null, null, Links.builtIn(), true, clock);
  }

  /**
   * @param upstreams where upstreams live on between snapshots
   * @param masterKey opens the secrets of issuers
   * @param remoteKeys fetches the keys that issuers publish, null when nobody does
   * @param askedIssuers asks issuers about tokens, null when nobody does
   * @param links where filters live on between snapshots
   * @param redis whether there is a Redis that counts limits
   */
  public Compiler(
      String baseDomain,
      Upstreams upstreams,
      MasterKey masterKey,
      @Nullable RemoteKeys remoteKeys,
      @Nullable AskedIssuers askedIssuers,
      Links links,
      boolean redis,
      InstantSource clock) {
    this.redis = redis;
    this.last = Snapshot.empty(baseDomain, clock.instant());
    this.upstreams = upstreams;
    this.masterKey = masterKey;
    this.remoteKeys = remoteKeys;
    this.askedIssuers = askedIssuers;
    this.links = links;
    this.clock = clock;
  }

  /**
   * Compiles.
   *
   * @param changed keys of the objects that changed since the last call
   * @param everything whether to compile all tenants, whatever changed
   */
  public Snapshot compile(Fold fold, Set<ObjectKey> changed, boolean everything) {
    boolean all = everything;
    for (ObjectKey key : changed) {
      if (key.tenant() == null) {
        all |= key.kind() == Kind.PLUGIN; // operators mean nothing to requests
      } else {
        stale.add(key.tenant());
        if (reachesBelow(key.kind())) {
          addBelow(fold, key.tenant());
        }
      }
    }
    if (all) {
      stale.addAll(fold.tenants());
      stale.addAll(last.tenants().keySet());
      stale.addAll(homeless.keySet());
    }
    Map<String, TenantPlan> next = new HashMap<>(last.tenants());
    try (ReadAhead ahead = ReadAhead.of(fold, stale)) {
      for (String tenant : stale) {
        ahead.next(tenant);
        compile(fold, tenant, ahead, next);
      }
    }
    last =
        last.next(
            fold.revision(),
            clock.instant(),
            Collections.unmodifiableMap(next),
            stale,
            all ? DoorCompiler.of(fold, links, masterKey) : last.door(),
            homeless(fold));
    stale.clear();
    return last;
  }

  /** Compiles one tenant into {@code next}. */
  private void compile(Fold fold, String tenant, ReadAhead ahead, Map<String, TenantPlan> next) {
    homeless.remove(tenant);
    Entry own = fold.find(ObjectKey.tenant(tenant));
    Instant before = own == null ? born.remove(tenant) : born.put(tenant, own.createdAt());
    if (own == null || before != null && !before.equals(own.createdAt())) {
      next.remove(tenant);
      forget(tenant);
    }
    if (own != null) {
      TenantPlan plan = compile(fold, tenant, ahead, next.get(tenant));
      if (plan != null) {
        next.put(tenant, plan);
      }
    }
  }

  private List<Finding> homeless(Fold fold) {
    List<Finding> findings = new ArrayList<>(fold.findings());
    homeless.values().forEach(findings::addAll);
    return findings;
  }

  /** The tenant was deleted: one that has its id now, or gets it, begins with nothing. */
  private void forget(String tenant) {
    upstreams.keepOnly(tenant, Set.of());
    if (remoteKeys != null) {
      remoteKeys.keepOnly(tenant, Set.of());
    }
    if (askedIssuers != null) {
      askedIssuers.keepOnly(tenant, Set.of());
    }
    limits.values().forEach(byTenant -> byTenant.remove(tenant));
    links.forget(tenant);
  }

  /** What they have from above may have changed too. A broken tree may go in circles. */
  private void addBelow(Fold fold, String tenant) {
    Set<String> seen = new HashSet<>();
    Deque<String> next = new ArrayDeque<>(fold.children(tenant));
    while (!next.isEmpty()) {
      String id = next.pop();
      if (seen.add(id)) {
        stale.add(id);
        next.addAll(fold.children(id));
      }
    }
  }

  /** Whether objects of this kind mean something to tenants below theirs. */
  private static boolean reachesBelow(Kind kind) {
    return kind == Kind.TENANT || kind == Kind.REVOCATION || Lineage.inherited(kind);
  }

  /** A bug met by one tenant's objects must not stop the others: it keeps its last good plan. */
  private @Nullable TenantPlan compile(
      Fold fold, String tenant, ReadAhead ahead, @Nullable TenantPlan known) {
    try {
      TenantCompiler compiling = new TenantCompiler(this, fold, tenant, ahead, known);
      TenantPlan plan = compiling.compile();
      if (plan == null) {
        homeless.put(tenant, compiling.findings());
      }
      return plan;
    } catch (RuntimeException e) {
      LOG.error("Tenant {} could not be compiled at revision {}", tenant, fold.revision(), e);
      Finding finding =
          Finding.error(
              "tenants/" + tenant, "its last changes are not in force: a bug, see the log");
      if (known == null) {
        homeless.put(tenant, List.of(finding));
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

  Links links() {
    return links;
  }

  /** Null when nobody fetches keys. */
  @Nullable RemoteKeys remoteKeys() {
    return remoteKeys;
  }

  /** Null when nobody asks issuers. */
  @Nullable AskedIssuers askedIssuers() {
    return askedIssuers;
  }

  /** Whether there is a Redis that counts limits. */
  boolean redis() {
    return redis;
  }

  /** The limit that stands for {@code plugin} in {@code tenant}, with its counts. */
  RateLimit limit(ObjectKey plugin, String tenant, RateLimit fresh) {
    Map<String, RateLimit> byTenant = limits.computeIfAbsent(plugin, key -> new HashMap<>());
    RateLimit known = byTenant.get(tenant);
    if (known != null
        && known.config().equals(fresh.config())
        && known.name().equals(fresh.name())) {
      return known;
    }
    byTenant.put(tenant, fresh);
    return fresh;
  }
}
