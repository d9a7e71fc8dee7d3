package dev.aegis.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may issue tokens for a tenant, and how they are checked.
 *
 * <p>The issuer fixes algorithm and key; the token never chooses (RFC 8725 sections 3.1 and 3.2).
 *
 * @param id unique within the tenant
 * @param issuer exact value of {@code iss}
 * @param algorithms JWS algorithms let in, HS or others but not both; none for an issuer of whose
 *     tokens only it knows anything
 * @param publicKeys keys of the algorithms that are not HS; each fits one of them, and each of them
 *     has one
 * @param secret the shared key of HS algorithms as text, sealed; its UTF-8 bytes are the key
 * @param audience value that {@code aud} must contain, or null when it is not looked at
 * @param leewaySeconds how far clocks may differ, 0 to 300
 * @param claims where claims stand that are not called as Aegis calls them
 * @param published where the issuer publishes its keys, null when they are here
 * @param introspection where it is asked about tokens that are no JWTs, null when it is not
 * @param certificateBound whether its tokens must be bound to a certificate (RFC 8705 section 3)
 */
public record IssuerDefinition(
    String id,
    String issuer,
    List<SigningAlgorithm> algorithms,
    List<IssuerKey> publicKeys,
    @Nullable SealedSecret secret,
    @Nullable String audience,
    int leewaySeconds,
    Claims claims,
    @Nullable PublishedKeys published,
    @Nullable Introspection introspection,
    boolean certificateBound)
    implements Definition {

  /** Names of the algorithms that this version verifies. */
  public static final List<String> ALGORITHMS =
      Arrays.stream(SigningAlgorithm.values()).map(SigningAlgorithm::text).toList();

  /** A token without {@code kid} is tried with all of them, so there are few. */
  private static final int MAX_KEYS = 20;

  private static final int MAX_CLAIM = 256;

  private static final String NEEDS_ALGORITHMS = "is only for an issuer with algorithms";

  /**
   * Where the claims that Aegis reads stand in this issuer's tokens: the name of a claim, or, when
   * it begins with a slash, a JSON Pointer into the claims (RFC 6901).
   *
   * @param subject by default {@code sub}
   * @param tenant by default {@code tenant_id}
   * @param roles by default {@code role_ids}
   * @param groups by default {@code groups}
   * @param slugs by default {@code pathname_slugs}
   */
  public record Claims(String subject, String tenant, String roles, String groups, String slugs) {
    /** Aegis' own names. */
    public static final Claims OWN =
        new Claims("sub", "tenant_id", "role_ids", "groups", "pathname_slugs");
  }

  /** An issuer whose keys are all here. */
  public IssuerDefinition(
      String id,
      String issuer,
      List<SigningAlgorithm> algorithms,
      List<IssuerKey> publicKeys,
      @Nullable SealedSecret secret,
      @Nullable String audience,
      int leewaySeconds,
      Claims claims) {
    this(
        id,
        issuer,
        algorithms,
        publicKeys,
        secret,
        audience,
        leewaySeconds,
        claims,
        null,
        null,
        false);
  }

  static IssuerDefinition read(String id, Fields fields) {
    String issuer = fields.text("issuer");
    Introspection introspection = Introspection.read(fields);
    boolean opaque = !fields.absent(Introspection.MEMBER) && fields.size("algorithms") == 0;
    List<SigningAlgorithm> algorithms = algorithms(fields, opaque);
    boolean symmetric = algorithms.stream().anyMatch(SigningAlgorithm::symmetric);
    boolean asymmetric = !algorithms.stream().allMatch(SigningAlgorithm::symmetric);
    if (symmetric && asymmetric) {
      fields.reject("algorithms", "must not mix HS with the others: one kind of key per issuer");
    }
    boolean bare = !symmetric && !opaque && fields.absent("public_keys") && fields.absent("secret");
    PublishedKeys published = PublishedKeys.read(fields, issuer, bare);
    if (published != null && symmetric) {
      fields.reject(
          fields.absent("jwks_url") ? "discovery" : "jwks_url",
          "is not for HS algorithms, whose keys are secret");
    }
    if (published != null && opaque) {
      fields.reject(fields.absent("jwks_url") ? "discovery" : "jwks_url", NEEDS_ALGORITHMS);
    }
    List<IssuerKey> keys = publicKeys(fields, algorithms, published != null);
    SealedSecret secret = SealedSecret.read(fields, "secret");
    if (symmetric && secret == null) {
      fields.reject("secret", "is required for HS algorithms");
    }
    if (symmetric && !asymmetric && fields.size("public_keys") > 0) {
      fields.reject("public_keys", "is not for HS algorithms");
    }
    if (asymmetric && secret != null) {
      fields.reject("secret", "is only for HS algorithms");
    }
    if (opaque && secret != null) {
      fields.reject("secret", NEEDS_ALGORITHMS);
    }
    if (opaque && fields.size("public_keys") > 0) {
      fields.reject("public_keys", NEEDS_ALGORITHMS);
    }
    return new IssuerDefinition(
        id,
        issuer,
        algorithms,
        keys,
        secret,
        fields.optionalText("audience"),
        (int) fields.number("leeway_seconds", 0, 0, 300),
        fields.object("claims", IssuerDefinition::claims),
        published,
        introspection,
        fields
            .oneOf("certificate_bound", "optional", List.of("optional", "required"))
            .equals("required"));
  }

  private static List<SigningAlgorithm> algorithms(Fields fields, boolean opaque) {
    List<SigningAlgorithm> algorithms = new ArrayList<>();
    List<String> texts = fields.texts("algorithms");
    for (String text : texts) {
      SigningAlgorithm algorithm = SigningAlgorithm.of(text);
      if (algorithm == null) {
        fields.reject(
            "algorithms", "\"" + text + "\" is not one of " + String.join(", ", ALGORITHMS));
      } else if (!algorithms.contains(algorithm)) {
        algorithms.add(algorithm);
      }
    }
    if (texts.isEmpty() && !opaque) {
      fields.reject("algorithms", "must name at least one of " + String.join(", ", ALGORITHMS));
    }
    return List.copyOf(algorithms);
  }

  /** Each key must be of use, and each algorithm have one, unless they are published elsewhere. */
  private static List<IssuerKey> publicKeys(
      Fields fields, List<SigningAlgorithm> algorithms, boolean elsewhere) {
    List<SigningAlgorithm> asymmetric =
        algorithms.stream().filter(algorithm -> !algorithm.symmetric()).toList();
    Set<String> ids = new HashSet<>();
    List<IssuerKey> keys =
        fields.values(
            "public_keys",
            item -> {
              IssuerKey key = key(item);
              if (key.id() != null && !ids.add(key.id())) {
                throw new IllegalArgumentException("has the \"kid\" of a key before it");
              }
              if (!asymmetric.isEmpty() && asymmetric.stream().noneMatch(key::fits)) {
                throw new IllegalArgumentException("is a key for none of the algorithms");
              }
              return key;
            });
    int given = fields.size("public_keys");
    if (given > MAX_KEYS) {
      fields.reject("public_keys", "must hold at most " + MAX_KEYS + " keys");
    }
    if (elsewhere) {
      if (given > 0) {
        fields.reject("public_keys", "is not for an issuer with jwks_url or discovery");
      }
      return List.of();
    }
    for (SigningAlgorithm algorithm : asymmetric) {
      if (keys.size() == given && keys.stream().noneMatch(key -> key.fits(algorithm))) {
        fields.reject("public_keys", "must hold a key for " + algorithm.text());
      }
    }
    return keys;
  }

  private static IssuerKey key(JsonNode item) {
    if (item instanceof ObjectNode jwk) {
      return IssuerKey.ofJwk(jwk);
    }
    if (item.isTextual()) {
      return IssuerKey.ofPem(item.textValue());
    }
    throw new IllegalArgumentException("must be a JSON Web Key, or a public key in PEM");
  }

  private static Claims claims(Fields fields) {
    return new Claims(
        claim(fields, "subject", Claims.OWN.subject()),
        claim(fields, "tenant_id", Claims.OWN.tenant()),
        claim(fields, "role_ids", Claims.OWN.roles()),
        claim(fields, "groups", Claims.OWN.groups()),
        claim(fields, "pathname_slugs", Claims.OWN.slugs()));
  }

  private static String claim(Fields fields, String name, String own) {
    String place = fields.textOr(name, own);
    if (place.isEmpty() || place.length() > MAX_CLAIM) {
      fields.reject(name, "must be the name of a claim, of at most " + MAX_CLAIM + " characters");
    }
    for (int at = place.indexOf('~'); place.startsWith("/") && at >= 0; ) {
      char escaped = at + 1 < place.length() ? place.charAt(at + 1) : ' ';
      if (escaped != '0' && escaped != '1') {
        fields.reject(name, "must be a JSON Pointer, with ~0 and ~1 only (RFC 6901 section 3)");
        return own;
      }
      at = place.indexOf('~', at + 1);
    }
    return place;
  }
}
