package dev.aegis.gateway.upstream;

import dev.aegis.events.UpstreamEvent;
import dev.aegis.events.UpstreamEvent.Reason;
import dev.aegis.gateway.upstream.Choice.Share;
import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import dev.aegis.journal.UpstreamDefinition.Active;
import dev.aegis.journal.UpstreamDefinition.Bounds;
import dev.aegis.journal.UpstreamDefinition.Passive;
import dev.aegis.journal.UpstreamDefinition.Retries;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A logical backend of one tenant and its current targets. It outlives changes of the
 * configuration, and so do the connections to targets that stay.
 */
public final class Upstream {
  private final String tenant;
  private final String id;
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicInteger hedgeTurn = new AtomicInteger();
  private final RetryBudget budget = new RetryBudget();
  private final AtomicInteger active = new AtomicInteger();
  private final News news;
  private final AtomicInteger mirrored = new AtomicInteger();
  private final CircuitBreaker breaker;
  private volatile UpstreamDefinition definition;
  private volatile @Nullable TargetTls tls;
  private volatile Targets targets =
      new Targets(Map.of(), List.of(), (request, fit) -> null, List.of());

  /**
   * Who there is, and who gets what.
   *
   * @param byAuthority all of them
   * @param groups those with a weight, by priority
   * @param choice chooses among them
   * @param hedges choose among those of each group for hedges
   */
  private record Targets(
      Map<String, Target> byAuthority,
      List<List<Share>> groups,
      Choice choice,
      List<Choice> hedges) {
    List<Share> shares() {
      return groups.stream().flatMap(List::stream).toList();
    }
  }

  /** Guarded by the breaker. */
  private boolean toldOpen;

  /** One of which nobody hears. */
  Upstream(String tenant, UpstreamDefinition definition) {
    this(tenant, definition, null, event -> {}, InstantSource.system());
  }

  /**
   * One without targets as yet.
   *
   * @param tls how its targets are spoken to over TLS, null when none is
   * @param listener hears what becomes of it and its targets; see {@link News}
   */
  Upstream(
      String tenant,
      UpstreamDefinition definition,
      @Nullable TargetTls tls,
      Consumer<UpstreamEvent> listener,
      InstantSource clock) {
    this.tenant = tenant;
    this.id = definition.id();
    this.definition = definition;
    this.tls = tls;
    this.news = new News(tenant, id, listener, clock);
    this.breaker = new CircuitBreaker(this::turned);
    this.breaker.rules(definition.circuitBreaker());
  }

  /** Id of the tenant it belongs to. */
  public String tenant() {
    return tenant;
  }

  /** Id, unique within the tenant. */
  public String id() {
    return id;
  }

  /** Bounds on waiting for a target. */
  public UpstreamDefinition.Timeouts timeouts() {
    return definition.timeouts();
  }

  /** What its targets speak. */
  UpstreamDefinition.Protocol protocol() {
    return definition.protocol();
  }

  /** When a request is tried again. */
  Retries retries() {
    return definition.retries();
  }

  /** What is asked of one target at once. */
  Bounds bounds() {
    return definition.bounds();
  }

  /** Further attempts that are left. */
  RetryBudget budget() {
    return budget;
  }

  /** Begins a request, false when too many are under way; if true, {@link #leave} must follow. */
  boolean enter() {
    if (active.incrementAndGet() > definition.maxActive()) {
      active.decrementAndGet();
      return false;
    }
    budget.request();
    return true;
  }

  /** A request has ended. */
  void leave() {
    active.decrementAndGet();
  }

  /** Begins a copied request, false when so many are under way; if true, {@link #leaveMirror}. */
  boolean enterMirror(int most) {
    if (mirrored.incrementAndGet() > most) {
      mirrored.decrementAndGet();
      return false;
    }
    return true;
  }

  /** A copied request has ended. */
  void leaveMirror() {
    mirrored.decrementAndGet();
  }

  /** How many targets it has. */
  public int size() {
    return targets.byAuthority().size();
  }

  /**
   * The target for the next attempt of {@code request}, or null when all are down. One that is left
   * out gets it only when there is no other: trying is better than refusing. One that has as many
   * connections in use as it may comes after those that have not; so does, now and then, one that
   * has just come.
   *
   * @param failed targets that come only after all others
   * @param now nanoseconds of the monotonic clock
   */
  @Nullable Target next(Affinity request, List<Target> failed, long now) {
    Target wished = request.wishes() ? wished(request, failed, now) : null;
    return wished == null ? next(targets.choice(), request, failed, now) : wished;
  }

  /** The one that the request itself wishes for, of the first priority of which any is fit. */
  private @Nullable Target wished(Affinity request, List<Target> failed, long now) {
    Predicate<Target> ready = ready(failed, now);
    for (List<Share> group : targets.groups()) {
      List<Share> fit = group.stream().filter(share -> ready.test(share.target())).toList();
      if (fit.size() > 1) {
        int wish = request.wish(fit.stream().map(Share::fit).toList());
        return wish < 0 ? null : fit.get(wish).target();
      }
      if (!fit.isEmpty()) {
        return null; // there is nothing to wish for
      }
    }
    return null;
  }

