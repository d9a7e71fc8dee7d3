package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.admission.FixedWindow;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.CallerCertificate;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.Tokens;
import dev.aegis.gateway.identity.Verified;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.pipeline.Progress.Identified;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.pipeline.Progress.Matched;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.snapshot.Demand;
import dev.aegis.gateway.snapshot.IdentityPlan;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.snapshot.TenantPlan;
import dev.aegis.journal.Maintenance;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The phases before a request is forwarded. Asks nobody and waits for nothing: all it needs is in
 * the request's snapshot and in memory.
 */
public final class Pipeline {
  private static final String BEARER = "bearer ";
  private static final String SLUG_PREFIX = "/api/v1/";

  private final VerifiedTokens<Access> verified;

  /**
   * @param verified tokens seen before
   */
  public Pipeline(VerifiedTokens<Access> verified) {
    this.verified = verified;
  }

  /** All phases in their order. */
  public Step<Admitted> run(Inbound inbound) {
    return switch (match(inbound)) {
      case Step.Stop<Matched>(Progress at, Refusal why) -> new Step.Stop<>(at, why);
      case Step.Go<Matched>(Matched matched) ->
          switch (identify(matched)) {
            case Step.Stop<Identified>(Progress at, Refusal why) -> new Step.Stop<>(at, why);
            case Step.Go<Identified>(Identified identified) -> admit(identified);
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
  Step<Identified> identify(Matched matched) {
    RoutePlan route = matched.route();
    if (route == null) {
      return new Step.Stop<>(matched, ByCaller.NO_ROUTE);
    }
    return switch (route.auth()) {
      case NONE -> new Step.Go<>(new Identified(matched, route, null));
      case CLIENT_CERTIFICATE -> byCertificate(matched, route);
      case JWT -> byToken(matched, route);
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
            null,
            null,
            shown.notBefore(),
            shown.notBefore(),
            shown.notAfter());
    return new Step.Go<>(new Identified(matched, route, new Caller(principal, demand.access())));
  }

  private Step<Identified> byToken(Matched matched, RoutePlan route) {
    String token = bearer(matched.inbound().head());
    if (token == null) {
      return new Step.Stop<>(matched, ByCaller.MISSING_CREDENTIALS);
    }
    IdentityPlan identity = matched.tenant().identity();
    Instant now = began(matched.inbound());
    VerifiedTokens.Known<Access> known = verified.find(token, identity.tokens());
    Verified outcome =
        known == null
            ? identity.tokens().verify(token, now)
            : Tokens.inTime(known.principal(), now);
    return switch (outcome) {
      case Verified.Expired() -> new Step.Stop<>(matched, ByCaller.TOKEN_EXPIRED);
      case Verified.Invalid(String reason) ->
          new Step.Stop<>(matched, new Refusal.InvalidToken(reason));
      case Verified.Valid(Principal principal) -> {
        if (known == null) {
          known =
              verified.remember(token, identity.tokens(), principal, identity.access(principal));
        }
        Caller caller = new Caller(known.principal(), known.access());
        yield new Step.Go<>(new Identified(matched, route, caller));
      }
    };
  }

  /** Tenant, roles, limits, in this order. */
  Step<Admitted> admit(Identified identified) {
    Inbound inbound = identified.inbound();
    String path = inbound.head().path();
    Caller caller = identified.caller();
    if (caller != null) {
      if (!caller.principal().tenant().equals(identified.matched().tenant().id())
          || !slugAllowed(caller.principal(), path)) {
        return new Step.Stop<>(identified, ByCaller.WRONG_TENANT);
      }
      if (!caller.access().allows(inbound.head().method(), path)) {
        return new Step.Stop<>(identified, ByCaller.FORBIDDEN);
      }
    }
    Counted tightest = null;
    for (RateLimit limit : identified.route().limits()) {
      FixedWindow.Count count =
          limit.take(
              routeName(identified.route()),
              caller == null ? "" : caller.principal().subject(),
              inbound.address(),
              inbound.startedMillis());
      Counted counted = new Counted(limit, count);
      if (!count.admitted()) {
        return new Step.Stop<>(identified, new Refusal.RateLimited(counted));
      }
      if (tightest == null || count.remaining() < tightest.count().remaining()) {
        tightest = counted;
      }
    }
    return new Step.Go<>(new Admitted(identified, tightest));
  }

  private static Instant began(Inbound inbound) {
    return Instant.ofEpochMilli(inbound.startedMillis());
  }

  private static String routeName(RoutePlan route) {
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
  private static boolean slugAllowed(Principal principal, String path) {
    if (principal.slugs() == null || !path.startsWith(SLUG_PREFIX)) {
      return true;
    }
    int end = path.indexOf('/', SLUG_PREFIX.length());
    return end <= SLUG_PREFIX.length()
        || principal.slugs().contains(path.substring(SLUG_PREFIX.length(), end));
  }
}
