package dev.aegis.journal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An API key of a tenant: who shows it is {@code subject} and has these roles.
 *
 * @param id unique within the tenant
 * @param name what people call it
 * @param subject whom it stands for, in characters that a header line to a backend can hold
 * @param roles names of roles of the tenant
 * @param expiresAt from when it is nobody's, null for never
 * @param secrets the texts that are taken for it, the newest first: one, and the one before while a
 *     rotation lasts
 */
public record ApiKeyDefinition(
    String id,
    String name,
    String subject,
    List<String> roles,
    @Nullable Instant expiresAt,
    List<Secret> secrets)
    implements Definition {
  /** Most texts that are taken for one key. */
  public static final int MOST_SECRETS = 2;

  private static final int MAX_NAME = 256;
  private static final int MAX_SUBJECT = 1024;
  private static final int MAX_PREFIX = 64;
  private static final ApiKeySecret.Hash NO_HASH = new ApiKeySecret.Hash(0, 0, 0, 0);

  /**
   * One text that is taken for the key.
   *
   * @param prefix how it begins, which is not secret
   * @param hash what is known of it
   * @param sealed the whole text, of a key that signs: HMAC needs it. Null for one that is shown,
   *     of which the hash is enough
   * @param expiresAt when a rotation ends that it was replaced by, null for the newest
   */
  public record Secret(
      String prefix,
      ApiKeySecret.Hash hash,
      @Nullable SealedSecret sealed,
      @Nullable Instant expiresAt) {}

  private record Shown(String prefix, @Nullable Instant expiresAt) {}

  private record Kept(ApiKeySecret.Hash hash, @Nullable SealedSecret sealed) {}

  static ApiKeyDefinition read(String id, Fields fields) {
    String name = fields.text("name", MAX_NAME);
    String subject = fields.text("subject", MAX_SUBJECT);
    if (!subject.chars().allMatch(c -> c > ' ' && c <= '~')) {
      fields.reject("subject", "must have visible ASCII characters only");
    }
    List<String> roles = fields.texts("roles");
    for (String role : roles) {
      if (!role.chars().allMatch(c -> c > ' ' && c <= '~' && c != ',')) {
        fields.reject("roles", "must have visible ASCII characters without commas");
        break;
      }
    }
    Instant expiresAt = fields.time("expires_at");
    List<Secret> secrets = secrets(fields, fields.flag("signing", false));
    return new ApiKeyDefinition(id, name, subject, roles, expiresAt, secrets);
  }

  /**
   * The texts that are taken, of a key or of whatever else is shown as one.
   *
   * @param signs whether their whole texts are kept, sealed
   */
  static List<Secret> secrets(Fields fields, boolean signs) {
    List<Shown> shown = fields.objects("secrets", ApiKeyDefinition::shown);
    List<Kept> kept =
        signs
            ? fields.objects("hashes", ApiKeyDefinition::sealed)
            : hashes(fields).stream().map(hash -> new Kept(hash, null)).toList();
    if (kept.size() != shown.size() || kept.isEmpty() || kept.size() > MOST_SECRETS) {
      fields.reject("hashes", "must be one or two, one for each of \"secrets\"");
    }
    List<Secret> secrets = new ArrayList<>();
    for (int i = 0; i < Math.min(kept.size(), shown.size()); i++) {
      Kept one = kept.get(i);
      secrets.add(
          new Secret(shown.get(i).prefix(), one.hash(), one.sealed(), shown.get(i).expiresAt()));
    }
    return List.copyOf(secrets);
  }

  /** Until when {@code secret} is taken: {@link Instant#MAX} for ever. */
  public Instant ends(Secret secret) {
    Instant own = secret.expiresAt() == null ? Instant.MAX : secret.expiresAt();
    Instant whole = expiresAt == null ? Instant.MAX : expiresAt;
    return own.isBefore(whole) ? own : whole;
  }

  private static Shown shown(Fields fields) {
    String prefix = fields.text("prefix", MAX_PREFIX);
    fields.text("last_four", MAX_PREFIX);
    fields.time("created_at");
    return new Shown(prefix, fields.time("expires_at"));
  }

  /** What is kept of a text that signs: {@code {"sha256": …, "sealed": {…}}}. */
  private static Kept sealed(Fields fields) {
    ApiKeySecret.Hash hash = NO_HASH;
    try {
      hash = ApiKeySecret.Hash.parse(fields.text("sha256"));
    } catch (IllegalArgumentException e) {
      fields.reject("sha256", "must be SHA-256 in hexadecimal digits");
    }
    SealedSecret sealed = SealedSecret.read(fields, "sealed");
    if (sealed == null) {
      fields.reject("sealed", "is required of a key that signs");
    }
    return new Kept(hash, sealed);
  }

  private static List<ApiKeySecret.Hash> hashes(Fields fields) {
    List<ApiKeySecret.Hash> hashes = new ArrayList<>();
    for (String text : fields.texts("hashes")) {
      try {
        hashes.add(ApiKeySecret.Hash.parse(text));
      } catch (IllegalArgumentException e) {
        fields.reject("hashes", "must hold only SHA-256 in hexadecimal digits");
        return List.of();
      }
    }
    return hashes;
  }
}
