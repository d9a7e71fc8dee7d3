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
 * Whose document is applied when. A document and its tree take many times its bytes, so there is
 * one at a time of operators of the whole installation, and one of all who are held to tenants.
 *
 * <p>The latter wait for each other, each tree of tenants with one document at a time: whoever
 * administers a tenant makes any number of operators below it, but no other tree, so it has no more
 * turns than others. How long a turn takes is bounded by how much their documents may say.
 */
final class Turns {
  private final Semaphore platform = new Semaphore(1);
  private final Semaphore tenants = new Semaphore(1, true);
  private final Map<String, Semaphore> trees = new ConcurrentHashMap<>();
  private final Duration patience;

  /**
   * @param patience how long an operator of a tenant waits for others
   */
  Turns(Duration patience) {
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
    if (tree == null) {
      return platform.tryAcquire() ? platform::release : null;
    }
    long end = System.nanoTime() + patience.toNanos();
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
