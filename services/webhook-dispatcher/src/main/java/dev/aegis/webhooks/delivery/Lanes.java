package dev.aegis.webhooks.delivery;

import dev.aegis.webhooks.subscription.EndpointKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One lane per endpoint, and two pools of slots: an endpoint that keeps failing gets its slots from
 * a small pool of its own kind, so that no number of dead endpoints takes the slots of living ones.
 *
 * <p>Not thread-safe.
 *
 * @param <T> what waits in the lanes
 */
final class Lanes<T> {
  /** Failures in a row after which an endpoint is one that keeps failing. */
  static final int SUSPECT_AFTER = 2;

  /** A slot that was taken and must be given back. */
  record Slot<T>(EndpointKey endpoint, T item, FairPool<T> pool) {}

  private final FairPool<T> sound;
  private final FairPool<T> suspect;
  private final Map<EndpointKey, Integer> failures = new HashMap<>();

  /**
   * @param bounds of all slots together; a quarter of them, and one per endpoint, serve endpoints
   *     that keep failing
   */
  Lanes(FairPool.Bounds bounds) {
    int spared = Math.max(1, bounds.total() / 4);
    int sparedTenant = Math.max(1, bounds.tenant() / 4);
    this.sound =
        new FairPool<>(
            new FairPool.Bounds(
                bounds.endpoint(),
                Math.max(1, bounds.tenant() - sparedTenant),
                Math.max(1, bounds.total() - spared)));
    this.suspect = new FairPool<>(new FairPool.Bounds(1, sparedTenant, spared));
  }

  void offer(EndpointKey endpoint, T item) {
    pool(endpoint).offer(endpoint.tenant(), endpoint.id(), item);
  }

  /** Takes a slot for whoever's turn it is, or null when nobody can use one. */
  @Nullable Slot<T> next() {
    for (FairPool<T> pool : List.of(sound, suspect)) {
      FairPool.Turn<T> turn = pool.next();
      if (turn != null) {
        return new Slot<>(new EndpointKey(turn.tenant(), turn.endpoint()), turn.item(), pool);
      }
    }
    return null;
  }

  /** Gives a slot back. */
  void release(Slot<T> slot) {
    slot.pool.release(slot.endpoint.tenant(), slot.endpoint.id());
  }

  /** Notes how a call to an endpoint went; what waits for it moves between the pools. */
  void went(EndpointKey endpoint, boolean well) {
    FairPool<T> before = pool(endpoint);
    if (well) {
      failures.remove(endpoint);
    } else {
      failures.merge(endpoint, 1, (a, b) -> Math.min(a + b, SUSPECT_AFTER));
    }
    FairPool<T> after = pool(endpoint);
    if (after != before) {
      for (T item : before.withdraw(endpoint.tenant(), endpoint.id())) {
        after.offer(endpoint.tenant(), endpoint.id(), item);
      }
    }
  }

  /** Slots in use. */
  int running() {
    return sound.running() + suspect.running();
  }

  private FairPool<T> pool(EndpointKey endpoint) {
    return failures.getOrDefault(endpoint, 0) >= SUSPECT_AFTER ? suspect : sound;
  }
}
