package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.admission.Bindings;
import dev.aegis.gateway.admission.RoleSets;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.Tokens;
import java.util.List;
import java.util.Map;

/**
 * Whom a tenant trusts and what its roles allow. The same for as long as neither changes; a change
 * of either makes new {@code tokens}, so what was concluded under the old ones is void.
 *
 * @param tokens checks its tokens
 * @param roles what its roles allow
 * @param bindings the roles that it adds to those of tokens
 * @param basis revisions of the objects it was compiled from, by key
 */
public record IdentityPlan(
    Tokens tokens, RoleSets roles, Bindings bindings, Map<String, Long> basis) {
  public IdentityPlan {
    basis = Map.copyOf(basis);
  }

  /**
   * The principal with the roles that the tenant adds to its own. Another tenant's principal gets
   * none: its subject is somebody else than one of the same name here.
   *
   * @param tenant whose plan this is
   */
  public Principal bound(Principal principal, String tenant) {
    if (!principal.tenant().equals(tenant)) {
      return principal;
    }
    List<String> own = principal.roles();
    List<String> all = bindings.roles(principal.subject(), own, principal.groups());
    return all.equals(own) ? principal : principal.with(all);
  }

  /** What a {@link #bound} principal may do here. */
  public Access access(Principal principal) {
    return roles.access(principal.roles(), principal.subject(), principal.claims());
  }
}
