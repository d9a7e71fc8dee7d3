package dev.aegis.webhooks.delivery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Slots for calls, and who gets the next: tenants take turns, and within a tenant its endpoints do.
 *
 * <p>Who cannot use a slot now, because nothing waits or a bound is reached, is in no ring, so the
 * next one is found without a search. Not thread-safe.
 *
 * @param <T> what waits
 */
final class FairPool<T> {
  /**
   * Most slots in use at the same time.
   *
   * @param endpoint by one endpoint
   * @param tenant by one tenant
   * @param total by all
   */
  record Bounds(int endpoint, int tenant, int total) {}

  /** What got a slot. */
  record Turn<T>(String tenant, String endpoint, T item) {}

  private final Bounds bounds;
  private final Map<String, TenantLanes<T>> tenants = new HashMap<>();
  private final Deque<TenantLanes<T>> ring = new ArrayDeque<>();
  private int running;

  FairPool(Bounds bounds) {
    this.bounds = bounds;
  }

  /** Puts {@code item} at the end of its endpoint's lane. */
  void offer(String tenant, String endpoint, T item) {
    TenantLanes<T> lanes = tenants.computeIfAbsent(tenant, TenantLanes::new);
    Lane<T> lane = lanes.byEndpoint.computeIfAbsent(endpoint, Lane::new);
    lane.waiting.add(item);
    settle(lanes, lane);
  }

  /** Takes a slot for whoever's turn it is, or null when nobody can use one. */
  @Nullable Turn<T> next() {
    if (running >= bounds.total) {
      return null;
    }
    TenantLanes<T> lanes = ring.poll();
    if (lanes == null) {
      return null;
    }
    lanes.inRing = false;
    Lane<T> lane = lanes.ring.remove();
    lane.inRing = false;
    T item = lane.waiting.remove();
    running++;
    lanes.running++;
    lane.running++;
    settle(lanes, lane);
    return new Turn<>(lanes.tenant, lane.endpoint, item);
  }

  /** Gives a slot back. */
  void release(String tenant, String endpoint) {
    TenantLanes<T> lanes = tenants.get(tenant);
    Lane<T> lane = lanes == null ? null : lanes.byEndpoint.get(endpoint);
    if (lanes == null || lane == null || lane.running == 0) {
      throw new IllegalStateException(tenant + "/" + endpoint + " has no slot to give back");
    }
    running--;
    lanes.running--;
    lane.running--;
    settle(lanes, lane);
  }

  /** Takes out everything that waits for an endpoint, in order. */
  List<T> withdraw(String tenant, String endpoint) {
    TenantLanes<T> lanes = tenants.get(tenant);
    Lane<T> lane = lanes == null ? null : lanes.byEndpoint.get(endpoint);
    if (lanes == null || lane == null) {
      return List.of();
    }
    List<T> items = new ArrayList<>(lane.waiting);
    lane.waiting.clear();
    settle(lanes, lane);
    return items;
  }

  /** Slots in use. */
  int running() {
    return running;
  }

  /** Puts a lane and its tenant into the rings where they belong, or out of them. */
  private void settle(TenantLanes<T> lanes, Lane<T> lane) {
    boolean usable = !lane.waiting.isEmpty() && lane.running < bounds.endpoint;
    if (usable && !lane.inRing) {
      lanes.ring.add(lane);
    } else if (!usable && lane.inRing) {
      lanes.ring.remove(lane);
    }
    lane.inRing = usable;
    boolean tenantUsable = !lanes.ring.isEmpty() && lanes.running < bounds.tenant;
    if (tenantUsable && !lanes.inRing) {
      ring.add(lanes);
    } else if (!tenantUsable && lanes.inRing) {
      ring.remove(lanes);
    }
    lanes.inRing = tenantUsable;
    if (lane.waiting.isEmpty() && lane.running == 0) {
      lanes.byEndpoint.remove(lane.endpoint);
      if (lanes.byEndpoint.isEmpty()) {
        tenants.remove(lanes.tenant);
      }
    }
  }

  private static final class TenantLanes<T> {
    private final String tenant;
    private final Map<String, Lane<T>> byEndpoint = new HashMap<>();
    private final Deque<Lane<T>> ring = new ArrayDeque<>();
    private int running;
    private boolean inRing;

    TenantLanes(String tenant) {
      this.tenant = tenant;
    }
  }

  private static final class Lane<T> {
    private final String endpoint;
    private final Deque<T> waiting = new ArrayDeque<>();
    private int running;
    private boolean inRing;

    Lane(String endpoint) {
      this.endpoint = endpoint;
    }
  }
}
