package dev.aegis.webhooks.delivery;

import dev.aegis.webhooks.subscription.EndpointKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one partition of the log says: every pending delivery, and the last finished ones of each
 * endpoint. Not thread-safe.
 */
final class Book {
  private static final Comparator<Place> OLDEST_FIRST =
      Comparator.comparing(Place::createdAt).thenComparing(Place::id);

  private final int historyBound;
  private final BodyBudget budget;
  private final Map<DeliveryKey, Tracked> all = new HashMap<>();
  private final Map<EndpointKey, Shelf> shelves = new HashMap<>();
  private int pending;
  private boolean ready;

  /**
   * @param historyBound finished deliveries kept per endpoint
   */
  Book(int historyBound, BodyBudget budget) {
    this.historyBound = historyBound;
    this.budget = budget;
  }

  /** Bytes of bodies that may be kept in memory, shared by all books. */
  static final class BodyBudget {
    private long left;

    BodyBudget(long bytes) {
      this.left = bytes;
    }
  }

  /** Whether the log was read to its end, so that the book may be acted on. */
  boolean ready() {
    return ready;
  }

  void markReady() {
    ready = true;
  }

  @Nullable Tracked find(DeliveryKey key) {
    return all.get(key);
  }

  /** The answer to a search, which may have found nothing. */
  record Found(@Nullable Tracked tracked) {}

  Found found(DeliveryKey key) {
    return new Found(all.get(key));
  }

  Collection<Tracked> all() {
    return all.values();
  }

  int pending() {
    return pending;
  }

  /**
   * Takes a record of the log.
   *
   * @return what it is about
   */
  Tracked read(int partition, long offset, StoredDelivery stored) {
    Delivery delivery = stored.delivery();
    Tracked tracked = all.get(delivery.key());
    if (tracked == null) {
      tracked = new Tracked(partition, offset, delivery);
      all.put(delivery.key(), tracked);
      shelf(delivery).byTime.put(Place.of(delivery), tracked);
      pending += delivery.pending() ? 1 : 0;
      keepBody(tracked, stored.body());
      trim(tracked);
      return tracked;
    }
    if (delivery.version() < tracked.delivery.version()) {
      tracked.overwrittenAt = offset;
      return tracked;
    }
    tracked.offset = offset;
    tracked.overwrittenAt = -1;
    if (delivery.version() > tracked.delivery.version()) {
      become(tracked, delivery);
    }
    return tracked;
  }

  /** Takes a state that was written to the log. */
  void become(Tracked tracked, Delivery delivery) {
    pending += (delivery.pending() ? 1 : 0) - (tracked.delivery.pending() ? 1 : 0);
    tracked.delivery = delivery;
    trim(tracked);
  }

  /** Keeps a body in memory while there is room and a use for it. */
  void keepBody(Tracked tracked, byte[] body) {
    if (tracked.body == null && tracked.delivery.pending() && budget.left >= body.length) {
      budget.left -= body.length;
      tracked.body = body;
    }
  }

  /** Forgets one delivery. */
  void forget(DeliveryKey key) {
    Tracked tracked = all.remove(key);
    if (tracked != null) {
      pending -= tracked.delivery.pending() ? 1 : 0;
      dropBody(tracked);
      tracked.phase = Tracked.Phase.IDLE;
      Shelf shelf = shelf(tracked.delivery);
      shelf.byTime.remove(Place.of(tracked.delivery));
      shelf.finished.remove(Place.of(tracked.delivery));
      if (shelf.byTime.isEmpty()) {
        shelves.remove(key.endpoint());
      }
    }
  }

  /** Forgets everything; what is under way finds itself unknown. */
  void close() {
    for (Tracked tracked : all.values()) {
      dropBody(tracked);
    }
    all.clear();
    shelves.clear();
    pending = 0;
  }

  /** Deliveries of an endpoint, latest first, from behind {@code after}. */
  List<Tracked> list(EndpointKey endpoint, @Nullable Place after, int limit) {
    Shelf shelf = shelves.get(endpoint);
    List<Tracked> list = new ArrayList<>();
    if (shelf != null) {
      NavigableMap<Place, Tracked> rest =
          after == null ? shelf.byTime : shelf.byTime.headMap(after, false);
      for (Tracked tracked : rest.descendingMap().values()) {
        if (list.size() == limit) {
          break;
        }
        list.add(tracked);
      }
    }
    return list;
  }

  private Shelf shelf(Delivery delivery) {
    return shelves.computeIfAbsent(delivery.key().endpoint(), key -> new Shelf());
  }

  private void trim(Tracked tracked) {
    if (tracked.delivery.pending()) {
      return;
    }
    dropBody(tracked);
    Shelf shelf = shelf(tracked.delivery);
    shelf.finished.putIfAbsent(Place.of(tracked.delivery), tracked);
    while (shelf.finished.size() > historyBound) {
      Tracked oldest = shelf.finished.pollFirstEntry().getValue();
      all.remove(oldest.delivery.key());
      shelf.byTime.remove(Place.of(oldest.delivery));
    }
  }

  private void dropBody(Tracked tracked) {
    if (tracked.body != null) {
      budget.left += tracked.body.length;
      tracked.body = null;
    }
  }

  /** Where a delivery stands in its endpoint's list. */
  record Place(Instant createdAt, String id) {
    static Place of(Delivery delivery) {
      return new Place(delivery.createdAt(), delivery.key().id());
    }
  }

  private static final class Shelf {
    final TreeMap<Place, Tracked> byTime = new TreeMap<>(OLDEST_FIRST);
    final TreeMap<Place, Tracked> finished = new TreeMap<>(OLDEST_FIRST);
  }
}
