package dev.aegis.gateway.admission;

import dev.aegis.gateway.routing.CompiledPath;
import dev.aegis.journal.RoleDefinition;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one set of roles allows, compiled: the union of their permissions and of those they inherit.
 * A denial wins over every permission; what nobody allows is forbidden.
 */
public final class Access {
  private final List<Rule> denials;
  private final List<Rule> permissions;

  private record Rule(Set<String> methods, List<CompiledPath> paths) {
    boolean covers(String method, String path) {
      if (!methods.isEmpty() && !methods.contains(method)) {
        return false;
      }
      for (CompiledPath pattern : paths) {
        if (pattern.matches(path)) {
          return true;
        }
      }
      return false;
    }
  }

  private Access(List<Rule> denials, List<Rule> permissions) {
    this.denials = denials;
    this.permissions = permissions;
  }

  /**
   * Compiles the union of {@code roles}. Names that no role has give nothing.
   *
   * @param known the tenant's roles by id
   */
  public static Access of(List<String> roles, Map<String, RoleDefinition> known) {
    List<Rule> denials = new ArrayList<>();
    List<Rule> permissions = new ArrayList<>();
    Set<String> reached = new LinkedHashSet<>(roles);
    for (List<String> next = List.copyOf(reached); !next.isEmpty(); ) {
      List<String> inherited = new ArrayList<>();
      for (String id : next) {
        RoleDefinition role = known.get(id);
        if (role == null) {
          continue;
        }
        for (RoleDefinition.Permission permission : role.permissions()) {
          Rule rule = new Rule(permission.methods(), CompiledPath.all(permission.paths()));
          (permission.deny() ? denials : permissions).add(rule);
        }
        for (String parent : role.inherits()) {
          if (reached.add(parent)) {
            inherited.add(parent);
          }
        }
      }
      next = inherited;
    }
    return new Access(List.copyOf(denials), List.copyOf(permissions));
  }

  /** Whether {@code method} on the canonical {@code path} is allowed. */
  public boolean allows(String method, String path) {
    return !covered(denials, method, path) && covered(permissions, method, path);
  }

  private static boolean covered(List<Rule> rules, String method, String path) {
    for (Rule rule : rules) {
      if (rule.covers(method, path)) {
        return true;
      }
    }
    return false;
  }
}
