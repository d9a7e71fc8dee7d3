package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.admission.Bindings;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.Tokens;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whom a tenant trusts and what its roles allow. The same for as long as neither changes; a change
 * of either makes new {@code tokens}, so what was concluded under the old ones is void.
 *
 * @param tokens checks its tokens
 * @param roles its roles and those that it inherits
 * @param bindings the roles that it adds to those of tokens
 * @param letIn whose tokens open it
 * @param basis revisions of the objects it was compiled from, by key
 * @param scope under which gateways share its verified tokens, see {@link Scope}; null where they
 *     do not
 */
public record IdentityPlan(
    Tokens tokens,
    Roles roles,
    Bindings bindings,
    LetIn letIn,
    Map<String, Long> basis,
    @Nullable String scope) {
  public IdentityPlan {
    basis = Map.copyOf(basis);
  }

  /** Whether a principal is one of the tenant, or of an ancestor that is let in. */
  public boolean admits(Principal principal) {
    return letIn.admits(principal);
  }

  /**
   * The principal with the roles that the tenant adds to its own. Another tenant's principal gets
   * none: its subject is somebody else than one of the same name here.
   */
  public Principal bound(Principal principal) {
    if (!principal.tenant().equals(letIn.tenant())) {
      return principal;
    }
    List<String> own = principal.roles();
    List<String> all = bindings.roles(principal.subject(), own, principal.groups());
    return all.equals(own) ? principal : principal.with(all);
  }

  /** A {@link #bound} principal as this tenant sees it: with the roles that it may use here. */
  public Principal seen(Principal principal) {
    List<String> usable =
        principal.roles().stream().filter(role -> letIn.grants(principal, role)).toList();
    return usable.size() == principal.roles().size() ? principal : principal.with(usable);
  }

  /** What a {@link #bound} principal may do here. */
  public Access access(Principal principal) {
    return roles.access(
        principal.roles(),
        role -> letIn.grants(principal, role),
        principal.subjectIn(letIn.tenant()),
        principal.claims());
  }

  /** Whether what roles allow depends on who has them. */
  public boolean conditional() {
    return roles.conditional();
  }

  /** What callers of the tenant of whom nothing else is known may do with these roles. */
  Access access(List<String> named) {
    return roles.access(named, role -> true, "", Map.of());
  }
}
