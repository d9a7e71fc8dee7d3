package dev.aegis.journal;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who may administer the installation, or a part of it.
 *
 * @param id unique within the installation; what the journal names as the actor of a change
 * @param name for people
 * @param role what may be done
 * @param tenant where: in this tenant and those below it; null for everywhere
 * @param enabled whether its tokens are taken
 * @param expiresAt from when they are not, null for never
 * @param secrets the tokens that are taken, the newest first: one, and the one before while a
 *     rotation lasts
 */
public record OperatorDefinition(
    String id,
    String name,
    Role role,
    @Nullable String tenant,
    boolean enabled,
    @Nullable Instant expiresAt,
    List<ApiKeyDefinition.Secret> secrets)
    implements Definition {
  /** Names of actors that are no operators of the journal, so that none can pose as one. */
  public static final Set<String> RESERVED =
      Set.of("platform_admin", "aegis", "file", "nobody", "unknown");

  private static final int MAX_NAME = 256;

  /** What an operator may do. */
  public enum Role {
    /** Everything. */
    PLATFORM_ADMIN,
    /** To read and write one tenant and those below it. */
    TENANT_ADMIN,
    /** To read: everything, or one tenant and those below it. */
    AUDITOR
  }

  static OperatorDefinition read(String id, Fields fields) {
    if (RESERVED.contains(id)) {
      fields.reject("id", "is reserved");
    }
    String name = fields.text("name", MAX_NAME);
    if (fields.absent("role")) {
      fields.reject("role", "is required");
    }
    Role role =
        Role.valueOf(
            fields
                .oneOf("role", "auditor", List.of("platform_admin", "tenant_admin", "auditor"))
                .toUpperCase(Locale.ROOT));
    String tenant = fields.optionalText("tenant");
    switch (role) {
      case PLATFORM_ADMIN -> {
        if (tenant != null) {
          fields.reject("tenant", "must be null for a platform_admin");
        }
      }
      case TENANT_ADMIN -> {
        if (tenant == null) {
          fields.reject("tenant", "is required for a tenant_admin");
        }
      }
      case AUDITOR -> {
        // Of one tenant, or of all.
      }
    }
    return new OperatorDefinition(
        id,
        name,
        role,
        tenant,
        fields.flag("enabled", true),
        fields.time("expires_at"),
        ApiKeyDefinition.secrets(fields, false));
  }

  /** Until when {@code secret} is taken: {@link Instant#MAX} for ever. */
  public Instant ends(ApiKeyDefinition.Secret secret) {
    Instant own = secret.expiresAt() == null ? Instant.MAX : secret.expiresAt();
    Instant whole = expiresAt == null ? Instant.MAX : expiresAt;
    return own.isBefore(whole) ? own : whole;
  }
}
