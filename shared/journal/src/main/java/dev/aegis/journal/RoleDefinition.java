package dev.aegis.journal;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

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
   * @param when what must all be true of the caller for it to count
   * @param where which {@code *} of the paths, counted from 1, must be a value of which claim
   */
  public record Permission(
      Set<String> methods,
      List<String> paths,
      boolean deny,
      List<Condition> when,
      Map<Integer, String> where) {
    /** One without conditions. */
    public Permission(Set<String> methods, List<String> paths, boolean deny) {
      this(methods, paths, deny, List.of(), Map.of());
    }
  }

  private static final int MOST_CONDITIONS = 20;
  private static final int MOST_PLACES = 9;

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
    List<Condition> when = fields.objects("when", Condition::read);
    if (when.size() > MOST_CONDITIONS) {
      fields.reject("when", "must hold at most " + MOST_CONDITIONS + " conditions");
    }
    return new Permission(methods, paths, effect.equals("deny"), when, where(fields, paths));
  }

  private static Map<Integer, String> where(Fields fields, List<String> paths) {
    Map<Integer, String> where = new TreeMap<>();
    fields
        .textMap("where")
        .forEach(
            (place, claim) -> {
              int number = place.length() == 1 ? place.charAt(0) - '0' : 0;
              if (number < 1 || number > MOST_PLACES) {
                fields.reject("where", "must have names from \"1\" to \"" + MOST_PLACES + "\"");
              } else if (claim.isEmpty()) {
                fields.reject("where", "must name claims");
              } else {
                where.put(number, claim);
              }
            });
    for (String path : paths) {
      int places = PathPattern.places(path);
      for (int number : where.keySet()) {
        if (number > places) {
          fields.reject("where", "\"" + path + "\" has no '*' number " + number);
        }
      }
    }
    return Collections.unmodifiableMap(where);
  }
}
