package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.admission.RoleSets;
import dev.aegis.journal.RoleDefinition;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The roles that hold in one tenant. Each has a shadow beside it, which denies what the role denies
 * and allows nothing: it stands for a role that somebody has and may not use here, since nobody may
 * gain by that.
 */
final class Roles {
  /** Begins no id, so a shadow is nobody's role. */
  private static final String SHADOW = "!";

  /** Stands where a permission was, so that the others keep their places. */
  private static final RoleDefinition.Permission NOTHING =
      new RoleDefinition.Permission(Set.of(), List.of(), false);

  private final Map<String, RoleDefinition> known;
  private final RoleSets sets;
  private final boolean complete;

  /**
   * @param full those that hold as they are
   * @param denying those that hold for what they deny
   * @param complete whether there can be no others; if not, who has a role that is not known is
   *     refused, for it might have denied anything
   */
  Roles(List<RoleDefinition> full, List<RoleDefinition> denying, boolean complete) {
    Map<String, RoleDefinition> known = new HashMap<>();
    for (RoleDefinition role : full) {
      known.put(role.id(), role);
      known.put(SHADOW + role.id(), shadow(role, SHADOW + role.id()));
    }
    for (RoleDefinition role : denying) {
      known.put(role.id(), shadow(role, role.id()));
      known.put(SHADOW + role.id(), shadow(role, SHADOW + role.id()));
    }
    this.known = known;
    this.sets = new RoleSets(known);
    this.complete = complete;
  }

  private static RoleDefinition shadow(RoleDefinition role, String id) {
    return new RoleDefinition(
        id,
        role.permissions().stream().map(each -> each.deny() ? each : NOTHING).toList(),
        role.inherits().stream().map(SHADOW::concat).toList());
  }

  /**
   * What {@code named} roles allow somebody together.
   *
   * @param usable those that may be used for more than what they deny
   * @param subject who
   * @param claims what else is known of them, as far as {@link #claims} asks
   */
  Access access(
      List<String> named,
      Predicate<String> usable,
      String subject,
      Map<String, List<String>> claims) {
    if (!complete && !allKnown(named, new HashSet<>())) {
      return Access.of(List.of(), Map.of());
    }
    return sets.access(
        named.stream().map(role -> usable.test(role) ? role : SHADOW + role).toList(),
        subject,
        claims);
  }

  /** Names of the claims of tokens that it takes to say what anybody may do. */
  Set<String> claims() {
    return sets.claims();
  }

  /** Whether what roles allow depends on who has them. */
  boolean conditional() {
    return sets.conditional();
  }

  private boolean allKnown(List<String> named, Set<String> seen) {
    for (String id : named) {
      RoleDefinition role = known.get(id);
      if (role == null || seen.add(id) && !allKnown(role.inherits(), seen)) {
        return false;
      }
    }
    return true;
  }
}
