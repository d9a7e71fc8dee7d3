package dev.aegis.gateway.explain;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.admission.Rule;
import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.pipeline.Caller;
import dev.aegis.gateway.pipeline.Decisions;
import dev.aegis.gateway.pipeline.Handshake;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.pipeline.Progress;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.pipeline.Progress.Identified;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.pipeline.Progress.Matched;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.pipeline.Step;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.snapshot.ArbiterPlan;
import dev.aegis.gateway.snapshot.Redirect;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.upstream.Affinity;
import dev.aegis.gateway.upstream.Backend;
import dev.aegis.gateway.upstream.Split;
import dev.aegis.gateway.upstream.Target;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.journal.Json;
import java.time.InstantSource;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says what would become of a request, and why: takes it through the phases that requests take, but
 * no limit counts it and nobody is asked. Of what a token says it tells subject, tenant and roles.
 */
final class Explaining {
  private static final String REFUSAL = "refusal";
  private static final String OUTCOME = "outcome";
  private static final String TARGET = "target";

  private final Supplier<Snapshot> snapshot;
  private final Pipeline pipeline;
  private final String node;
  private final boolean tenantHeader;
  private final InstantSource clock;

  /**
   * @param tenantHeader whether callers of the base domain itself may name a tenant
   */
  Explaining(
      Supplier<Snapshot> snapshot,
      Pipeline pipeline,
      String node,
      boolean tenantHeader,
      InstantSource clock) {
    this.snapshot = snapshot;
    this.pipeline = pipeline;
    this.node = node;
    this.tenantHeader = tenantHeader;
    this.clock = clock;
  }

  ObjectNode explain(Question question) {
    Snapshot current = snapshot.get();
    ObjectNode answer = Json.object().put("node", node).put("revision", current.revision());
    RequestHead head;
    try {
      head = question.head();
    } catch (BadMessage e) {
      return refused(answer, Refusal.of(e));
    }
    Inbound inbound =
        new Inbound(
            Pipeline.tenant(current, head, tenantHeader),
            "",
            head,
            question.address(),
            Handshake.PLAIN,
            clock.millis(),
            0);
    if (Pipeline.unserved(head.method())) {
      return refused(answer, ByCaller.METHOD_NOT_ALLOWED);
    }
    Matched asked = pipeline.preflight(inbound);
    if (head.asterisk() || asked != null) {
      answer.put(OUTCOME, "answered").putNull(REFUSAL);
      return told(answer, asked == null ? inbound : asked, null);
    }
    return switch (pipeline.rehearse(inbound)) {
      case Step.Stop<Admitted>(Progress at, Refusal why) -> told(refused(answer, why), at, why);
      case Step.Go<Admitted>(Admitted admitted) -> {
        answer.put(OUTCOME, "admitted").putNull(REFUSAL);
        yield destination(told(answer, admitted, null), admitted);
      }
    };
  }

  private static ObjectNode refused(ObjectNode answer, Refusal why) {
    answer.put(OUTCOME, "refused");
    answer
        .putObject(REFUSAL)
        .put("status", why.status())
        .put("code", why.code())
        .put("title", why.title())
        .put("detail", why.detail());
    return answer;
  }

  /** What is known of the request where it came to. */
  private ObjectNode told(ObjectNode answer, Progress at, @Nullable Refusal why) {
    Matched matched = at.matchedOrNull();
    answer.put("tenant", matched == null ? null : matched.tenant().id());
    RoutePlan route = matched == null ? null : matched.route();
    if (route == null) {
      answer.putNull("route");
    } else {
      answer
          .putObject("route")
          .put("id", route.id())
          .put("auth", route.auth().name().toLowerCase(Locale.ROOT))
          .put("authorization", route.reportOnly() ? "report" : "enforce");
    }
    Caller caller = caller(at);
    identity(answer, caller);
    if (caller == null || route == null || why == ByCaller.WRONG_TENANT) {
      answer.putNull("rbac");
    } else {
      rbac(answer.putObject("rbac"), caller, at.inbound().head(), route);
    }
    arbiter(answer, route == null ? null : route.arbiter());
    limits(answer, at, route);
    return answer;
  }

  /** Whom a real request would be asked about. */
  private static void arbiter(ObjectNode answer, @Nullable ArbiterPlan arbiter) {
    if (arbiter == null) {
      answer.putNull("external_authorization");
      return;
    }
    answer
        .putObject("external_authorization")
        .put("upstream", arbiter.backend().id())
        .put("path", arbiter.rules().path())
        .put("on_failure", arbiter.rules().letsPass() ? "allow" : "deny");
  }

