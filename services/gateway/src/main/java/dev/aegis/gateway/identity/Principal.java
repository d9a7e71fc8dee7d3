package dev.aegis.gateway.identity;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The verified identity behind one request.
 *
 * @param subject who, as the issuer names them
 * @param tenant the tenant that the token was issued for
 * @param roles names of roles: those that the token carries, and those that the tenant adds
 * @param groups names of groups that the token carries, as far as the tenant asks for them
 * @param claims values of other claims that the token has, as far as the tenant asks for them
 * @param slugs values of {@code pathname_slugs}, null when the claim is absent
 * @param tokenId the token's {@code jti}, null when it has none, or there is no token
 * @param issuedAt when the credential was issued; {@link Instant#EPOCH} when it does not say, so
 *     that it counts as older than anything that is said about older ones
 * @param notBefore from when the token holds, leeway included
 * @param expires until when, leeway included
 * @param issuedBy the tenant whose issuer signed the token, {@code ""} where no issuer did
 * @param boundTo the certificate that callers must show with the token on each request, null when
 *     it holds for whoever has it
 */
public record Principal(
    String subject,
    String tenant,
    List<String> roles,
    List<String> groups,
    Map<String, List<String>> claims,
    @Nullable List<String> slugs,
    @Nullable String tokenId,
    Instant issuedAt,
    Instant notBefore,
    Instant expires,
    String issuedBy,
    @Nullable Thumbprint boundTo) {
  private static final int AROUND = 48;
  private static final int MOST_CHARACTERS = 1 << 30;

  public Principal {
    roles = List.copyOf(roles);
    groups = List.copyOf(groups);
    claims = Map.copyOf(claims);
    slugs = slugs == null ? null : List.copyOf(slugs);
  }

  /** One that no issuer vouches for, so that it can be of no other tenant than the host's. */
  public Principal(
      String subject,
      String tenant,
      List<String> roles,
      @Nullable List<String> slugs,
      Instant notBefore,
      Instant expires) {
    this(
        subject,
        tenant,
        roles,
        List.of(),
        Map.of(),
        slugs,
        null,
        Instant.EPOCH,
        notBefore,
        expires,
        "",
        null);
  }

  /**
   * About how many characters it holds, with what stands around each text. What an issuer says of a
   * short token may be long.
   */
  int characters() {
    long sum = subject.length() + characters(roles) + characters(groups);
    for (Map.Entry<String, List<String>> claim : claims.entrySet()) {
      sum += claim.getKey().length() + AROUND + characters(claim.getValue());
    }
    sum += slugs == null ? 0 : characters(slugs);
    return (int) Math.min(sum, MOST_CHARACTERS);
  }

  private static long characters(List<String> texts) {
    long sum = 0;
    for (String text : texts) {
      sum += text.length() + AROUND;
    }
    return sum;
  }

  /** The same with other roles. */
  public Principal with(List<String> others) {
    return new Principal(
        subject, tenant, others, groups, claims, slugs, tokenId, issuedAt, notBefore, expires,
        issuedBy, boundTo);
  }

  /** The subject as a name among those of {@code host}: other tenants have subjects too. */
  public String subjectIn(String host) {
    return tenant.equals(host) ? subject : tenant + '\n' + subject;
  }
}
