package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.LocalCounts;
import dev.aegis.gateway.admission.Places;
import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.gateway.pipeline.LimitDecisions.Outcome;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.pipeline.Progress.Identified;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.journal.RateLimitConfig.OnFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The last question of admission: whether all limits of a route let a request pass.
 *
 * <p>Limits of one store are asked in one step. Where a route has limits of both, those of this
 * process are looked at first, those that gateways share are asked, and then those of this process
 * count. If another request was faster in between, the shared ones have counted one too many.
 */
public final class Limits {
  private final LocalCounts local;
  private final SharedCounts shared;
  private final LimitDecisions decisions;
  private final ReplyCosts replyCosts;

  /**
   * @param shared counts the limits that gateways have together
   * @param decisions what came of each limit
   */
  public Limits(SharedCounts shared, LimitDecisions decisions) {
    this(new LocalCounts(), shared, decisions);
  }

  /**
   * @param local counts the limits that this gateway has alone, and what it has leased
   * @param shared counts the limits that gateways have together
   * @param decisions what came of each limit
   */
  public Limits(LocalCounts local, SharedCounts shared, LimitDecisions decisions) {
    this.local = local;
    this.shared = shared;
    this.decisions = decisions;
    this.replyCosts = new ReplyCosts(local, shared);
  }

  /** Takes what replies say. */
  public ReplyCosts replyCosts() {
    return replyCosts;
  }

  /** A limit and what a request wants of it. */
  private record Wanted(RateLimit limit, Claim claim) {}

  /** Counts the request, and waits for its turn where a limit has a queue. */
  Step<Admitted> admit(Identified identified, String lines) {
    List<RateLimit> limits = identified.route().limits();
    if (limits.isEmpty()) {
      return new Step.Go<>(new Admitted(identified, null, lines, new Places()));
    }
    Places held = new Places();
    boolean goesOn = false;
    try {
      Step<Admitted> step = admit(identified, lines, limits, held);
      goesOn = step instanceof Step.Go<Admitted>;
      return step;
    } finally {
      if (!goesOn) {
        held.close();
      }
    }
  }

  private Step<Admitted> admit(
      Identified identified, String lines, List<RateLimit> limits, Places held) {
    String tenant = identified.matched().tenant().id();
    long now = identified.inbound().startedMillis();
    List<Wanted> here = new ArrayList<>(limits.size());
    List<Wanted> together = new ArrayList<>(0);
    boolean answers = shared.answers();
    boolean settling = shared.settling();
    wanted(limits, identified.asker(), answers && !settling, here, together);
    List<Counted> counted = new ArrayList<>(limits.size());
    if (together.isEmpty()) {
      add(counted, here, local.take(claims(here), now, held));
      return concluded(identified, lines, counted, held);
    }
    List<Wanted> beside = beside(together, here, answers, settling);
    if (!beside.isEmpty() && refused(beside, local.peek(claims(beside), now))) {
      add(counted, beside, local.take(claims(beside), now, held));
      return concluded(identified, lines, counted, held);
    }
    List<Count> counts = shared.take(claims(together), now, held);
    if (counts != null) {
      add(counted, together, counts);
      if (!beside.isEmpty() && !refused(together, counts)) {
        add(counted, beside, local.take(claims(beside), now, held));
      }
      return concluded(
          identified, lines, beside.size() == here.size() ? counted : merged(counted), held);
    }
    for (Wanted wanted : together) {
      switch (wanted.limit().config().onFailure()) {
        case CLOSED -> {
          if (!wanted.limit().config().reportOnly()) {
            decisions.add(tenant, wanted.limit().id(), Outcome.CLOSED);
            return new Step.Stop<>(identified, new Refusal.LimiterUnavailable(wanted.limit().id()));
          }
        }
        case OPEN -> decisions.add(tenant, wanted.limit().id(), Outcome.OPEN);
        case LOCAL_SHARE -> here.add(share(wanted));
      }
    }
    if (!here.isEmpty()) {
      add(counted, here, local.take(claims(here), now, held));
    }
    Step<Admitted> step = concluded(identified, lines, counted, held);
    if (step instanceof Step.Go<Admitted>) {
      shared.owe(claims(together), now, held);
    }
    return step;
  }

  /**
   * What is counted here as well as together. The share of this gateway goes on being a bound until
   * there is no doubt of what is left. Places are always known here too: what is under way when
   * nobody answers any more goes on.
   */
  private List<Wanted> beside(
      List<Wanted> together, List<Wanted> here, boolean answers, boolean settling) {
    List<Wanted> beside = new ArrayList<>(here);
    for (Wanted wanted : together) {
      boolean shares = settling && wanted.limit().config().onFailure() == OnFailure.LOCAL_SHARE;
      if (shares) {
        beside.add(share(wanted));
      } else if (answers && wanted.limit().places()) {
        beside.add(wanted);
      }
    }
    return beside;
  }

