package dev.aegis.gateway.identity;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The verified identity behind one request.
 *
 * @param subject who, as the issuer names them
 * @param tenant the tenant that the token was issued for
 * @param roles names of roles that the token carries
 * @param slugs values of {@code pathname_slugs}, null when the claim is absent
 * @param tokenId the token's {@code jti}, null when it has none, or there is no token
 * @param issuedAt when the credential was issued; {@link Instant#EPOCH} when it does not say, so
 *     that it counts as older than anything that is said about older ones
 * @param notBefore from when the token holds, leeway included
 * @param expires until when, leeway included
 */
public record Principal(
    String subject,
    String tenant,
    List<String> roles,
    @Nullable List<String> slugs,
    @Nullable String tokenId,
    Instant issuedAt,
    Instant notBefore,
    Instant expires) {
  public Principal {
    roles = List.copyOf(roles);
    slugs = slugs == null ? null : List.copyOf(slugs);
  }
}
