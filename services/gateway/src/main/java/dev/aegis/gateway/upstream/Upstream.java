package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Choice.Share;
import dev.aegis.journal.UpstreamDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A logical backend of one tenant and its current targets. It outlives changes of the
 * configuration, and so do the connections to targets that stay.
 */
public final class Upstream {
  private final String tenant;
  private final String id;
  private final AtomicInteger turn = new AtomicInteger();
  private volatile UpstreamDefinition definition;
  private volatile Targets targets = new Targets(Map.of(), List.of(), (outbound, fit) -> null);

  /**
   * Who there is, and who gets what.
   *
   * @param byAuthority all of them
   * @param shares those with a weight
   * @param choice chooses among the shares
   */
  private record Targets(Map<String, Target> byAuthority, List<Share> shares, Choice choice) {}

  Upstream(String tenant, UpstreamDefinition definition) {
    this.tenant = tenant;
    this.id = definition.id();
    this.definition = definition;
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

  /** How many targets it has. */
  public int size() {
    return targets.byAuthority().size();
  }

  /**
   * The target for the next attempt of {@code outbound}, or null when there is none.
   *
   * @param failed targets that come only after all others
   */
  @Nullable Target next(Outbound outbound, List<Target> failed) {
    Choice choice = targets.choice();
    Target other =
        failed.isEmpty() ? null : choice.among(outbound, target -> !failed.contains(target));
    return other != null ? other : choice.among(outbound, target -> true);
  }

  /** What is said of it now. */
  synchronized void definition(UpstreamDefinition newer) {
    definition = newer;
    Targets now = targets;
    targets = new Targets(now.byAuthority(), now.shares(), choice(now.shares()));
  }

  /** Replaces the targets; those that stay keep their connections. */
  synchronized void targets(List<UpstreamDefinition.Target> newer) {
    Map<String, Target> known = targets.byAuthority();
    Map<String, Target> byAuthority = new HashMap<>();
    List<Share> shares = new ArrayList<>();
    for (UpstreamDefinition.Target one : newer) {
      String authority = one.authority();
      if (byAuthority.containsKey(authority)) {
        continue;
      }
      Target target = known.get(authority);
      if (target == null) {
        target = new Target(one.host(), one.port(), authority);
      }
      byAuthority.put(authority, target);
      if (one.weight() > 0) {
        shares.add(new Share(target, one.weight()));
      }
    }
    targets = new Targets(Map.copyOf(byAuthority), List.copyOf(shares), choice(shares));
    known.forEach(
        (authority, target) -> {
          if (!byAuthority.containsKey(authority)) {
            target.retire();
          }
        });
  }

  private Choice choice(List<Share> shares) {
    return Choice.of(
        definition.loadBalancing(),
        shares,
        turn,
        bound -> ThreadLocalRandom.current().nextInt(bound));
  }

  void closeStale() {
    targets.byAuthority().values().forEach(Target::closeStale);
  }

  void retire() {
    targets.byAuthority().values().forEach(Target::retire);
  }
}
