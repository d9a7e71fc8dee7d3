package dev.aegis.gateway.admission;

import dev.aegis.journal.Condition;
import dev.aegis.journal.RoleDefinition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What one set of roles allows somebody, compiled: the union of their permissions and of those they
 * inherit. A denial wins over every permission; what nobody allows is forbidden. To ask it costs
 * the same for one role and for a thousand.
 */
public final class Access {
  private static final byte[][][] NOTHING = {};

  private final PathTree denials;
  private final PathTree permissions;

  /** Values of the claims that parts of paths must equal, UTF-8, by the claim's place. */
  private final byte[][][] own;

  private Access(PathTree denials, PathTree permissions, byte[][][] own) {
    this.denials = denials;
    this.permissions = permissions;
    this.own = own;
  }

  /**
   * A role that somebody has.
   *
   * @param through roles over which it was inherited, the caller's own first
   */
  record Reached(RoleDefinition role, List<String> through) {}

  /** What roles allow that have no conditions, or of whose conditions none holds. */
  public static Access of(List<String> roles, Map<String, RoleDefinition> known) {
    return of(roles, known, _ -> false, List.of());
  }

  /**
   * Compiles the union of {@code roles}. Names that no role has give nothing.
   *
   * @param known the tenant's roles by id
   * @param holds whether a condition holds
   * @param placed claims that parts of paths must equal, with all that are named
   */
  static Access of(
      List<String> roles,
      Map<String, RoleDefinition> known,
      Predicate<Condition> holds,
      List<String> placed) {
    PathTree.Growing denials = new PathTree.Growing(placed);
    PathTree.Growing permissions = new PathTree.Growing(placed);
    for (Reached reached : reached(roles, known)) {
      RoleDefinition role = reached.role();
      int index = 0;
      for (RoleDefinition.Permission permission : role.permissions()) {
        if (permission.when().stream().allMatch(holds)) {
          boolean deny = permission.deny();
          for (String pattern : permission.paths()) {
            Rule rule = new Rule(role.id(), reached.through(), index, pattern, deny);
            (deny ? denials : permissions).add(permission, rule);
          }
        }
        index++;
      }
    }
    return new Access(denials.grown(), permissions.grown(), NOTHING);
  }

  /** These roles and those that they inherit, each once, the nearest first. */
  static List<Reached> reached(List<String> roles, Map<String, RoleDefinition> known) {
    List<Reached> reached = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String id : roles) {
      reach(id, List.of(), known, seen, reached);
    }
    for (int i = 0; i < reached.size(); i++) {
      RoleDefinition role = reached.get(i).role();
      List<String> through = new ArrayList<>(reached.get(i).through());
      through.add(role.id());
      for (String id : role.inherits()) {
        reach(id, through, known, seen, reached);
      }
    }
    return reached;
  }

  private static void reach(
      String id,
      List<String> through,
      Map<String, RoleDefinition> known,
      Set<String> seen,
      List<Reached> reached) {
    RoleDefinition role = known.get(id);
    if (role != null && seen.add(id)) {
      reached.add(new Reached(role, through));
    }
  }

  /**
   * The same for somebody.
   *
   * @param values of each claim that parts of paths must equal, in their order
   */
  Access to(List<List<String>> values) {
    byte[][][] theirs = new byte[values.size()][][];
    for (int i = 0; i < theirs.length; i++) {
      theirs[i] =
          values.get(i).stream()
              .map(value -> value.getBytes(StandardCharsets.UTF_8))
              .toArray(byte[][]::new);
    }
    return new Access(denials, permissions, theirs);
  }

  /** Whether {@code method} on the canonical {@code path} is allowed. */
  public boolean allows(String method, String path) {
    return denial(method, path) == null && permission(method, path) != null;
  }

  /** A rule that denies this whatever allows it, or null. */
  public @Nullable Rule denial(String method, String path) {
    return denials.find(method, path, own);
  }

  /** A rule that allows this unless one denies it, or null. */
  public @Nullable Rule permission(String method, String path) {
    return permissions.find(method, path, own);
  }

  /** A measure of its memory: about 100 bytes each. */
  int size() {
    return denials.size() + permissions.size();
  }
}
