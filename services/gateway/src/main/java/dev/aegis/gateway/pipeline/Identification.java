package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.CallerCertificate;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.Thumbprint;
import dev.aegis.gateway.identity.Tokens;
import dev.aegis.gateway.identity.Verified;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.identity.VerifiedTokens.Outcome;
import dev.aegis.gateway.pipeline.Caller.Credential;
import dev.aegis.gateway.pipeline.Progress.Identified;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.pipeline.Progress.Matched;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.plugin.Recognition;
import dev.aegis.gateway.signature.Nonces;
import dev.aegis.gateway.signature.RequestSignature;
import dev.aegis.gateway.signature.RequestSignature.Reading;
import dev.aegis.gateway.snapshot.Demand;
import dev.aegis.gateway.snapshot.IdentityPlan;
import dev.aegis.gateway.snapshot.KeyTable;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.snapshot.TenantPlan;
import dev.aegis.plugin.Identity;
import dev.aegis.tokens.Proof;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who a caller is: each kind of credential to its principal, or the refusal that says what is wrong
 * with it.
 */
final class Identification {
  private static final String BEARER = "bearer ";

  private final VerifiedTokens<Access> verified;
  private final SharedTokens shared;
  private final Nonces nonces = new Nonces();

  Identification(VerifiedTokens<Access> verified, SharedTokens shared) {
    this.verified = verified;
    this.shared = shared;
  }

  /**
   * Credentials to principal.
   *
   * @param counts whether this is a request, and not a rehearsal of one
   */
  Step<Identified> identify(Matched matched, boolean counts) {
    RoutePlan route = matched.route();
    if (route == null) {
      return new Step.Stop<>(matched, ByCaller.NO_ROUTE);
    }
    return switch (route.auth()) {
      case NONE -> new Step.Go<>(new Identified(matched, route, null));
      case CLIENT_CERTIFICATE -> byCertificate(matched, route);
      case PLUGIN -> byPlugin(matched, route, counts);
      case JWT -> byToken(matched, route, bearer(matched.inbound().head()), counts);
      case API_KEY -> byKey(matched, route, counts);
      case SIGNATURE -> bySignature(matched, route, counts);
      case ANY -> {
        String token = bearer(matched.inbound().head());
        yield token == null
            ? byKey(matched, route, counts)
            : byToken(matched, route, token, counts);
      }
    };
  }

  /** The certificate was verified in the handshake, and that it was for this host in match. */
  private static Step<Identified> byCertificate(Matched matched, RoutePlan route) {
    TenantPlan tenant = matched.tenant();
    Demand demand = tenant.certificates().demand(matched.inbound().head().host());
    CallerCertificate shown = matched.inbound().handshake().shown(matched.inbound().began());
    if (demand == null || shown == null) {
      return new Step.Stop<>(matched, ByCaller.CLIENT_CERTIFICATE_REQUIRED);
    }
    Principal principal =
        new Principal(
            shown.subject(),
            tenant.id(),
            demand.roles(),
            List.of(),
            Map.of(),
            null,
            null,
            shown.notBefore(),
            shown.notBefore(),
            shown.notAfter(),
            "",
            null);
    IdentityPlan identity = tenant.identity();
    Principal bound = identity.bound(principal);
    boolean remembered = bound.equals(principal) && !identity.conditional();
    Access access = remembered ? demand.access() : identity.access(bound);
    Decisions.Source source = remembered ? Decisions.Source.CACHE : Decisions.Source.LOCAL;
    return new Step.Go<>(
        new Identified(
            matched,
            route,
            new Caller(bound, access, Credential.CLIENT_CERTIFICATE, source, null)));
  }

