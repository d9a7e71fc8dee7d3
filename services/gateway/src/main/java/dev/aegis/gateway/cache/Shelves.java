package dev.aegis.gateway.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * All that is kept, on a shelf for each tenant, within one bound. When that is reached, whoever has
 * the most gives up what is asked for least: so nobody loses anything while it has no more than an
 * equal share, and one alone may have everything.
 */
final class Shelves {
  private final long maxBytes;
  private final LongSupplier nanos;
  private final Map<String, Shelf> byTenant = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final ReentrantLock clearing = new ReentrantLock();

  /**
   * @param maxBytes that all weigh together
   * @param nanos the monotonic clock
   */
  Shelves(long maxBytes, LongSupplier nanos) {
    this.maxBytes = maxBytes;
    this.nanos = nanos;
  }

  /** The variants of a resource, the newest first; none when nothing is kept of it. */
  List<StoredReply> find(Resource resource) {
    Shelf shelf = byTenant.get(resource.tenant());
    List<StoredReply> variants = shelf == null ? null : shelf.kept.getIfPresent(resource);
    return variants == null ? List.of() : variants;
  }

  /**
   * Changes what is kept of a resource, in one step for all who look.
   *
   * @param change of the variants that there are; must not wait
   */
  void change(Resource resource, UnaryOperator<List<StoredReply>> change) {
    byTenant.compute(
        resource.tenant(),
        (tenant, known) -> {
          Shelf shelf = known == null ? new Shelf() : known;
          shelf.change(resource, change);
          return shelf.emptied();
        });
    if (bytes.get() > maxBytes) {
      clear();
    }
  }

  /** Nothing is kept of a resource any more. */
  void remove(Resource resource) {
    // Not by get: it does not see a shelf that change is about to put up.
    byTenant.computeIfPresent(
        resource.tenant(),
        (tenant, shelf) -> {
          shelf.kept.invalidate(resource);
          return shelf.emptied();
        });
  }

  /** Clears away what is no longer fresh, and all of tenants that are not among these. */
  void keepOnly(Set<String> tenants) {
    for (String tenant : byTenant.keySet()) {
      byTenant.computeIfPresent(
          tenant,
          (same, shelf) -> {
            if (!tenants.contains(tenant)) {
              shelf.kept.invalidateAll();
            }
            shelf.kept.cleanUp();
            return shelf.emptied();
          });
    }
  }

  /** Bytes of all that is kept. */
  long bytes() {
    return bytes.get();
  }

  private void clear() {
    clearing.lock();
    try {
      boolean less = true;
      while (less && bytes.get() > maxBytes) {
        long before = bytes.get();
        byTenant.values().stream()
            .max(Comparator.comparingLong(shelf -> shelf.bytes.get()))
            .ifPresent(largest -> largest.giveUp(bytes.get() - maxBytes));
        less = bytes.get() < before; // else others have put, and clear after us
      }
    } finally {
      clearing.unlock();
    }
  }

  /** What is kept for one tenant. */
  private final class Shelf {
    private final AtomicLong bytes = new AtomicLong();
    private final Cache<Resource, List<StoredReply>> kept =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher(Shelves::weight)
            .expireAfter(Expiry.<Resource, List<StoredReply>>writing((same, all) -> fresh(all)))
            .ticker(nanos::getAsLong)
            .executor(Runnable::run)
            .removalListener((resource, variants, why) -> gone(resource, variants))
            .build();

    void change(Resource resource, UnaryOperator<List<StoredReply>> change) {
      kept.asMap()
          .compute(
              resource,
              (same, variants) -> {
                List<StoredReply> known = variants == null ? List.of() : variants;
                List<StoredReply> next = change.apply(known);
                if (next.equals(known)) {
                  return variants;
                }
                add(weight(resource, next));
                return next;
              });
    }

    private void gone(@Nullable Resource resource, @Nullable List<StoredReply> variants) {
      if (resource != null && variants != null) {
        add(-weight(resource, variants));
      }
    }

    private void add(long more) {
      bytes.addAndGet(more);
      Shelves.this.bytes.addAndGet(more);
    }

    /** Gives up so many bytes, or a little more: the ones that it would miss least. */
    void giveUp(long over) {
      kept.policy()
          .eviction()
          .ifPresent(
              eviction ->
                  kept.invalidateAll(
                      eviction.coldest(
                          entries -> {
                            List<Resource> least = new ArrayList<>();
                            Iterator<? extends Map.Entry<Resource, List<StoredReply>>> each =
                                entries.iterator();
                            long freed = 0;
                            while (freed < over && each.hasNext()) {
                              Map.Entry<Resource, List<StoredReply>> entry = each.next();
                              least.add(entry.getKey());
                              freed += weight(entry.getKey(), entry.getValue());
                            }
                            return least;
                          })));
    }

    /** Itself, null when there is nothing on it. */
    @Nullable Shelf emptied() {
      return bytes.get() == 0 ? null : this;
    }
  }

  private Duration fresh(List<StoredReply> variants) {
    long now = nanos.getAsLong();
    long most = 0;
    for (StoredReply each : variants) {
      most = Math.max(most, each.freshFor(now));
    }
    return Duration.ofNanos(most);
  }

  private static int weight(Resource resource, List<StoredReply> variants) {
    int weight = resource.characters();
    for (StoredReply each : variants) {
      weight += each.weight();
    }
    return weight;
  }
}
