package dev.aegis.gateway.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.IssuerDefinition;
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

  /** Longest time in seconds that is an instant to every reader: the end of the year 9999. */
  private static final long MAX_TIME = 253_402_300_799L;

  private static final Instant LAST = Instant.ofEpochSecond(MAX_TIME);

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
    if (audience != null && !names(claims.path("aud"), audience)) {
      return new Verified.Invalid("for another audience");
    }
    int leeway = issuer.leewaySeconds();
    Instant expires = mayLast && !claims.has("exp") ? LAST : time(claims.path("exp"));
    Instant notBefore = claims.has("nbf") ? time(claims.path("nbf")) : Instant.EPOCH;
    Instant issued = claims.has("iat") ? time(claims.path("iat")) : Instant.EPOCH;
    IssuerDefinition.Claims places = issuer.claims();
    String subject = at(claims, places.subject()).textValue();
    String tenant = at(claims, places.tenant()).textValue();
    if (expires == null || notBefore == null || issued == null) {
      return new Verified.Invalid("exp is missing, or exp, nbf or iat is not a time");
    }
    if (subject == null || subject.isEmpty() || tenant == null) {
      return new Verified.Invalid("without subject or tenant");
    }
    if (!printable(subject)) {
      return new Verified.Invalid("a subject with control characters");
    }
    List<String> roles = roles(at(claims, places.roles()), places.roles());
    if (roles == null || roles.stream().anyMatch(role -> role.indexOf(',') >= 0)) {
      return new Verified.Invalid("roles are not a list of strings without commas");
    }
    JsonNode slugs = at(claims, places.slugs());
    List<String> slugTexts = slugs.isMissingNode() ? null : texts(slugs);
    if (slugTexts == null && !slugs.isMissingNode()) {
      return new Verified.Invalid("pathname_slugs is not a list of strings");
    }
    JsonNode tokenId = claims.path("jti");
    if (!tokenId.isMissingNode() && !tokenId.isTextual()) {
      return new Verified.Invalid("jti is not a string");
    }
    Principal principal =
        new Principal(
            subject,
            tenant,
            roles,
            asked.groups() ? values(at(claims, places.groups())) : List.of(),
            asked(claims),
            slugTexts,
            tokenId.textValue(),
            issued,
            notBefore.minusSeconds(leeway),
            expires.plusSeconds(leeway),
            issuedBy);
    if (issued.minusSeconds(leeway).isAfter(now)) {
      return new Verified.Invalid("issued in the future");
    }
    return inTime(principal, now);
  }

  /** The claim of that name, or what the JSON Pointer leads to; missing when there is none. */
  private static JsonNode at(ObjectNode claims, String place) {
    return place.startsWith("/") ? claims.at(place) : claims.path(place);
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

  /** NumericDate, which may have a fraction (RFC 7519 section 2). */
  private static @Nullable Instant time(JsonNode node) {
    if (!node.isNumber()) {
      return null;
    }
    double seconds = node.doubleValue();
    if (!(seconds >= 0 && seconds <= MAX_TIME)) {
      return null; // NaN and what is infinite, too
    }
    long whole = (long) seconds;
    return Instant.ofEpochSecond(whole, (long) ((seconds - whole) * 1e9));
  }

  /** Whether {@code aud} is a string or a list of strings (RFC 7519 section 4.1.3) with this. */
  private static boolean names(JsonNode audience, String wanted) {
    if (audience.isTextual()) {
      return audience.textValue().equals(wanted);
    }
    boolean named = false;
    for (JsonNode one : audience.isArray() ? audience : List.<JsonNode>of()) {
      if (!one.isTextual()) {
        return false;
      }
      named |= wanted.equals(one.textValue());
    }
    return named;
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
    return roles.stream().allMatch(Tokens::printable) ? roles : null;
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
      if (!one.isTextual() || !printable(one.textValue())) {
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
        values.put(name, values(claims.path(name)));
      }
    }
    return values;
  }

  /**
   * What a claim is or lists: texts, and numbers and truth values as JSON writes them. Issuers give
   * claims many forms, and these go no further than here: one that is an object has no values.
   */
  private static List<String> values(JsonNode node) {
    List<String> values = new ArrayList<>();
    for (JsonNode one : node.isArray() ? node : List.of(node)) {
      if (one.isTextual() || one.isNumber() || one.isBoolean()) {
        values.add(one.asText());
      }
    }
    return values;
  }

  /** Goes into header lines to the backend, so it must not end one. */
  static boolean printable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~') {
        return false;
      }
    }
    return true;
  }
}
