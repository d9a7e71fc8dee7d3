package dev.aegis.journal;

import dev.aegis.journal.TenantDefinition.Isolation;
import dev.aegis.model.Ids;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The tenants above one tenant, and what it has from them.
 *
 * <p>What an ancestor reaches is decided by the strictest isolation on the way to it: the tenant's
 * own, and that of every tenant between the two. So a strict tenant is a wall for all below it too.
 *
 * <p>A tree that cannot be followed to its root gives nothing: half of what is inherited might be
 * the half that allows.
 */
public final class Lineage {
  /** Most tenants on the way from one to its root, both included. */
  public static final int MOST = 8;

  private final Fold fold;
  private final String tenant;
  private final List<Ancestor> ancestors;
  private final @Nullable String fault;
  private final Asked asked;

  /**
   * A tenant above.
   *
   * @param id its id
   * @param kind its place in the tree
   * @param closed the strictest isolation on the way to it
   * @param suspended whether it is not served
   */
  public record Ancestor(
      String id, TenantDefinition.TenantKind kind, Isolation closed, boolean suspended) {}

  /** How much of an object holds in a tenant. */
  public enum Use {
    /** Nothing. */
    NOTHING,
    /** What it denies: nobody gains by not seeing a role. */
    DENIALS,
    /** All. */
    ALL
  }

  /**
   * An object that holds in the tenant.
   *
   * @param entry its own, or an ancestor's
   * @param own whether it is its own
   * @param use how much of it holds, never {@link Use#NOTHING}
   */
  public record Holding(Entry entry, boolean own, Use use) {
    /** Whether it is an ancestor's, who says that descendants may use it. */
    public boolean declared() {
      return !own && Lineage.declared(entry);
    }
  }

  /** Who is asked whether requests may pass, of those of the tenant's routes that do not say. */
  public sealed interface Asked {
    /** Nobody. */
    record Nobody() implements Asked {}

    /**
     * The service that one tenant names for itself and, as far as they let it in, those below it.
     *
     * @param tenant that names it, and whose upstream it means
     */
    record Of(String tenant, Arbiter arbiter) implements Asked {}

    /** Somebody, or nobody: the tree is broken, and a tenant above may have named one. */
    record Unknown() implements Asked {}
  }

  private Lineage(
      Fold fold, String tenant, List<Ancestor> ancestors, @Nullable String fault, Asked asked) {
    this.fold = fold;
    this.tenant = tenant;
    this.ancestors = List.copyOf(ancestors);
    this.fault = fault;
    this.asked = asked;
  }

  /**
   * Whether {@code tenant} is {@code above} or below it. One whose way to the root cannot be
   * followed is below none.
   */
  public static boolean within(Fold fold, String tenant, String above) {
    return tenant.equals(above)
        || fold.tenants().contains(tenant)
            && of(fold, tenant).ancestors().stream()
                .anyMatch(ancestor -> ancestor.id().equals(above));
  }

  /** That of {@code tenant}. */
  public static Lineage of(Fold fold, String tenant) {
    List<Ancestor> ancestors = new ArrayList<>();
    Set<String> way = new LinkedHashSet<>(Set.of(tenant));
    TenantDefinition at = definition(fold, tenant);
    if (at == null) {
      return new Lineage(fold, tenant, List.of(), "it cannot be understood", new Asked.Unknown());
    }
    Asked asked = asked(tenant, at, null);
    Isolation closed = at.isolation();
    for (String id = at.parent(); id != null; id = at.parent()) {
      TenantDefinition above = definition(fold, id);
      String fault = null;
      if (above == null) {
        fault =
            "tenant \""
                + id
                + "\" above it "
                + (fold.tenants().contains(id) ? "cannot be understood" : "does not exist");
      } else if (!way.add(id)) {
        fault = "it is part of a cycle: " + String.join(" → ", way) + " → " + id;
      } else if (!at.kind().mayBeBelow(above.kind())) {
        fault = TenantDefinition.misplaced(at.kind(), above.kind());
      } else if (way.size() > MOST) {
        fault = "more than " + MOST + " tenants lead to its root";
      }
      if (above == null || fault != null) {
        return new Lineage(
            fold, tenant, List.of(), fault, asked == null ? named(fold, tenant) : asked);
      }
      asked = asked == null ? asked(id, above, closed) : asked;
      boolean suspended = above.status() == TenantDefinition.Status.SUSPENDED;
      ancestors.add(new Ancestor(id, above.kind(), closed, suspended));
      closed = closed.and(above.isolation());
      at = above;
    }
    return new Lineage(fold, tenant, ancestors, null, asked == null ? new Asked.Nobody() : asked);
  }

