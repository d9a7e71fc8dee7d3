package dev.aegis.gateway.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.tokens.Claims;
import dev.aegis.tokens.Proof;
import dev.aegis.tokens.SignedToken;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Checks the tokens of one tenant: signed JWTs in compact form (RFC 7515, RFC 7519), by the rules
 * of RFC 8725, and others by what their issuer says of them (RFC 7662).
 *
 * <p>Header and claims are read by a strict JSON reader, since a token in which two readers see
 * different claims is an attack.
 */
public final class Tokens {
  /** Longest token looked at, in characters. */
  public static final int MAX_LENGTH = 8 * 1024;

  private static final Instant LAST = Instant.ofEpochSecond(Claims.MAX_TIME);

  private final Map<String, List<Issuer>> issuersByName = new TreeMap<>();
  private final @Nullable OpaqueIssuer opaque;
  private final Asked asked;

  /**
   * @param issuers whom the tenant trusts
   */
  public Tokens(List<Issuer> issuers) {
    this(issuers, null, Asked.NOTHING);
  }

  /**
   * @param issuers whom the tenant trusts
   * @param opaque whose tokens those are that are no JWTs; null when there are none
   * @param asked what is read of a token beyond what it must have
   */
  public Tokens(List<Issuer> issuers, @Nullable OpaqueIssuer opaque, Asked asked) {
    this.opaque = opaque;
    this.asked = asked;
    for (Issuer issuer : issuers) {
      issuersByName
          .computeIfAbsent(issuer.definition().issuer(), name -> new ArrayList<>())
          .add(issuer);
    }
  }

  /** Whether a token is signed, by its form; of others only their issuer can tell. */
  public static boolean tellsItself(String token) {
    return token.length() <= MAX_LENGTH && SignedToken.resembles(token);
  }

  /** Checks {@code token} as of {@code now}. */
  public Verified verify(String token, Instant now) {
    if (token.length() > MAX_LENGTH) {
      return new Verified.Invalid("longer than " + MAX_LENGTH + " characters");
    }
    if (opaque != null && !SignedToken.resembles(token)) {
      return OpaqueIssuer.spells(token)
          ? said(opaque, token, now)
          : new Verified.Invalid("not spelled as a token (RFC 6750 section 2.1)");
    }
    SignedToken signed;
    ObjectNode claims;
    try {
      signed = SignedToken.parse(token);
      claims = SignedToken.read(signed.payload(), "the payload");
    } catch (IOException e) {
      return new Verified.Invalid(String.valueOf(e.getMessage()));
    }
    String name = claims.path("iss").textValue();
    if (name == null) {
      return new Verified.Invalid("without issuer");
    }
    List<Issuer> issuers = issuersByName.getOrDefault(name, List.of());
    Verified outcome = outcome(issuers, issuer -> issuer.proof(signed), claims, now);
    if (outcome == null) {
      // Nobody waits for the keys of one issuer when those of another are known to have made it.
      outcome = outcome(issuers, issuer -> issuer.lateProof(signed), claims, now);
    }
    return outcome == null ? new Verified.Invalid("no trusted issuer signed it") : outcome;
  }

  /** By what the issuer says of it; who that is, and for whom it holds, is checked all the same. */
  private Verified said(OpaqueIssuer issuer, String token, Instant now) {
    return switch (issuer.introspector().ask(token)) {
      case Introspector.Answer.Inactive() ->
          new Verified.Invalid("its issuer says that it is not active");
      case Introspector.Answer.Unanswered(String why) -> new Verified.Unknown(why);
      case Introspector.Answer.Active(ObjectNode claims, Proof proof) -> {
        JsonNode name = claims.path("iss");
        JsonNode type = claims.path("token_type");
        if (!name.isMissingNode() && !issuer.definition().issuer().equals(name.textValue())) {
          yield new Verified.Invalid("its issuer says that it is another's");
        }
        if (!type.isMissingNode() && !type.asText().equalsIgnoreCase("Bearer")) {
          yield new Verified.Invalid("its issuer says that it is no bearer token");
        }
        Verified outcome = claims(issuer.definition(), issuer.tenant(), claims, now, true);
        yield outcome instanceof Verified.Valid(Principal principal, Proof none)
            ? new Verified.Valid(principal, proof)
            : outcome;
      }
    };
  }

  /** Null when none of the issuers signed it. */
  private @Nullable Verified outcome(
      List<Issuer> issuers,
      Function<Issuer, @Nullable Proof> proofs,
      ObjectNode claims,
      Instant now) {
    Verified outcome = null;
    for (Issuer issuer : issuers) {
      Proof proof = proofs.apply(issuer);
      if (proof != null) {
        Verified here = claims(issuer.definition(), issuer.tenant(), claims, now, false);
        if (here instanceof Verified.Valid(Principal principal, Proof none)) {
          return new Verified.Valid(principal, proof);
        }
        if (!(outcome instanceof Verified.Expired)) {
          outcome = here;
        }
      }
    }
    return outcome;
  }

