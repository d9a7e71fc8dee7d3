package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.admission.FixedWindow;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.CallerCertificate;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.Proof;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.Thumbprint;
import dev.aegis.gateway.identity.Tokens;
import dev.aegis.gateway.identity.Verified;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.identity.VerifiedTokens.Outcome;
import dev.aegis.gateway.pipeline.Caller.Credential;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.pipeline.Progress.Identified;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.pipeline.Progress.Matched;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.signature.Nonces;
import dev.aegis.gateway.signature.RequestSignature;
import dev.aegis.gateway.signature.RequestSignature.Reading;
import dev.aegis.gateway.snapshot.ArbiterPlan;
import dev.aegis.gateway.snapshot.Demand;
import dev.aegis.gateway.snapshot.IdentityPlan;
import dev.aegis.gateway.snapshot.KeyTable;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.snapshot.TenantPlan;
import dev.aegis.journal.Maintenance;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The phases before a request is forwarded. All it needs is in the request's snapshot and in
 * memory. Waited for may be keys that an issuer has just published, for a few milliseconds whether
 * another gateway has verified a token, what an issuer says of a token that only it can read, and
 * the arbiter of a route that has one.
 */
public final class Pipeline {
  private static final String BEARER = "bearer ";

  private final VerifiedTokens<Access> verified;
  private final SharedTokens shared;
  private final Decisions decisions = new Decisions();
  private final Rulings rulings = new Rulings();
  private final Nonces nonces = new Nonces();

  /**
   * @param verified tokens seen before
   * @param shared tokens that other gateways have seen
   */
  public Pipeline(VerifiedTokens<Access> verified, SharedTokens shared) {
    this.verified = verified;
    this.shared = shared;
  }

  /** What came of asking roles. */
  public Decisions decisions() {
    return decisions;
  }

  /** What came of asking arbiters. */
  public Rulings rulings() {
    return rulings;
  }

  /** Whether requests with this method go no further than here. */
  public static boolean unserved(String method) {
    return method.equals("CONNECT") || method.equals("TRACE");
  }

  /**
   * Whose request it is: the host says so, and only where it may not the caller does.
   *
   * @param callersName whether callers of the base domain itself may name a tenant
   */
  public static @Nullable TenantPlan tenant(
      Snapshot snapshot, RequestHead head, boolean callersName) {
    TenantPlan tenant = snapshot.tenant(head.host());
    return tenant == null && callersName
        ? snapshot.named(head.host(), head.values("x-tenant-id"))
        : tenant;
  }

  /**
   * All phases in their order.
   *
   * @param inquiry asks the route's arbiter, if it has one
   */
  public Step<Admitted> run(Inbound inbound, Ruling.Inquiry inquiry) {
    return run(inbound, inquiry, true);
  }

  /**
   * The same phases for a request that never was: nothing counts it, and no other gateway and no
   * arbiter is asked or told.
   */
  public Step<Admitted> rehearse(Inbound inbound) {
    return run(inbound, (identified, arbiter) -> Ruling.Passes.BARE, false);
  }

  private Step<Admitted> run(Inbound inbound, Ruling.Inquiry inquiry, boolean counts) {
    return switch (match(inbound)) {
      case Step.Stop<Matched>(Progress at, Refusal why) -> new Step.Stop<>(at, why);
      case Step.Go<Matched>(Matched matched) ->
          switch (identify(matched, counts)) {
            case Step.Stop<Identified>(Progress at, Refusal why) -> new Step.Stop<>(at, why);
            case Step.Go<Identified>(Identified identified) -> admit(identified, inquiry, counts);
          };
    };
  }

  /**
   * What a browser asks about before it sends a request to another origin (Fetch standard,
   * "CORS-preflight request"): the route of the method that it names. Null when this is no such
   * question, or the route leaves the answer to its upstream.
   */
  public @Nullable Matched preflight(Inbound inbound) {
    RequestHead head = inbound.head();
    if (!head.method().equals("OPTIONS") || head.value("origin") == null) {
      return null;
    }
    String wanted = head.value("access-control-request-method");
    TenantPlan tenant = inbound.tenant();
    if (wanted == null || tenant == null || tenant.suspended()) {
      return null;
    }
    RoutePlan route = route(tenant, head, wanted);
    return route == null || route.cors() == null ? null : new Matched(inbound, tenant, route);
  }