  /**
   * What follows from what a tenant says, null when that is nothing.
   *
   * @param closed the strictest isolation on the way to it, null when there is no way to go
   */
  private static @Nullable Asked asked(
      String id, TenantDefinition definition, @Nullable Isolation closed) {
    return switch (definition.arbitration()) {
      case Arbitration.Unsaid unsaid -> null;
      case Arbitration.Nobody nobody -> new Asked.Nobody();
      case Arbitration.By(Arbiter arbiter, boolean descendants) -> {
        boolean holds =
            closed == null
                || switch (closed) {
                  case STRICT -> false;
                  case SHARED -> true;
                  case HYBRID -> descendants;
                };
        yield holds ? new Asked.Of(id, arbiter) : new Asked.Nobody();
      }
    };
  }

  /** Whether a tenant on the broken way to the root may have named somebody. */
  private static Asked named(Fold fold, String tenant) {
    Set<String> seen = new LinkedHashSet<>();
    for (String id = tenant; Ids.isTenant(id) && seen.add(id); ) {
      Entry entry = fold.find(ObjectKey.tenant(id));
      if (entry == null || entry.body().path("isolation").asText("strict").equals("strict")) {
        return new Asked.Nobody(); // what stands above a strict tenant is not asked anyway
      }
      id = entry.body().path("parent").asText();
      Entry above = Ids.isTenant(id) ? fold.find(ObjectKey.tenant(id)) : null;
      if (above != null && above.body().hasNonNull(Arbitration.MEMBER)) {
        return above.body().path(Arbitration.MEMBER).asText().equals(Arbitration.NOBODY)
            ? new Asked.Nobody()
            : new Asked.Unknown();
      }
    }
    return new Asked.Nobody();
  }

  private static @Nullable TenantDefinition definition(Fold fold, String tenant) {
    try {
      Entry entry = fold.find(ObjectKey.tenant(tenant));
      return entry != null && entry.definition() instanceof TenantDefinition read ? read : null;
    } catch (IllegalArgumentException | InvalidDefinition e) {
      return null; // said by the caller, in its own words
    }
  }

  /** The tenants above, the nearest first; none when the tree is broken. */
  public List<Ancestor> ancestors() {
    return ancestors;
  }

  /** Why nothing is inherited, in a sentence that follows the tenant's name; or null. */
  public @Nullable String fault() {
    return fault;
  }

  /** Who is asked whether requests may pass, where a route does not say. */
  public Asked asked() {
    return asked;
  }

  /** Objects of one kind that hold in the tenant, by id: of several the nearest. */
  public Collection<Holding> holdings(Kind kind) {
    Map<String, Holding> holdings = new TreeMap<>();
    for (Entry entry : fold.list(kind, tenant)) {
      holdings.put(entry.key().id(), new Holding(entry, true, Use.ALL));
    }
    for (Ancestor ancestor : ancestors) {
      for (Entry entry : fold.list(kind, ancestor.id())) {
        Use use = use(ancestor.closed(), entry);
        holdings.putIfAbsent(entry.key().id(), new Holding(entry, false, use));
      }
    }
    holdings.values().removeIf(holding -> holding.use() == Use.NOTHING);
    return holdings.values();
  }

  /** The object of this kind and id that holds in the tenant, or null. */
  public @Nullable Holding find(Kind kind, String id) {
    for (Holding holding : holdings(kind)) {
      if (holding.entry().key().id().equals(id)) {
        return holding;
      }
    }
    return null;
  }

  /** How much of an ancestor's object holds below it: the table of docs/tenancy.md. */
  static Use use(Isolation closed, Entry entry) {
    boolean declared = declared(entry);
    return switch (entry.key().kind()) {
      case ROLE ->
          switch (closed) {
            case STRICT, SHARED -> Use.ALL;
            case HYBRID -> declared ? Use.ALL : Use.DENIALS;
          };
      case PLUGIN -> entry.body().hasNonNull("route") ? Use.NOTHING : Use.ALL;
      case ISSUER ->
          switch (closed) {
            case STRICT -> Use.NOTHING;
            case SHARED, HYBRID -> Use.ALL;
          };
      case UPSTREAM ->
          switch (closed) {
            case STRICT -> Use.NOTHING;
            case SHARED -> Use.ALL;
            case HYBRID -> declared ? Use.ALL : Use.NOTHING;
          };
      case TENANT, ROUTE, BINDING, WEBHOOK, CERTIFICATE, API_KEY, OPERATOR, REVOCATION ->
          Use.NOTHING;
    };
  }

  private static boolean declared(Entry entry) {
    return entry.body().path("descendants").booleanValue();
  }

  /** Whether objects of this kind may hold below their tenant. */
  public static boolean inherited(Kind kind) {
    return switch (kind) {
      case ROLE, PLUGIN, ISSUER, UPSTREAM -> true;
      case TENANT, ROUTE, BINDING, WEBHOOK, CERTIFICATE, API_KEY, OPERATOR, REVOCATION -> false;
    };
  }
}
