package dev.aegis.journal;

import java.util.List;
import java.util.Set;

/**
 * What a principal with this role may do.
 *
 * @param id the name that tokens carry in {@code role_ids}
 * @param permissions what it allows and denies; a denial wins
 * @param inherits roles of the tenant whose permissions it has too
 */
public record RoleDefinition(String id, List<Permission> permissions, List<String> inherits)
    implements Definition {

  /**
   * Methods on paths.
   *
   * @param methods upper case; empty for all
   * @param paths patterns, see {@link PathPattern}
   * @param deny whether it takes away instead of giving
   */
  public record Permission(Set<String> methods, List<String> paths, boolean deny) {}

  static RoleDefinition read(String id, Fields fields) {
    List<Permission> permissions = fields.objects("permissions", RoleDefinition::permission);
    if (fields.absent("permissions")) {
      fields.reject("permissions", "is required; [] gives none");
    }
    List<String> inherits = fields.texts("inherits");
    if (inherits.contains(id)) {
      fields.reject("inherits", "must not name the role itself");
    }
    fields.flag("descendants", false); // which Lineage looks at
    return new RoleDefinition(id, permissions, inherits);
  }

  private static Permission permission(Fields fields) {
    Set<String> methods = Methods.read(fields, "methods");
    List<String> paths = PathPattern.read(fields, "paths");
    String effect = fields.oneOf("effect", "allow", List.of("allow", "deny"));
    return new Permission(methods, paths, effect.equals("deny"));
  }
}
