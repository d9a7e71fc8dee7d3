package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.identity.Principal;

/**
 * The principal of a request, and what the tenant's roles allow it.
 *
 * @param principal who
 * @param access the compiled union of its roles
 * @param source where that was known from
 */
public record Caller(Principal principal, Access access, Decisions.Source source) {}