  private static @Nullable Caller caller(Progress at) {
    return switch (at) {
      case Inbound inbound -> null;
      case Matched matched -> null;
      case Identified identified -> identified.caller();
      case Admitted admitted -> admitted.identified().caller();
    };
  }

  private static void identity(ObjectNode answer, @Nullable Caller caller) {
    if (caller == null) {
      answer.putNull("identity");
      return;
    }
    Principal principal = caller.principal();
    ObjectNode identity = answer.putObject("identity");
    identity.put("subject", principal.subject()).put("tenant", principal.tenant());
    ArrayNode roles = identity.putArray("roles");
    principal.roles().forEach(roles::add);
  }

  private static void rbac(ObjectNode rbac, Caller caller, RequestHead head, RoutePlan route) {
    String method = head.method();
    String path = head.path();
    Decisions.Outcome outcome = Pipeline.decide(caller, method, path, route);
    Rule denial = caller.access().denial(method, path);
    Rule rule = denial == null ? caller.access().permission(method, path) : denial;
    rbac.put(OUTCOME, outcome.label());
    if (rule == null) {
      rbac.putNull("rule");
      rbac.put("why", "no permission of these roles covers " + method + " " + path);
      return;
    }
    ObjectNode shown = rbac.putObject("rule");
    shown.put("role", rule.role());
    ArrayNode through = shown.putArray("inherited_through");
    rule.through().forEach(through::add);
    shown.put("permission", rule.permission());
    shown.put("path", rule.pattern());
    shown.put("effect", rule.deny() ? "deny" : "allow");
    rbac.put(
        "why",
        "permission "
            + rule.permission()
            + " of role \""
            + rule.role()
            + (rule.deny() ? "\" denies " : "\" allows ")
            + rule.pattern());
  }

  /** Where each limit of the route stands for this caller, and who else would take part. */
  private void limits(ObjectNode answer, Progress at, @Nullable RoutePlan route) {
    ArrayNode limits = answer.putArray("limits");
    Participants plugins = new Participants(answer.putArray("plugins"));
    Matched matched = at.matchedOrNull();
    if (matched != null) {
      plugins.add(matched.chain());
    }
    if (route == null) {
      return;
    }
    Inbound inbound = at.inbound();
    Caller caller = at.callerOrNull();
    String tenant = matched == null ? "" : matched.tenant().id();
    RateLimit.Asker asker =
        new RateLimit.Asker(
            tenant,
            Pipeline.name(route),
            caller == null ? "" : caller.principal().subjectIn(tenant),
            caller == null ? "" : caller.key(),
            inbound.address(),
            inbound.head());
    for (Counted stand : pipeline.limits().stand(route.limits(), asker, inbound.startedMillis())) {
      RateLimit limit = stand.limit();
      limits
          .addObject()
          .put("id", limit.id())
          .put("limit", stand.count().limit())
          .put("remaining", stand.count().remaining())
          .put("reset_seconds", stand.count().resetSeconds());
      plugins.add(limit);
    }
  }

  /** Where it would go; drawn anew each time where requests are drawn. */
  private static ObjectNode destination(ObjectNode answer, Admitted admitted) {
    RoutePlan route = admitted.identified().route();
    RequestHead head = admitted.inbound().head();
    String path = route.upstreamPath(head.path());
    switch (route.end()) {
      case RoutePlan.End.Redirected(Redirect to) ->
          answer
              .putObject("redirect")
              .put("status", to.status())
              .put("location", to.location(head.host(), path, head.query()));
      case RoutePlan.End.Forwarded(Split split) -> {
        Affinity affinity = new Asked(admitted);
        Backend backend = split.choose(affinity);
        Upstream upstream = backend.upstream();
        answer.put("upstream", backend.id()).put("upstream_path", path);
        if (upstream == null) {
          answer.putNull(TARGET).putNull("circuit");
        } else {
          Target target = upstream.likely(affinity, System.nanoTime());
          answer.put(TARGET, target == null ? null : target.authority());
          answer.put("circuit", upstream.circuit().name().toLowerCase(Locale.ROOT));
        }
      }
    }
    return answer;
  }

  /** What ties the request to a target. */
  private record Asked(Admitted admitted) implements Affinity {
    @Override
    public String address() {
      return admitted.inbound().address();
    }

    @Override
    public @Nullable String subject() {
      Principal principal = admitted.principalOrNull();
      return principal == null ? null : principal.subject();
    }

    @Override
    public @Nullable String field(String name) {
      return admitted.inbound().head().value(name);
    }
  }
}