  private Wanted share(Wanted wanted) {
    return new Wanted(wanted.limit(), wanted.limit().shared(wanted.claim(), shared.gateways()));
  }

  /** One for each limit, where one was counted here and together. */
  private static List<Counted> merged(List<Counted> counted) {
    Map<RateLimit, Counted> merged = new LinkedHashMap<>();
    for (Counted each : counted) {
      merged.merge(
          each.limit(),
          each,
          (one, other) -> new Counted(one.limit(), one.count().and(other.count())));
    }
    return new ArrayList<>(merged.values());
  }

  /** The same for a request that never was. */
  Step<Admitted> rehearse(Identified identified, String lines) {
    List<Counted> counted =
        stand(
            identified.route().limits(), identified.asker(), identified.inbound().startedMillis());
    return step(identified, lines, counted, new Places());
  }

  /** Where each limit of a route stands, as far as that is known; nothing is counted. */
  public List<Counted> stand(List<RateLimit> limits, RateLimit.Asker asker, long epochMillis) {
    List<Wanted> here = new ArrayList<>();
    List<Wanted> together = new ArrayList<>();
    wanted(limits, asker, false, here, together);
    List<Counted> stand = new ArrayList<>();
    if (!together.isEmpty()) {
      List<Count> counts = shared.peek(claims(together), epochMillis);
      if (counts == null) {
        for (Wanted wanted : together) {
          here.add(share(wanted));
        }
      } else {
        add(stand, together, counts);
      }
    }
    add(stand, here, local.peek(claims(here), epochMillis));
    return stand;
  }

  /** What was leased is spent here, while it can be refilled by what is surely left. */
  private static void wanted(
      List<RateLimit> limits,
      RateLimit.Asker asker,
      boolean leases,
      List<Wanted> here,
      List<Wanted> together) {
    for (RateLimit limit : limits) {
      Claim claim = limit.claim(asker);
      switch (limit.config().store()) {
        case LOCAL -> here.add(new Wanted(limit, claim));
        case REDIS -> together.add(new Wanted(limit, claim));
        case LEASED -> {
          if (leases) {
            here.add(new Wanted(limit, limit.leased(claim)));
          } else {
            together.add(new Wanted(limit, claim));
          }
        }
      }
    }
  }

  private static List<Claim> claims(List<Wanted> wanted) {
    if (wanted.size() == 1) {
      return List.of(wanted.getFirst().claim());
    }
    List<Claim> claims = new ArrayList<>(wanted.size());
    for (Wanted each : wanted) {
      claims.add(each.claim());
    }
    return claims;
  }

  private static boolean refused(List<Wanted> wanted, List<Count> counts) {
    for (int i = 0; i < counts.size(); i++) {
      if (wanted.get(i).limit().refuses(counts.get(i))) {
        return true;
      }
    }
    return false;
  }

  private static void add(List<Counted> counted, List<Wanted> wanted, List<Count> counts) {
    for (int i = 0; i < counts.size(); i++) {
      counted.add(new Counted(wanted.get(i).limit(), counts.get(i)));
    }
  }

  private Step<Admitted> concluded(
      Identified identified, String lines, List<Counted> counted, Places held) {
    String tenant = identified.matched().tenant().id();
    long delay = 0;
    for (Counted each : counted) {
      Outcome outcome =
          each.count().admitted()
              ? Outcome.ALLOWED
              : each.limit().refuses(each.count()) ? Outcome.REFUSED : Outcome.WOULD_REFUSE;
      decisions.add(tenant, each.limit().id(), outcome);
      if (each.count().admitted() && !each.limit().config().reportOnly()) {
        delay = Math.max(delay, each.count().delayMillis());
      }
    }
    Step<Admitted> step = step(identified, lines, counted, held);
    if (delay > 0 && step instanceof Step.Go<Admitted>) {
      await(delay);
    }
    return step;
  }

  /** Of several limits that refuse, the one that does so for longest; else the least left. */
  private static Step<Admitted> step(
      Identified identified, String lines, List<Counted> all, Places held) {
    Counted refusing = null;
    Counted tightest = null;
    for (Counted counted : all) {
      Count count = counted.count();
      if (counted.limit().refuses(count)) {
        if (refusing == null || count.resetSeconds() > refusing.count().resetSeconds()) {
          refusing = counted;
        }
      } else if (!counted.limit().config().reportOnly()
          && (tightest == null || count.remaining() < tightest.count().remaining())) {
        tightest = counted;
      }
    }
    return refusing == null
        ? new Step.Go<>(new Admitted(identified, tightest, lines, held))
        : new Step.Stop<>(identified, new Refusal.RateLimited(refusing));
  }

  /** The turn of a request of a leaky bucket; a gateway that stops waits for none. */
  private static void await(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
