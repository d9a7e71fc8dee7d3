package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A logical backend of one tenant and its current targets. It outlives changes of the
 * configuration, and so do the connections to targets that stay.
 */
public final class Upstream {
  private static final int MAX_TURNS = 10_000;

  private final String tenant;
  private final String id;
  private final AtomicInteger turn = new AtomicInteger();
  private volatile UpstreamDefinition.Timeouts timeouts = UpstreamDefinition.Timeouts.DEFAULT;
  private volatile Turns turns = new Turns(Map.of(), List.of());

  /**
   * Who is next, over and over.
   *
   * @param targets all, by authority
   * @param order each as often as its weight says, interleaved
   */
  private record Turns(Map<String, Target> targets, List<Target> order) {}

  Upstream(String tenant, String id) {
    this.tenant = tenant;
    this.id = id;
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
    return timeouts;
  }

  /** How many targets it has. */
  public int size() {
    return turns.targets().size();
  }

  /**
   * The target whose turn it is, or null when there is none.
   *
   * @param failed targets that come only after all others
   */
  @Nullable Target next(List<Target> failed) {
    List<Target> order = turns.order();
    int size = order.size();
    if (size <= 1) {
      return size == 0 ? null : order.getFirst();
    }
    int first = Integer.remainderUnsigned(turn.getAndIncrement(), size);
    if (!failed.isEmpty()) {
      for (int i = 0; i < size; i++) {
        Target target = order.get((first + i) % size);
        if (!failed.contains(target)) {
          return target;
        }
      }
    }
    return order.get(first);
  }

  void timeouts(UpstreamDefinition.Timeouts newer) {
    timeouts = newer;
  }

  /** Replaces the targets; those that stay keep their connections. One thread at a time. */
  void targets(List<UpstreamDefinition.Target> newer) {
    Map<String, Target> known = turns.targets();
    Map<String, Target> targets = new HashMap<>();
    Map<Target, Integer> weights = new HashMap<>();
    List<Target> inOrder = new ArrayList<>();
    for (UpstreamDefinition.Target definition : newer) {
      String authority = definition.authority();
      if (targets.containsKey(authority)) {
        continue;
      }
      Target target = known.get(authority);
      if (target == null) {
        target = new Target(definition.host(), definition.port(), authority);
      }
      targets.put(authority, target);
      weights.put(target, definition.weight());
      inOrder.add(target);
    }
    turns = new Turns(Map.copyOf(targets), interleave(inOrder, weights));
    known.forEach(
        (authority, target) -> {
          if (!targets.containsKey(authority)) {
            target.retire();
          }
        });
  }

  /** Smooth weighted round robin, as nginx does it: one whole cycle, written out. */
  private static List<Target> interleave(List<Target> targets, Map<Target, Integer> weights) {
    int divisor = 0;
    int total = 0;
    for (int weight : weights.values()) {
      divisor = greatestCommonDivisor(divisor, weight);
      total += weight;
    }
    if (total == 0) {
      return List.of();
    }
    int length = Math.min(total / divisor, MAX_TURNS);
    Map<Target, Integer> credit = new HashMap<>();
    List<Target> order = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      Target best = targets.getFirst();
      for (Target target : targets) {
        int now = credit.merge(target, weights.getOrDefault(target, 0), Integer::sum);
        if (now > credit.getOrDefault(best, Integer.MIN_VALUE)) {
          best = target;
        }
      }
      credit.merge(best, -total, Integer::sum);
      order.add(best);
    }
    return List.copyOf(order);
  }

  private static int greatestCommonDivisor(int a, int b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }

  void closeStale() {
    turns.targets().values().forEach(Target::closeStale);
  }

  void retire() {
    turns.targets().values().forEach(Target::retire);
  }
}