  /**
   * Whoever it is, it is somebody of the host's tenant: a plugin speaks for no other. In a
   * rehearsal none is asked, and nobody is known.
   */
  private static Step<Identified> byPlugin(Matched matched, RoutePlan route, boolean counts) {
    if (!counts) {
      return new Step.Go<>(new Identified(matched, route, null));
    }
    return switch (Recognition.of(route.chain(), matched.live(route, null))) {
      case Recognition.Failed failed -> new Step.Stop<>(matched, new Refusal.PluginFailed());
      case Recognition.Unknown(String detail, List<String> schemes) ->
          new Step.Stop<>(matched, new Refusal.NotIdentified(detail, schemes));
      case Recognition.Known(Identity.Known who) -> {
        Instant now = matched.inbound().began();
        Principal principal =
            new Principal(
                who.subject(),
                matched.tenant().id(),
                who.roles(),
                List.of(),
                who.claims(),
                null,
                null,
                now,
                now,
                now,
                "",
                null);
        IdentityPlan identity = matched.tenant().identity();
        Principal bound = identity.bound(principal);
        Caller caller =
            new Caller(
                bound, identity.access(bound), Credential.PLUGIN, Decisions.Source.LOCAL, null);
        yield new Step.Go<>(new Identified(matched, route, caller));
      }
    };
  }

  /** Keys are the tenant's own: one of another tenant is as unknown as any other. */
  private static Step<Identified> byKey(Matched matched, RoutePlan route, boolean counts) {
    String key = matched.inbound().head().value(Field.X_API_KEY);
    if (key == null || key.isEmpty()) {
      return new Step.Stop<>(matched, ByCaller.MISSING_CREDENTIALS);
    }
    KeyTable.Known known = matched.tenant().keys().find(key, matched.inbound().began());
    return known == null
        ? new Step.Stop<>(matched, ByCaller.UNKNOWN_KEY)
        : used(matched, route, known, Credential.API_KEY, counts);
  }

  /** The secret does not cross the wire: what does is a proof that the caller has it. */
  private Step<Identified> bySignature(Matched matched, RoutePlan route, boolean counts) {
    Inbound inbound = matched.inbound();
    return switch (RequestSignature.read(inbound.head().came(), inbound.began())) {
      case Reading.Missing() -> new Step.Stop<>(matched, ByCaller.MISSING_CREDENTIALS);
      case Reading.Unsound(String reason) -> unsound(matched, reason);
      case Reading.Found(RequestSignature signature) -> {
        KeyTable.Signer signer = matched.tenant().keys().signer(signature.keyId(), inbound.began());
        if (signer == null) {
          yield new Step.Stop<>(matched, ByCaller.UNKNOWN_KEY);
        }
        byte[] base = signature.base(inbound.head().came(), inbound.secure());
        if (base == null || !signer.key().verifies(base, signature.bytes())) {
          yield unsound(
              matched, base == null ? "a covered field is not there" : "it is not the key's");
        }
        yield switch (seen(matched, signature, counts)) {
          case SEEN -> unsound(matched, "its nonce was seen before");
          case FULL -> unsound(matched, "too many nonces are remembered to tell");
          case FRESH -> used(matched, route, signer.known(), Credential.SIGNATURE, counts);
        };
      }
    };
  }

  private static Step<Identified> used(
      Matched matched,
      RoutePlan route,
      KeyTable.Known known,
      Credential credential,
      boolean counts) {
    if (counts) {
      known.use().at(matched.inbound().startedMillis());
    }
    Caller caller =
        new Caller(
            known.principal(),
            known.access(),
            credential,
            Decisions.Source.CACHE,
            known.use().id());
    return new Step.Go<>(new Identified(matched, route, caller));
  }

  private static Step<Identified> unsound(Matched matched, String reason) {
    return new Step.Stop<>(matched, new Refusal.InvalidToken("signature: " + reason));
  }

  /** Whether its nonce was; without one, nobody knows. */
  private Nonces.Answer seen(Matched matched, RequestSignature signature, boolean counts) {
    String nonce = signature.nonce();
    return nonce == null
        ? Nonces.Answer.FRESH
        : nonces.ask(
            matched.tenant().id(),
            signature.keyId(),
            nonce,
            matched.inbound().startedMillis(),
            counts);
  }

