package dev.aegis.admin.access;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.tokens.Claims;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.SignedToken;
import dev.aegis.tokens.VerificationKey;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows operators by signed tokens of one issuer (RFC 7519), by the rules of RFC 8725: the issuer,
 * its algorithms and the audience are fixed, and no token chooses its key.
 *
 * <p>What a token must say is checked before its signature, so that none which would be refused
 * anyway makes anybody ask the issuer for keys.
 */
public final class IssuedOperators {
  private static final Logger LOG = LoggerFactory.getLogger(IssuedOperators.class);

  /** Longest token looked at, in characters. */
  private static final int MAX_LENGTH = 8 * 1024;

  /** Longest subject (OpenID Connect Core 1.0 section 2). */
  private static final int MAX_SUBJECT = 255;

  private final Terms terms;
  private final KeySet keys;
  private final InstantSource clock;

  /**
   * What the issuer is trusted with.
   *
   * @param issuer its name, letter by letter
   * @param audience whom its tokens have to be for
   * @param algorithms that it signs with, none of them symmetric
   * @param leeway how far clocks may differ
   * @param grants what its claims make of somebody; the first that fits counts
   */
  public record Terms(
      String issuer,
      String audience,
      List<SigningAlgorithm> algorithms,
      Duration leeway,
      List<Grant> grants) {
    public Terms {
      algorithms = List.copyOf(algorithms);
      grants = List.copyOf(grants);
    }
  }

  /** What the claims of a token say, before anybody has checked its signature. */
  private record Said(String subject, Instant from, Instant until, ObjectNode claims) {}

  /**
   * @param keys the issuer's
   * @param clock for tokens that begin and end
   */
  public IssuedOperators(Terms terms, KeySet keys, InstantSource clock) {
    this.terms = terms;
    this.keys = keys;
    this.clock = clock;
  }

  /** Whose token this is; may wait for the issuer's keys, within their bound. */
  Access identify(String token) {
    SignedToken signed;
    Said said;
    try {
      if (token.length() > MAX_LENGTH) {
        throw new IOException("longer than " + MAX_LENGTH + " characters");
      }
      signed = SignedToken.parse(token);
      said = read(SignedToken.read(signed.payload(), "the payload"));
      if (!terms.algorithms().contains(signed.algorithm())) {
        throw new IOException("of an algorithm that is not the issuer's");
      }
    } catch (IOException e) {
      return refused(String.valueOf(e.getMessage()));
    }
    List<VerificationKey> known = keys.keys(signed.algorithm(), signed.keyId());
    if (!made(signed, known) && !made(signed, keys.late(signed.algorithm(), signed.keyId()))) {
      String doubt = known.isEmpty() ? keys.doubt() : null;
      if (doubt == null) {
        return refused("the issuer has not signed it");
      }
      LOG.debug("Nobody can say whether a token of an operator is right: {}", doubt);
      return new Access.Undecided();
    }
    Instant now = clock.instant();
    if (!said.until().isAfter(now)) {
      return Access.Refused.EXPIRED;
    }
    if (said.from().isAfter(now)) {
      return refused("not valid yet, or issued in the future");
    }
    String name = "oidc:" + terms.issuer() + "#" + said.subject();
    for (Grant grant : terms.grants()) {
      Operator operator = grant.operator(name, said.claims());
      if (operator != null) {
        return new Access.Granted(operator);
      }
    }
    return new Access.Stranger(name);
  }

  /** The reason never repeats any of the token. */
  private static Access refused(String why) {
    LOG.info("A token that was to be an operator's is refused: {}", why);
    return Access.Refused.INVALID;
  }

  private static boolean made(SignedToken token, List<VerificationKey> candidates) {
    for (VerificationKey key : candidates) {
      if (key.verifies(token.content(), token.signature())) {
        return true;
      }
    }
    return false;
  }

  /** The claims that every token must have (RFC 7519 section 4.1). */
  private Said read(ObjectNode claims) throws IOException {
    if (!terms.issuer().equals(claims.path("iss").textValue())) {
      throw new IOException("by another issuer");
    }
    if (!Claims.names(claims.path("aud"), terms.audience())) {
      throw new IOException("for another audience");
    }
    String subject = claims.path("sub").textValue();
    if (subject == null
        || subject.isBlank()
        || subject.length() > MAX_SUBJECT
        || !Claims.printable(subject)) {
      throw new IOException("sub is not 1 to " + MAX_SUBJECT + " visible ASCII characters");
    }
    if (claims.has("cnf")) {
      // Nobody here can tell whether whoever shows it holds that key (RFC 7800 section 3.1).
      throw new IOException("bound to a key of its holder");
    }
    Instant expires = Claims.time(claims.path("exp"));
    Instant notBefore = optional(claims, "nbf");
    Instant issued = optional(claims, "iat");
    if (expires == null || notBefore == null || issued == null) {
      throw new IOException("exp is missing, or exp, nbf or iat is not a time");
    }
    Instant from = notBefore.isAfter(issued) ? notBefore : issued;
    return new Said(subject, from.minus(terms.leeway()), expires.plus(terms.leeway()), claims);
  }

  private static @Nullable Instant optional(ObjectNode claims, String name) {
    return claims.has(name) ? Claims.time(claims.path(name)) : Instant.EPOCH;
  }
}
