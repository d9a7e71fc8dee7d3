package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.identity.Principal;
import dev.aegis.journal.Lineage;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whose tokens open one tenant: its own, and those of ancestors as far as the isolation on the way
 * to them lets them in.
 *
 * @param tenant whose hosts it is about
 * @param ancestors the tenants above, the nearest first
 * @param declared inherited roles that say that descendants may use them
 */
record LetIn(String tenant, List<Lineage.Ancestor> ancestors, Set<String> declared) {
  LetIn {
    ancestors = List.copyOf(ancestors);
    declared = Set.copyOf(declared);
  }

  /** Whether {@code principal} is let in at all: the table of docs/tenancy.md. */
  boolean admits(Principal principal) {
    if (principal.tenant().equals(tenant)) {
      return true;
    }
    Lineage.Ancestor ancestor = ancestor(principal.tenant());
    if (ancestor == null || ancestor.suspended() || !mayName(principal.issuedBy(), ancestor)) {
      return false;
    }
    return switch (ancestor.closed()) {
      case STRICT -> false;
      case SHARED -> true;
      case HYBRID -> principal.roles().stream().anyMatch(declared::contains);
    };
  }

  /** Whether {@code principal} may use a role here for more than what it denies. */
  boolean grants(Principal principal, String role) {
    if (principal.tenant().equals(tenant)) {
      return true;
    }
    Lineage.Ancestor ancestor = ancestor(principal.tenant());
    return ancestor != null
        && switch (ancestor.closed()) {
          case STRICT -> false;
          case SHARED -> true;
          case HYBRID -> declared.contains(role);
        };
  }

  /** An issuer speaks for its own tenant and those below it, never for one above. */
  private boolean mayName(String issuedBy, Lineage.Ancestor named) {
    int from = ancestors.indexOf(named);
    return ancestors.subList(from, ancestors.size()).stream()
        .anyMatch(each -> each.id().equals(issuedBy));
  }

  private Lineage.@Nullable Ancestor ancestor(String id) {
    for (Lineage.Ancestor each : ancestors) {
      if (each.id().equals(id)) {
        return each;
      }
    }
    return null;
  }
}