  private static @Nullable RoutePlan route(TenantPlan tenant, RequestHead head, String method) {
    return tenant.routes().isEmpty()
        ? tenant.defaultRoute()
        : tenant.routes().find(head.host(), method, head.path(), head::value);
  }

  /** Host to tenant; path, method and headers to route. */
  Step<Matched> match(Inbound inbound) {
    RequestHead head = inbound.head();
    TenantPlan tenant = inbound.tenant();
    if (tenant == null) {
      return new Step.Stop<>(inbound, ByCaller.UNKNOWN_TENANT);
    }
    if (tenant.suspended()) {
      return new Step.Stop<>(new Matched(inbound, tenant, null), ByCaller.TENANT_SUSPENDED);
    }
    Demand demand = tenant.certificates().demand(head.host());
    if (demand != null) {
      Refusal wrong = inbound.handshake().refusal(demand, head.host(), began(inbound));
      if (wrong != null) {
        return new Step.Stop<>(new Matched(inbound, tenant, null), wrong);
      }
    }
    RoutePlan route = route(tenant, head, head.method());
    Matched matched = new Matched(inbound, tenant, route);
    if (route == null) {
      return new Step.Stop<>(matched, ByCaller.NO_ROUTE);
    }
    Maintenance maintenance = route.maintenance();
    return maintenance == null
        ? new Step.Go<>(matched)
        : new Step.Stop<>(matched, new Refusal.InMaintenance(maintenance));
  }

  /** Credentials to principal. */
  Step<Identified> identify(Matched matched, boolean counts) {
    RoutePlan route = matched.route();
    if (route == null) {
      return new Step.Stop<>(matched, ByCaller.NO_ROUTE);
    }
    return switch (route.auth()) {
      case NONE -> new Step.Go<>(new Identified(matched, route, null));
      case CLIENT_CERTIFICATE -> byCertificate(matched, route);
      case JWT -> byToken(matched, route, bearer(matched.inbound().head()), counts);
      case API_KEY -> byKey(matched, route);
      case SIGNATURE -> bySignature(matched, route, counts);
      case ANY -> {
        String token = bearer(matched.inbound().head());
        yield token == null ? byKey(matched, route) : byToken(matched, route, token, counts);
      }
    };
  }

