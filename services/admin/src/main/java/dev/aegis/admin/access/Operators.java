package dev.aegis.admin.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * Knows operators by their bearer token (RFC 6750 section 2.1).
 *
 * <p>Holds the token's digest only and compares digests in constant time, so neither a dump nor the
 * time an answer takes tells the token.
 */
public final class Operators {
  private static final String SCHEME = "Bearer ";

  private final byte[] administrator;

  /**
   * @param administratorToken the platform administrator's token, not empty
   */
  public Operators(String administratorToken) {
    if (administratorToken.isBlank()) {
      throw new IllegalArgumentException("The platform administrator's token must not be empty");
    }
    this.administrator = digest(administratorToken);
  }

  /**
   * The operator of a request.
   *
   * @param authorization value of the {@code Authorization} header, null when there is none
   */
  public Access identify(@Nullable String authorization) {
    if (authorization == null || authorization.isBlank()) {
      return Access.Refused.MISSING;
    }
    if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Access.Refused.MISSING;
    }
    byte[] given = digest(authorization.substring(SCHEME.length()).strip());
    return MessageDigest.isEqual(given, administrator)
        ? new Access.Granted(Operator.PLATFORM_ADMINISTRATOR)
        : Access.Refused.INVALID;
  }

  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
