package dev.aegis.admin.api;

import dev.aegis.admin.access.Operator;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Lineage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Who does what takes much of this service when, such as to apply a document: a document and its
 * tree take many times its bytes. So many turns are there of operators of the whole installation,
 * and so many of all who are held to tenants.
 *
 * <p>The latter wait for each other, each tree of tenants with one at a time: whoever administers a
 * tenant makes any number of operators below it, but no other tree, so it has no more turns than
 * others. How long a turn takes is bounded by those who take it, as by how much a document may say.
 */
final class Turns {
  private final Semaphore platform;
  private final Semaphore tenants;
  private final Map<String, Semaphore> trees = new ConcurrentHashMap<>();
  private final Duration platformPatience;
  private final Duration patience;

  /**
   * One turn of the platform, which waits for nobody, and one of tenants.
   *
   * @param patience how long an operator of a tenant waits for others
   */
  Turns(Duration patience) {
    this(1, Duration.ZERO, 1, patience);
  }

  /**
   * @param platform how many turns of the platform there are at once
   * @param platformPatience how long its operators wait for each other
   * @param tenants how many turns of tenants there are at once
   * @param patience how long an operator of a tenant waits for others
   */
  Turns(int platform, Duration platformPatience, int tenants, Duration patience) {
    this.platform = new Semaphore(platform, true);
    this.platformPatience = platformPatience;
    this.tenants = new Semaphore(tenants, true);
    this.patience = patience;
  }

  /** A turn, which lasts until it is closed. */
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /** The tenant at the root of the operator's tree, null when it is not held to one. */
  static @Nullable String tree(Fold fold, Operator operator) {
    String tenant = operator.tenant();
    if (tenant == null) {
      return null;
    }
    List<Lineage.Ancestor> above = Lineage.of(fold, tenant).ancestors();
    return above.isEmpty() ? tenant : above.getLast().id();
  }

  /**
   * A turn, or null when others have theirs.
   *
   * @param tree as {@link #tree} says
   */
  @Nullable Turn take(@Nullable String tree) throws InterruptedException {
    long begun = System.nanoTime();
    if (tree == null) {
      return acquired(platform, begun + platformPatience.toNanos()) ? platform::release : null;
    }
    long end = begun + patience.toNanos();
    Semaphore own = trees.computeIfAbsent(tree, root -> new Semaphore(1, true));
    if (!acquired(own, end)) {
      return null;
    }
    boolean both = false;
    try {
      both = acquired(tenants, end);
    } finally {
      if (!both) {
        own.release();
      }
    }
    return both
        ? () -> {
          tenants.release();
          own.release();
        }
        : null;
  }

  private static boolean acquired(Semaphore semaphore, long end) throws InterruptedException {
    return semaphore.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS);
  }
}
