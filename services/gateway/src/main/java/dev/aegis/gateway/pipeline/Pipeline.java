package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Identified;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.pipeline.Progress.Matched;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.gateway.snapshot.ArbiterPlan;
import dev.aegis.gateway.snapshot.Demand;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.snapshot.TenantPlan;
import dev.aegis.journal.Maintenance;
import dev.aegis.plugin.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * The phases before a request is forwarded. All it needs is in the request's snapshot and in
 * memory. Waited for may be keys that an issuer has just published, for a few milliseconds whether
 * another gateway has verified a token, what an issuer says of a token that only it can read, and
 * the arbiter of a route that has one.
 */
public final class Pipeline {
  private final Identification identification;
  private final Decisions decisions = new Decisions();
  private final Rulings rulings = new Rulings();
  private final Limits limits;

  /**
   * @param verified tokens seen before
   * @param shared tokens that other gateways have seen
   */
  public Pipeline(VerifiedTokens<Access> verified, SharedTokens shared) {
    this(
        verified,
        shared,
        new Limits(SharedCounts.NONE, new LimitDecisions((tenant, policy, outcome) -> () -> {})));
  }

  /**
   * @param verified tokens seen before
   * @param shared tokens that other gateways have seen
   * @param limits counts requests
   */
  public Pipeline(VerifiedTokens<Access> verified, SharedTokens shared, Limits limits) {
    this.limits = limits;
    this.identification = new Identification(verified, shared);
  }

  /** What came of asking roles. */
  public Decisions decisions() {
    return decisions;
  }

  /** What came of asking arbiters. */
  public Rulings rulings() {
    return rulings;
  }

  /** Who counts requests. */
  public Limits limits() {
    return limits;
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
          switch (identification.identify(matched, counts)) {
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
      Refusal wrong = inbound.handshake().refusal(demand, head.host(), inbound.began());
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

  /** Tenant, roles, arbiter, plugins, limits, and plugins again, in this order. */
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
      case Ruling.Passes(String lines) -> {
        if (!counts) {
          yield limits.rehearse(identified, lines);
        }
        Refusal why = plugins(identified);
        yield why == null
            ? counted(identified, limits.admit(identified, lines))
            : new Step.Stop<>(identified, why);
      }
    };
  }

  /** What limits let pass, plugins may yet not; then it gives its places back. */
  private static Step<Admitted> counted(Identified identified, Step<Admitted> step) {
    if (!(step instanceof Step.Go<Admitted>(Admitted admitted))
        || !identified.route().chain().has(Phase.ADMIT)) {
      return step;
    }
    boolean goesOn = false;
    try {
      Refusal why = refusal(identified.route().chain().admit(identified.live()));
      goesOn = why == null;
      return why == null ? step : new Step.Stop<>(identified, why);
    } finally {
      if (!goesOn) {
        admitted.places().close();
      }
    }
  }

  /** Why plugins do not let the request pass, null if they do. */
  private static @Nullable Refusal plugins(Identified identified) {
    Chain chain = identified.route().chain();
    return chain.has(Phase.AUTHORIZE) ? refusal(chain.authorize(identified.live())) : null;
  }

  private static @Nullable Refusal refusal(Chain.Result result) {
    return switch (result) {
      case Chain.Result.Edited passed -> null;
      case Chain.Result.Refused(Verdict.Refuse by) -> Refusal.ByPlugin.of(by);
      case Chain.Result.Failed failed -> new Refusal.PluginFailed();
    };
  }

  /** What the caller's roles say; a route that only reports lets everything pass. */
  public static Decisions.Outcome decide(
      Caller caller, String method, String path, RoutePlan route) {
    if (caller.access().allows(method, path)) {
      return Decisions.Outcome.ALLOWED;
    }
    return route.reportOnly() ? Decisions.Outcome.WOULD_REFUSE : Decisions.Outcome.DENIED;
  }

  /** What limits know a route by. */
  public static String name(RoutePlan route) {
    String id = route.id();
    return id == null ? "" : id;
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
