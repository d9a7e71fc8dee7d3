package dev.aegis.journal;

import dev.aegis.model.Ids;
import java.util.List;

/**
 * Roles that a tenant gives to somebody itself, beside those that tokens carry.
 *
 * @param id unique within the tenant
 * @param to whom
 * @param roles ids of roles of the tenant, at least one
 */
public record BindingDefinition(String id, To to, List<String> roles) implements Definition {
  private static final int MOST_ROLES = 100;

  /** Whom a binding is for. */
  public sealed interface To {
    /** Whoever has this subject, whatever names it: a token, a key or a certificate. */
    record Subject(String name) implements To {}

    /** Whoever's token names this group. */
    record Group(String name) implements To {}
  }

  static BindingDefinition read(String id, Fields fields) {
    To to = to(fields);
    List<String> roles = fields.texts("roles");
    if (fields.absent("roles")) {
      fields.reject("roles", "is required");
    } else if (roles.isEmpty() || roles.size() > MOST_ROLES) {
      fields.reject("roles", "must hold 1 to " + MOST_ROLES + " ids of roles");
    }
    for (String role : roles) {
      if (!Ids.isObject(role)) { // they go into a header line to backends
        fields.reject("roles", "must hold ids of roles: " + Ids.OBJECT_RULE);
        break;
      }
    }
    return new BindingDefinition(id, to, roles);
  }

  private static To to(Fields fields) {
    if (!fields.absent("group")) {
      fields.optionalText("subject");
      if (!fields.absent("subject")) {
        fields.reject("group", "must not stand beside \"subject\"");
      }
      return new To.Group(fields.text("group"));
    }
    fields.optionalText("group");
    return new To.Subject(fields.text("subject"));
  }
}