  /** Who would get {@code request} next, without its turn being taken; null when all are down. */
  public @Nullable Target likely(Affinity request, long now) {
    Choice choice = inOrder(choices(targets.groups(), new AtomicInteger(turn.get())));
    return next(choice, request, List.of(), now);
  }

  private @Nullable Target next(Choice choice, Affinity request, List<Target> failed, long now) {
    Target best = choice.among(request, ready(failed, now));
    if (best == null
        && (definition.bounds().connections() > 0 || !definition.slowStart().isZero())) {
      best =
          choice.among(
              request,
              target -> Health.of(target, now) == Health.HEALTHY && !failed.contains(target));
    }
    if (best == null) {
      best = choice.among(request, target -> !target.vitality().down() && !failed.contains(target));
    }
    return best != null ? best : choice.among(request, target -> !target.vitality().down());
  }

  /**
   * The target for a hedge of {@code request} while {@code first} has it, or null: another one of
   * the same priority that is up, not left out, and has room. Hedges have turns of their own: if
   * they took those of requests, a target that is always late would get all of these.
   *
   * @param failed targets that do not come into question either
   * @param now nanoseconds of the monotonic clock
   */
  @Nullable Target beside(Affinity request, Target first, List<Target> failed, long now) {
    Targets current = targets;
    Predicate<Target> ready = ready(failed, now);
    for (int i = 0; i < current.groups().size(); i++) {
      for (Share share : current.groups().get(i)) {
        if (share.target() == first) {
          return current
              .hedges()
              .get(i)
              .among(request, target -> target != first && ready.test(target));
        }
      }
    }
    return null; // it is none of them any more
  }

  /** Targets that can well do with one more: up, not left out, with room, and none that failed. */
  private Predicate<Target> ready(List<Target> failed, long now) {
    Bounds bounds = definition.bounds();
    long slowStart = definition.slowStart().toNanos();
    // One for all turns of this request: a target that lost its turn must not get its next one.
    double draw = slowStart == 0 ? 0 : ThreadLocalRandom.current().nextDouble();
    return target ->
        Health.of(target, now) == Health.HEALTHY
            && !failed.contains(target)
            && !target.seats().full(bounds)
            && target.part(now, slowStart) > draw;
  }

  /** How its targets are asked how they do, null when they are not. */
  @Nullable Active active() {
    return definition.active();
  }

  /** All targets that there are. */
  Collection<Target> all() {
    return targets.byAuthority().values();
  }

  /** An attempt with {@code target} has ended. */
  void ended(Target target, Standing standing, long now) {
    Passive rules = definition.passive();
    switch (standing) {
      case GOOD -> {
        target.ejection().good();
        if (target.ejection().told() && !target.ejection().lasts(now)) {
          recovered(target, now);
        }
      }
      case BAD -> {
        if (rules.failures() > 0 && target.ejection().bad(rules)) {
          eject(target, rules, now);
        }
      }
      case UNKNOWN -> {}
    }
  }

  /** Leaves {@code target} out, unless too many are left out already. */
  private synchronized void eject(Target target, Passive rules, long now) {
    List<Share> shares = targets.shares();
    int all = shares.size();
    int out = 1;
    for (Share share : shares) {
      if (share.target() != target && share.target().ejection().lasts(now)) {
        out++;
      }
    }
    if (!target.ejection().lasts(now) && out * 100 <= all * rules.maxEjectedPercent()) {
      target.ejection().eject(rules, now);
      if (!target.ejection().told()) {
        target.ejection().told(true);
        tell(target, Reason.EJECTED, false);
      }
    }
  }

  /** Nobody wants to hear of a target that is gone, with requests to it still under way. */
  private void tell(Target target, Reason reason, boolean healthy) {
    if (targets.byAuthority().get(target.authority()) == target) {
      news.target(target, reason, healthy);
    }
  }

  /**
   * An attempt went well after the time was over. Until then a target is not good again: of one
   * that stays bad each gateway tells once, not each time that it is left out anew.
   */
  private synchronized void recovered(Target target, long now) {
    if (target.ejection().told() && !target.ejection().lasts(now)) {
      target.ejection().told(false);
      tell(target, Reason.EJECTED, true);
    }
  }

  /** A check of {@code target} has ended. Returns whether that changed how it does. */
  boolean checked(Target target, boolean passed, Active rules) {
    Vitality vitality = target.vitality();
    synchronized (vitality) { // so that news are told in the order in which they come about
      boolean down = vitality.down();
      boolean changed = vitality.checked(passed, rules);
      if (definition.active() == null) { // nobody would ever bring it back
        vitality.reset();
        changed = down;
      }
      if (changed) {
        tell(target, Reason.HEALTH_CHECK, !vitality.down());
      }
      return changed;
    }
  }

  private void unchecked(Target target) {
    Vitality vitality = target.vitality();
    synchronized (vitality) {
      if (vitality.reset()) {
        tell(target, Reason.HEALTH_CHECK, true);
      }
    }
  }