  /** The certificate was verified in the handshake, and that it was for this host in match. */
  private static Step<Identified> byCertificate(Matched matched, RoutePlan route) {
    TenantPlan tenant = matched.tenant();
    Demand demand = tenant.certificates().demand(matched.inbound().head().host());
    CallerCertificate shown = matched.inbound().handshake().shown(began(matched.inbound()));
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
            matched, route, new Caller(bound, access, Credential.CLIENT_CERTIFICATE, source)));
  }

  /** Keys are the tenant's own: one of another tenant is as unknown as any other. */
  private static Step<Identified> byKey(Matched matched, RoutePlan route) {
    String key = matched.inbound().head().value(Field.X_API_KEY);
    if (key == null || key.isEmpty()) {
      return new Step.Stop<>(matched, ByCaller.MISSING_CREDENTIALS);
    }
    KeyTable.Known known = matched.tenant().keys().find(key, began(matched.inbound()));
    return known == null
        ? new Step.Stop<>(matched, ByCaller.UNKNOWN_KEY)
        : new Step.Go<>(
            new Identified(
                matched,
                route,
                new Caller(
                    known.principal(),
                    known.access(),
                    Credential.API_KEY,
                    Decisions.Source.CACHE)));
  }

  /** The secret does not cross the wire: what does is a proof that the caller has it. */
  private Step<Identified> bySignature(Matched matched, RoutePlan route, boolean counts) {
    Inbound inbound = matched.inbound();
    return switch (RequestSignature.read(inbound.head(), began(inbound))) {
      case Reading.Missing() -> new Step.Stop<>(matched, ByCaller.MISSING_CREDENTIALS);
      case Reading.Unsound(String reason) -> unsound(matched, reason);
      case Reading.Found(RequestSignature signature) -> {
        KeyTable.Signer signer = matched.tenant().keys().signer(signature.keyId(), began(inbound));
        if (signer == null) {
          yield new Step.Stop<>(matched, ByCaller.UNKNOWN_KEY);
        }
        byte[] base = signature.base(inbound.head(), inbound.secure());
        if (base == null || !signer.key().verifies(base, signature.bytes())) {
          yield unsound(
              matched, base == null ? "a covered field is not there" : "it is not the key's");
        }
        yield switch (seen(matched, signature, counts)) {
          case SEEN -> unsound(matched, "its nonce was seen before");
          case FULL -> unsound(matched, "too many nonces are remembered to tell");
          case FRESH -> {
            KeyTable.Known known = signer.known();
            yield new Step.Go<>(
                new Identified(
                    matched,
                    route,
                    new Caller(
                        known.principal(),
                        known.access(),
                        Credential.SIGNATURE,
                        Decisions.Source.CACHE)));
          }
        };
      }
    };
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
    Instant now = began(matched.inbound());
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
        Caller caller = new Caller(known.principal(), known.access(), Credential.JWT, source);
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

  /** Tenant, roles, arbiter, limits, in this order. */
  Step<Admitted> admit(Identified identified, Ruling.Inquiry inquiry, boolean counts) {
    Inbound inbound = identified.inbound();
    String path = inbound.head().path();
    Caller caller = identified.caller();
    TenantPlan tenant = identified.matched().tenant();
    if (caller != null) {
      if (!tenant.identity().admits(caller.principal())
          || !slugAllowed(caller.principal(), tenant, path)) {
        return new Step.Stop<>(identified, ByCaller.WRONG_TENANT);
      }
      Decisions.Outcome outcome = decide(caller, inbound.head().method(), path, identified.route());
      if (counts) {
        decisions.add(outcome, caller.source());
      }
      if (outcome == Decisions.Outcome.DENIED) {
        return new Step.Stop<>(identified, ByCaller.FORBIDDEN);
      }
    }
    ArbiterPlan arbiter = identified.route().arbiter();
    Ruling ruling = arbiter == null ? Ruling.Passes.BARE : inquiry.ask(identified, arbiter);
    return switch (ruling) {
      case Ruling.Stops(Refusal why) -> new Step.Stop<>(identified, why);
      case Ruling.Passes(String lines) -> limited(identified, lines, counts);
    };
  }

  private static Step<Admitted> limited(Identified identified, String lines, boolean counts) {
    Inbound inbound = identified.inbound();
    Caller caller = identified.caller();
    Counted tightest = null;
    String route = name(identified.route());
    String subject =
        caller == null ? "" : caller.principal().subjectIn(identified.matched().tenant().id());
    String address = inbound.address();
    long now = inbound.startedMillis();
    for (RateLimit limit : identified.route().limits()) {
      FixedWindow.Count count =
          counts
              ? limit.take(route, subject, address, now)
              : limit.peek(route, subject, address, now);
      Counted counted = new Counted(limit, count);
      if (!count.admitted()) {
        return new Step.Stop<>(identified, new Refusal.RateLimited(counted));
      }
      if (tightest == null || count.remaining() < tightest.count().remaining()) {
        tightest = counted;
      }
    }
    return new Step.Go<>(new Admitted(identified, tightest, lines));
  }

  /** What the caller's roles say; a route that only reports lets everything pass. */
  public static Decisions.Outcome decide(
      Caller caller, String method, String path, RoutePlan route) {
    if (caller.access().allows(method, path)) {
      return Decisions.Outcome.ALLOWED;
    }
    return route.reportOnly() ? Decisions.Outcome.WOULD_REFUSE : Decisions.Outcome.DENIED;
  }

  private static Instant began(Inbound inbound) {
    return Instant.ofEpochMilli(inbound.startedMillis());
  }

  /** What limits know a route by. */
  public static String name(RoutePlan route) {
    String id = route.id();
    return id == null ? "" : id;
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

  /** Whether {@code pathname_slugs}, when the token has it, names the path's slug. */
  private static boolean slugAllowed(Principal principal, TenantPlan tenant, String path) {
    if (principal.slugs() == null) {
      return true;
    }
    String slug = tenant.slugs().find(path);
    return slug == null || principal.slugs().contains(slug);
  }
}
