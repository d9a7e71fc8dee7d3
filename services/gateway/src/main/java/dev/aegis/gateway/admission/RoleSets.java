package dev.aegis.gateway.admission;

import dev.aegis.journal.Condition;
import dev.aegis.journal.RoleDefinition;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What sets of roles of one tenant allow. Many callers have the same, so each is compiled once and
 * kept, up to a bound; beyond it all are forgotten and compiled again as they come.
 *
 * <p>Conditions on claims are looked at here, once for a caller: those of whom the same ones hold
 * share what was compiled.
 */
public final class RoleSets {
  /** Most branches and names of all sets together, of about 100 bytes each. */
  private static final int MOST = 200_000;

  private final Map<String, RoleDefinition> roles;
  private final boolean conditional;

  /** Claims that parts of paths must equal, each known to the trees by its place. */
  private final List<String> placed;

  private final Map<List<String>, Kept> known = new ConcurrentHashMap<>();
  private final AtomicInteger size = new AtomicInteger();

  /**
   * One set of roles.
   *
   * @param conditions those of all its permissions
   * @param accesses what it allows, by which of the conditions hold
   */
  private record Kept(Set<Condition> conditions, Map<Set<Condition>, Access> accesses) {}

  /**
   * @param roles the tenant's roles by id
   */
  public RoleSets(Map<String, RoleDefinition> roles) {
    this.roles = Map.copyOf(roles);
    Set<String> places = new TreeSet<>();
    boolean asks = false;
    for (RoleDefinition role : roles.values()) {
      for (RoleDefinition.Permission permission : role.permissions()) {
        places.addAll(permission.where().values());
        asks |= !permission.when().isEmpty();
      }
    }
    this.placed = List.copyOf(places);
    this.conditional = asks || !placed.isEmpty();
  }

  /** Names of the claims of tokens that it takes to say what anybody may do. */
  public Set<String> claims() {
    Set<String> claims = new HashSet<>(placed);
    for (RoleDefinition role : roles.values()) {
      for (RoleDefinition.Permission permission : role.permissions()) {
        permission.when().forEach(condition -> claims.add(condition.claim()));
      }
    }
    claims.remove(Condition.SUBJECT);
    return claims;
  }

  /** Whether what a set allows depends on who has it. */
  public boolean conditional() {
    return conditional;
  }

  /**
   * What these together allow somebody. Names that no role has give nothing.
   *
   * @param subject who
   * @param claims what else is known of them, as far as {@link #claims} asks
   */
  public Access access(List<String> names, String subject, Map<String, List<String>> claims) {
    List<String> set = names.stream().filter(roles::containsKey).distinct().sorted().toList();
    Kept kept =
        known.computeIfAbsent(set, _ -> new Kept(conditions(set), new ConcurrentHashMap<>()));
    Set<Condition> holding = new HashSet<>();
    for (Condition condition : kept.conditions()) {
      if (holds(condition, subject, claims)) {
        holding.add(condition);
      }
    }
    Access access = kept.accesses().get(holding);
    if (access == null) {
      access = Access.of(set, roles, holding::contains, placed);
      kept.accesses().put(Set.copyOf(holding), access);
      if (size.addAndGet(access.size() + set.size()) > MOST) {
        known.clear();
        size.set(0);
      }
    }
    return placed.isEmpty()
        ? access
        : access.to(placed.stream().map(claim -> values(claim, subject, claims)).toList());
  }

  private Set<Condition> conditions(List<String> set) {
    Set<Condition> conditions = new LinkedHashSet<>();
    for (Access.Reached reached : Access.reached(set, roles)) {
      for (RoleDefinition.Permission permission : reached.role().permissions()) {
        conditions.addAll(permission.when());
      }
    }
    return conditions;
  }

  private static boolean holds(
      Condition condition, String subject, Map<String, List<String>> claims) {
    return switch (condition) {
      case Condition.In(String claim, List<String> wanted) ->
          values(claim, subject, claims).stream().anyMatch(wanted::contains);
      case Condition.Present(String claim, boolean present) ->
          (claim.equals(Condition.SUBJECT) || claims.containsKey(claim)) == present;
    };
  }

  private static List<String> values(
      String claim, String subject, Map<String, List<String>> claims) {
    return claim.equals(Condition.SUBJECT)
        ? List.of(subject)
        : claims.getOrDefault(claim, List.of());
  }
}
