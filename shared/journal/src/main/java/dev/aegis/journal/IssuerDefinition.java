package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may issue tokens for a tenant, and how they are checked.
 *
 * <p>The issuer fixes algorithm and key; the token never chooses (RFC 8725 sections 3.1 and 3.2).
 *
 * @param id unique within the tenant
 * @param issuer exact value of {@code iss}
 * @param algorithms JWS algorithms let in (RFC 7518 section 3.1), all of one family
 * @param publicKeys public JSON Web Keys (RFC 7517) for asymmetric algorithms
 * @param secret the shared key of HS algorithms as text, sealed; its UTF-8 bytes are the key
 * @param audience value that {@code aud} must contain, or null when it is not looked at
 * @param leewaySeconds how far clocks may differ, 0 to 300
 * @param claims names of claims that differ from Aegis' own
 */
public record IssuerDefinition(
    String id,
    String issuer,
    List<String> algorithms,
    List<ObjectNode> publicKeys,
    @Nullable SealedSecret secret,
    @Nullable String audience,
    int leewaySeconds,
    Claims claims)
    implements Definition {

  /** Algorithms that this version verifies. */
  public static final List<String> ALGORITHMS =
      List.of("HS256", "HS384", "HS512", "RS256", "RS384", "RS512");

  /**
   * Names of the claims that Aegis reads.
   *
   * @param tenant by default {@code tenant_id}
   * @param roles by default {@code role_ids}
   * @param groups by default {@code groups}
   */
  public record Claims(String tenant, String roles, String groups) {
    /** The names that Aegis uses itself. */
    public static final Claims USUAL = new Claims("tenant_id", "role_ids", "groups");
  }

  static IssuerDefinition read(String id, Fields fields) {
    String issuer = fields.text("issuer");
    List<String> algorithms = fields.texts("algorithms");
    boolean symmetric = false;
    boolean asymmetric = false;
    for (String algorithm : algorithms) {
      if (!ALGORITHMS.contains(algorithm)) {
        fields.reject(
            "algorithms", "\"" + algorithm + "\" is not one of " + String.join(", ", ALGORITHMS));
      }
      symmetric |= algorithm.startsWith("HS");
      asymmetric |= !algorithm.startsWith("HS");
    }
    if (algorithms.isEmpty()) {
      fields.reject("algorithms", "must name at least one of " + String.join(", ", ALGORITHMS));
    }
    if (symmetric && asymmetric) {
      fields.reject("algorithms", "must not mix HS with the others: one kind of key per issuer");
    }
    List<ObjectNode> keys = fields.trees("public_keys");
    for (ObjectNode key : keys) {
      if (key.has("d") || key.has("k")) {
        fields.reject("public_keys", "must hold public keys only: one of them has a private part");
      }
    }
    SealedSecret secret = SealedSecret.read(fields, "secret");
    if (symmetric && secret == null) {
      fields.reject("secret", "is required for HS algorithms");
    }
    if (asymmetric && keys.isEmpty()) {
      fields.reject("public_keys", "must hold at least one key for these algorithms");
    }
    if (asymmetric && secret != null) {
      fields.reject("secret", "is only for HS algorithms");
    }
    fields.unavailable("jwks_url");
    return new IssuerDefinition(
        id,
        issuer,
        algorithms,
        keys,
        secret,
        fields.optionalText("audience"),
        (int) fields.number("leeway_seconds", 0, 0, 300),
        fields.object("claims", IssuerDefinition::claims));
  }

  private static Claims claims(Fields fields) {
    return new Claims(
        fields.textOr("tenant_id", Claims.USUAL.tenant()),
        fields.textOr("role_ids", Claims.USUAL.roles()),
        fields.textOr("groups", Claims.USUAL.groups()));
  }
}
