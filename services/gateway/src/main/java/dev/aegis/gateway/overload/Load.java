package dev.aegis.gateway.overload;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Requests under way in this gateway, of all tenants and of each. Below its bound whoever comes
 * gets in. At the bound, only a tenant that has no more under way than an equal share of it
 * (max-min fairness): one that floods cannot take what the others need. Nobody waits.
 *
 * <p>Two counters to begin a request and two to end it, no lock; so the counts may be off by the
 * requests that are beginning at this moment.
 */
public final class Load {
  /** The bound is not lowered below this: a few requests wait for a processor without harm. */
  static final int LEAST = 64;

  private final int most;
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger tenants = new AtomicInteger();
  private final Map<String, Share> shares = new ConcurrentHashMap<>();
  private final LongAdder refused = new LongAdder();
  private volatile int bound;

  /**
   * @param most requests at once
   */
  public Load(int most) {
    this.most = most;
    this.bound = most;
  }

  /** What one tenant has under way. */
  public static final class Share {
    private final AtomicInteger active = new AtomicInteger();

    private Share() {}

    /** Its requests under way. */
    public int active() {
      return active.get();
    }
  }

  /** What came of a request that wants to begin. */
  public enum Entry {
    /** It is under way, and must be ended. */
    BEGUN,
    /** There are too many, and its tenant has its share of them. */
    FULL,
    /** Its tenant has as many as it may have. */
    TENANT_FULL
  }

  /** The share of {@code tenant}: one counter for each that this process has served. */
  public Share share(String tenant) {
    Share known = shares.get(tenant);
    return known != null ? known : shares.computeIfAbsent(tenant, id -> new Share());
  }

  /**
   * A request wants to begin. Each tenant may have one, however many tenants there are, up to twice
   * the bound for all together.
   *
   * @param mostOfTenant how many the tenant may have at once
   */
  public Entry begin(Share share, int mostOfTenant) {
    int own = share.active.incrementAndGet();
    if (own == 1) {
      tenants.incrementAndGet();
    }
    int all = active.incrementAndGet();
    if (own > mostOfTenant) {
      end(share);
      return Entry.TENANT_FULL;
    }
    if (all > bound && !(own <= equalShare() && all <= 2L * bound)) {
      end(share);
      refused.increment();
      return Entry.FULL;
    }
    return Entry.BEGUN;
  }

  /** A request that had begun has ended. */
  public void end(Share share) {
    active.decrementAndGet();
    if (share.active.decrementAndGet() == 0) {
      tenants.decrementAndGet();
    }
  }

  private int equalShare() {
    return Math.max(1, bound / Math.max(1, tenants.get()));
  }

  /** Requests under way. */
  public int active() {
    return active.get();
  }

  /** Requests that did not begin because there were too many of all tenants together. */
  public long refused() {
    return refused.sum();
  }

  /** How many may be under way at the moment. */
  public int bound() {
    return bound;
  }

  /**
   * Work waits for processors all the time, or it does not any more: fewer may be under way, or
   * more. Down by a tenth of what is there and up by a twentieth of the bound as it was set, so
   * that it settles (additive increase, multiplicative decrease). For one thread.
   *
   * @param standing whether it waits
   */
  void adjust(boolean standing) {
    if (standing) {
      int lower = (int) (Math.min(bound, active.get()) * 9L / 10);
      bound = Math.max(Math.min(LEAST, most), lower);
    } else {
      bound = (int) Math.min(most, bound + Math.max(1L, most / 20));
    }
  }
}