  /** The circuit stands elsewhere. A half-open one that opens again was never closed. */
  private void turned(CircuitState next) {
    switch (next) {
      case OPEN -> {
        if (!toldOpen) {
          toldOpen = true;
          news.circuit(true);
        }
      }
      case HALF_OPEN -> {
        // Whether it helps, the next requests show.
      }
      case CLOSED -> {
        if (toldOpen) {
          toldOpen = false;
          news.circuit(false);
        }
      }
    }
  }

  /** Whether it is asked at all. */
  CircuitBreaker breaker() {
    return breaker;
  }

  /** Where its circuit breaker stands. */
  public CircuitState circuit() {
    return breaker.state();
  }

  /** How a target does. */
  public enum Health {
    /** It may be chosen. */
    HEALTHY("healthy"),
    /** It is left out because attempts failed. */
    EJECTED("ejected"),
    /** It is down: it does not pass its checks. */
    UNHEALTHY("unhealthy");

    private final String label;

    Health(String label) {
      this.label = label;
    }

    /** The value of the label {@code state} in metrics. */
    public String label() {
      return label;
    }

    private static Health of(Target target, long now) {
      if (target.vitality().down()) {
        return UNHEALTHY;
      }
      return target.ejection().lasts(now) ? EJECTED : HEALTHY;
    }
  }

  /** How many of its targets do so now. */
  public int count(Health health, long now) {
    int count = 0;
    for (Target target : all()) {
      if (Health.of(target, now) == health) {
        count++;
      }
    }
    return count;
  }

  /** Open connections to its targets that wait for a request. */
  public int idleConnections() {
    int idle = 0;
    for (Target target : all()) {
      idle += target.idleConnections();
    }
    return idle;
  }

  /** How its targets are spoken to over TLS, null when none is. */
  @Nullable TargetTls tls() {
    return tls;
  }

  /** What is said of it now; {@link #targets} must follow if it names its targets. */
  synchronized void definition(UpstreamDefinition newer, @Nullable TargetTls newerTls) {
    definition = newer;
    tls = newerTls;
    breaker.rules(newer.circuitBreaker());
    if (newer.passive().failures() == 0) {
      for (Target target : all()) {
        target.ejection().end();
        if (target.ejection().told()) {
          target.ejection().told(false);
          tell(target, Reason.EJECTED, true);
        }
      }
    }
    if (newer.active() == null) {
      all().forEach(this::unchecked);
    }
    if (!(newer.source() instanceof TargetSource.Fixed)) {
      all().forEach(target -> target.tls(newerTls)); // who finds them does not find this
    }
    Targets now = targets;
    targets = targets(now.byAuthority(), now.groups());
  }

  /** Replaces the targets; those that stay keep their connections. */
  void targets(List<UpstreamDefinition.Target> newer) {
    targets(newer, System.nanoTime());
  }

  /**
   * The same.
   *
   * @param now nanoseconds of the monotonic clock
   */
  synchronized void targets(List<UpstreamDefinition.Target> newer, long now) {
    Map<String, Target> known = targets.byAuthority();
    Map<String, Target> byAuthority = new HashMap<>();
    Map<Integer, List<Share>> byPriority = new TreeMap<>();
    for (UpstreamDefinition.Target one : newer) {
      String authority = one.authority();
      if (byAuthority.containsKey(authority)) {
        continue;
      }
      Target target = known.get(authority);
      if (target == null) {
        target = new Target(one.host(), one.port(), authority);
        if (!known.isEmpty()) {
          target.warming().begin(now);
        }
      }
      target.tls(tls(one));
      byAuthority.put(authority, target);
      if (one.weight() > 0) {
        byPriority
            .computeIfAbsent(one.priority(), priority -> new ArrayList<>())
            .add(new Share(target, one.weight()));
      }
    }
    List<List<Share>> groups = byPriority.values().stream().map(List::copyOf).toList();
    targets = targets(Map.copyOf(byAuthority), groups);
    known.forEach(
        (authority, target) -> {
          if (!byAuthority.containsKey(authority)) {
            target.retire();
          }
        });
  }

  /** Its own scheme says whether, or, where nobody named one, that there is anything to say. */
  private @Nullable TargetTls tls(UpstreamDefinition.Target target) {
    return target.secure() || !(definition.source() instanceof TargetSource.Fixed) ? tls : null;
  }

  private Targets targets(Map<String, Target> byAuthority, List<List<Share>> groups) {
    Choice choice = inOrder(choices(groups, turn));
    return new Targets(byAuthority, groups, choice, choices(groups, hedgeTurn));
  }

  private static Choice inOrder(List<Choice> choices) {
    return choices.size() == 1 ? choices.getFirst() : new Choice.Ranked(List.copyOf(choices));
  }

  private List<Choice> choices(List<List<Share>> groups, AtomicInteger turns) {
    List<Choice> choices = new ArrayList<>();
    for (List<Share> shares : groups) {
      choices.add(
          Choice.of(
              definition.loadBalancing(),
              shares,
              turns,
              bound -> ThreadLocalRandom.current().nextInt(bound)));
    }
    return choices;
  }

  void closeStale() {
    all().forEach(Target::closeStale);
  }

  void retire() {
    all().forEach(Target::retire);
  }
}
