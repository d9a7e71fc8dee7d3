package dev.aegis.gateway.admission;

import dev.aegis.journal.RoleDefinition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one set of roles allows, compiled: the union of their permissions and of those they inherit.
 * A denial wins over every permission; what nobody allows is forbidden. To ask it costs the same
 * for one role and for a thousand.
 */
public final class Access {
  private final PathTree denials;
  private final PathTree permissions;

  private Access(PathTree denials, PathTree permissions) {
    this.denials = denials;
    this.permissions = permissions;
  }

  /** A role that was reached over others, the caller's own first. */
  private record Reached(String role, List<String> through) {}

  /**
   * Compiles the union of {@code roles}. Names that no role has give nothing.
   *
   * @param known the tenant's roles by id
   */
  public static Access of(List<String> roles, Map<String, RoleDefinition> known) {
    PathTree.Growing denials = new PathTree.Growing();
    PathTree.Growing permissions = new PathTree.Growing();
    Set<String> seen = new HashSet<>();
    List<Reached> next = new ArrayList<>();
    for (String role : roles) {
      if (seen.add(role)) {
        next.add(new Reached(role, List.of()));
      }
    }
    while (!next.isEmpty()) {
      List<Reached> inherited = new ArrayList<>();
      for (Reached reached : next) {
        RoleDefinition role = known.get(reached.role());
        if (role == null) {
          continue;
        }
        add(role, reached.through(), denials, permissions);
        List<String> through = new ArrayList<>(reached.through());
        through.add(role.id());
        for (String parent : role.inherits()) {
          if (seen.add(parent)) {
            inherited.add(new Reached(parent, through));
          }
        }
      }
      next = inherited;
    }
    return new Access(denials.grown(), permissions.grown());
  }

  private static void add(
      RoleDefinition role,
      List<String> through,
      PathTree.Growing denials,
      PathTree.Growing permissions) {
    int index = 0;
    for (RoleDefinition.Permission permission : role.permissions()) {
      boolean deny = permission.deny();
      for (String pattern : permission.paths()) {
        Rule rule = new Rule(role.id(), through, index, pattern, deny);
        (deny ? denials : permissions).add(permission.methods(), rule);
      }
      index++;
    }
  }

  /** Whether {@code method} on the canonical {@code path} is allowed. */
  public boolean allows(String method, String path) {
    return denial(method, path) == null && permission(method, path) != null;
  }

  /** A rule that denies this whatever allows it, or null. */
  public @Nullable Rule denial(String method, String path) {
    return denials.find(method, path);
  }

  /** A rule that allows this unless one denies it, or null. */
  public @Nullable Rule permission(String method, String path) {
    return permissions.find(method, path);
  }

  /** A measure of its memory: about 100 bytes each. */
  int size() {
    return denials.size() + permissions.size();
  }
}
