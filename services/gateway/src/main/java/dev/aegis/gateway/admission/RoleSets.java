package dev.aegis.gateway.admission;

import dev.aegis.journal.RoleDefinition;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What sets of roles of one tenant allow. Many callers have the same, so each is compiled once and
 * kept, up to a bound; beyond it all are forgotten and compiled again as they come.
 */
public final class RoleSets {
  /** Most branches of all sets together, of about 100 bytes each. */
  private static final int MOST = 200_000;

  private final Map<String, RoleDefinition> roles;
  private final Map<List<String>, Access> known = new ConcurrentHashMap<>();
  private final AtomicInteger size = new AtomicInteger();

  /**
   * @param roles the tenant's roles by id
   */
  public RoleSets(Map<String, RoleDefinition> roles) {
    this.roles = Map.copyOf(roles);
  }

  /** What these together allow. Names that no role has give nothing. */
  public Access access(List<String> names) {
    List<String> set = names.stream().filter(roles::containsKey).distinct().sorted().toList();
    Access access = known.get(set);
    if (access != null) {
      return access;
    }
    Access made = Access.of(set, roles);
    if (size.addAndGet(made.size()) > MOST) {
      known.clear();
      size.set(made.size());
    }
    Access other = known.putIfAbsent(set, made);
    return other == null ? made : other;
  }
}
