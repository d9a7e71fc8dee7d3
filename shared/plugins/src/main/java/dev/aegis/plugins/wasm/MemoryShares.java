package dev.aegis.plugins.wasm;

import dev.aegis.plugins.Owner;
import java.util.HashMap;
import java.util.Map;

/**
 * How much memory the instances of modules have together: all of them a quarter of the heap, those
 * of one tenant a quarter of that. In pages of 64 KiB.
 */
final class MemoryShares {
  private static final int PAGE = 64 * 1024;

  private final long most;
  private final long mostOfTenant;
  private final Map<String, Long> tenants = new HashMap<>();
  private final Map<Holder, Share> shares = new HashMap<>();
  private long taken;

  private record Holder(String tenant, String object) {}

  /**
   * @param bytes of all together
   */
  MemoryShares(long bytes) {
    this.most = bytes / PAGE;
    this.mostOfTenant = most / 4;
  }

  /**
   * What one filter has. It takes the place of what the filter before it had of the same object:
   * that one ends with the requests that began with it.
   */
  synchronized Share of(Owner owner) {
    Holder holder = new Holder(owner.tenant(), owner.object());
    Share before = shares.remove(holder);
    if (before != null) {
      before.leave();
    }
    Share share = new Share(holder);
    shares.put(holder, share);
    return share;
  }

  /** What one filter has. */
  final class Share {
    private final Holder holder;
    private long pages;
    private boolean left;

    private Share(Holder holder) {
      this.holder = holder;
    }

    /** Takes more, or gives some back with a negative number; false if there is not as much. */
    boolean take(long more) {
      synchronized (MemoryShares.this) {
        if (left) {
          return more <= 0; // it is not counted any more, so it does not grow either
        }
        long ofTenant = tenants.getOrDefault(holder.tenant(), 0L) + more;
        if (more > 0 && (taken + more > most || ofTenant > mostOfTenant)) {
          return false;
        }
        count(more, ofTenant);
        return true;
      }
    }

    private void count(long more, long ofTenant) {
      pages += more;
      taken += more;
      if (ofTenant == 0) {
        tenants.remove(holder.tenant());
      } else {
        tenants.put(holder.tenant(), ofTenant);
      }
    }

    /** It has none any more. */
    void end() {
      synchronized (MemoryShares.this) {
        shares.remove(holder, this);
        leave();
      }
    }

    private void leave() {
      if (!left) {
        count(-pages, tenants.getOrDefault(holder.tenant(), 0L) - pages);
        left = true;
      }
    }
  }
}