  /**
   * Looks at the claims of a token whose signature holds (RFC 7519 section 4.1), or that its issuer
   * says to be active (RFC 7662 section 2.2).
   *
   * @param issuedBy the tenant that published the issuer
   * @param mayLast whether it may be without an end, since its issuer is asked again
   */
  private Verified claims(
      IssuerDefinition issuer, String issuedBy, ObjectNode claims, Instant now, boolean mayLast) {
    String audience = issuer.audience();
    if (audience != null && !Claims.names(claims.path("aud"), audience)) {
      return new Verified.Invalid("for another audience");
    }
    int leeway = issuer.leewaySeconds();
    Instant expires = mayLast && !claims.has("exp") ? LAST : Claims.time(claims.path("exp"));
    Instant notBefore = claims.has("nbf") ? Claims.time(claims.path("nbf")) : Instant.EPOCH;
    Instant issued = claims.has("iat") ? Claims.time(claims.path("iat")) : Instant.EPOCH;
    IssuerDefinition.Claims places = issuer.claims();
    String subject = Claims.at(claims, places.subject()).textValue();
    String tenant = Claims.at(claims, places.tenant()).textValue();
    if (expires == null || notBefore == null || issued == null) {
      return new Verified.Invalid("exp is missing, or exp, nbf or iat is not a time");
    }
    if (subject == null || subject.isEmpty() || tenant == null) {
      return new Verified.Invalid("without subject or tenant");
    }
    if (!Claims.printable(subject)) {
      return new Verified.Invalid("a subject with control characters");
    }
    List<String> roles = roles(Claims.at(claims, places.roles()), places.roles());
    if (roles == null || roles.stream().anyMatch(role -> role.indexOf(',') >= 0)) {
      return new Verified.Invalid("roles are not a list of strings without commas");
    }
    JsonNode slugs = Claims.at(claims, places.slugs());
    List<String> slugTexts = slugs.isMissingNode() ? null : texts(slugs);
    if (slugTexts == null && !slugs.isMissingNode()) {
      return new Verified.Invalid("pathname_slugs is not a list of strings");
    }
    JsonNode tokenId = claims.path("jti");
    if (!tokenId.isMissingNode() && !tokenId.isTextual()) {
      return new Verified.Invalid("jti is not a string");
    }
    Thumbprint boundTo = null;
    if (claims.has("cnf")) {
      // A confirmation that is not understood must not be passed over (RFC 7800 section 3.1).
      JsonNode confirmation = claims.path("cnf");
      boundTo = Thumbprint.read(confirmation.path("x5t#S256").textValue());
      if (boundTo == null || confirmation.size() != 1) {
        return new Verified.Invalid("cnf is not the thumbprint of one certificate");
      }
    } else if (issuer.certificateBound()) {
      return new Verified.Invalid("not bound to a certificate");
    }
    Principal principal =
        new Principal(
            subject,
            tenant,
            roles,
            asked.groups() ? Claims.values(Claims.at(claims, places.groups())) : List.of(),
            asked(claims),
            slugTexts,
            tokenId.textValue(),
            issued,
            notBefore.minusSeconds(leeway),
            expires.plusSeconds(leeway),
            issuedBy,
            boundTo);
    if (issued.minusSeconds(leeway).isAfter(now)) {
      return new Verified.Invalid("issued in the future");
    }
    return inTime(principal, now);
  }

  /** Whether a principal verified before still holds at {@code now}. */
  public static Verified inTime(Principal principal, Instant now) {
    if (!principal.expires().isAfter(now)) {
      return new Verified.Expired();
    }
    if (principal.notBefore().isAfter(now)) {
      return new Verified.Invalid("not valid yet");
    }
    return new Verified.Valid(principal);
  }

  /**
   * The roles of a token; null when it has something else there. Only the claim {@code scope} is a
   * list in one text (RFC 7662 section 2.2, RFC 9068 section 2.2.3).
   */
  private static @Nullable List<String> roles(JsonNode node, String place) {
    if (!place.equals("scope") || !node.isTextual()) {
      return texts(node);
    }
    List<String> roles = new ArrayList<>();
    StringTokenizer scopes = new StringTokenizer(node.textValue(), " ");
    while (scopes.hasMoreTokens()) {
      roles.add(scopes.nextToken());
    }
    return roles.stream().allMatch(Claims::printable) ? roles : null;
  }

  /** The texts of a list; empty when it is missing, null when it is something else. */
  private static @Nullable List<String> texts(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return List.of();
    }
    if (!node.isArray()) {
      return null;
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode one : node) {
      if (!one.isTextual() || !Claims.printable(one.textValue())) {
        return null;
      }
      texts.add(one.textValue());
    }
    return texts;
  }

  private Map<String, List<String>> asked(ObjectNode claims) {
    Map<String, List<String>> values = new HashMap<>();
    for (String name : asked.claims()) {
      if (claims.hasNonNull(name)) {
        values.put(name, Claims.values(claims.path(name)));
      }
    }
    return values;
  }
}