  private Step<Identified> byToken(
      Matched matched, RoutePlan route, @Nullable String token, boolean counts) {
    if (token == null) {
      return new Step.Stop<>(matched, ByCaller.MISSING_CREDENTIALS);
    }
    IdentityPlan identity = matched.tenant().identity();
    Instant now = matched.inbound().began();
    VerifiedTokens.Known<Access> known = verified.find(token, identity.tokens(), now);
    Verified outcome =
        known == null
            ? verify(identity, token, now, counts)
            : Tokens.inTime(known.principal(), now);
    if (known != null && counts) {
      verified.count(Outcome.HIT);
    }
    return switch (outcome) {
      case Verified.Expired() -> new Step.Stop<>(matched, ByCaller.TOKEN_EXPIRED);
      case Verified.Invalid(String reason) ->
          new Step.Stop<>(matched, new Refusal.InvalidToken(reason));
      case Verified.Unknown(String reason) ->
          new Step.Stop<>(matched, new Refusal.IdentityUnavailable(reason));
      case Verified.Valid valid -> {
        Decisions.Source source = known == null ? Decisions.Source.LOCAL : Decisions.Source.CACHE;
        if (known == null) {
          Principal bound = identity.bound(valid.principal());
          Verified.Valid seen = new Verified.Valid(identity.seen(bound), valid.proof());
          known = verified.remember(token, identity.tokens(), seen, identity.access(bound));
        }
        // Others may have the token, too: who shows it is asked each time.
        Thumbprint bound = known.principal().boundTo();
        if (bound != null && !matched.inbound().handshake().shows(bound, now)) {
          yield new Step.Stop<>(
              matched, new Refusal.InvalidToken("bound to a certificate that was not shown"));
        }
        // What was verified before may have been revoked since.
        if (matched.tenant().revocations().revokes(known.principal(), now)) {
          yield new Step.Stop<>(matched, ByCaller.TOKEN_REVOKED);
        }
        Caller caller = new Caller(known.principal(), known.access(), Credential.JWT, source, null);
        yield new Step.Go<>(new Identified(matched, route, caller));
      }
    };
  }

  /**
   * Checks a token that this gateway has not seen, or hears that another has. What is shared is the
   * token's own principal: what the tenant adds to it, and all that follows, is found here.
   */
  private Verified verify(IdentityPlan identity, String token, Instant now, boolean counts) {
    String scope = identity.scope();
    if (!counts) {
      return identity.tokens().verify(token, now);
    }
    if (scope == null || !Tokens.tellsItself(token)) {
      verified.count(Outcome.MISS);
      return identity.tokens().verify(token, now);
    }
    SharedTokens.Found found = shared.find(scope, token);
    verified.count(
        switch (found) {
          case SharedTokens.Found.Known known -> Outcome.SHARED_HIT;
          case SharedTokens.Found.Nothing nothing -> Outcome.MISS;
          case SharedTokens.Found.NoAnswer none -> Outcome.SHARED_NO_ANSWER;
          case SharedTokens.Found.NotOurs forged -> Outcome.SHARED_NOT_OURS;
        });
    if (found instanceof SharedTokens.Found.Known(Principal principal)) {
      return Tokens.inTime(principal, now);
    }
    Verified outcome = identity.tokens().verify(token, now);
    if (outcome instanceof Verified.Valid(Principal principal, Proof proof)
        && proof.equals(Proof.LASTING)) {
      shared.put(scope, token, principal, now);
    }
    return outcome;
  }

  /** The token of {@code Authorization: Bearer} (RFC 6750 section 2.1), or null. */
  private static @Nullable String bearer(RequestHead head) {
    String value = head.value(Field.AUTHORIZATION);
    if (value == null || !value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return null;
    }
    String token = value.substring(BEARER.length()).strip();
    return token.isEmpty() ? null : token;
  }
}
