package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.Tokens;
import dev.aegis.journal.RoleDefinition;
import java.util.Map;

/**
 * Whom a tenant trusts and what its roles allow. The same for as long as neither changes; a change
 * of either makes new {@code tokens}, so what was concluded under the old ones is void.
 *
 * @param tokens checks its tokens
 * @param roles its roles by id
 * @param basis revisions of the objects it was compiled from, by key
 */
public record IdentityPlan(
    Tokens tokens, Map<String, RoleDefinition> roles, Map<String, Long> basis) {
  public IdentityPlan {
    roles = Map.copyOf(roles);
    basis = Map.copyOf(basis);
  }

  /** What a principal may do here. */
  public Access access(Principal principal) {
    return Access.of(principal.roles(), roles);
  }
}
