package dev.aegis.admin.changes;

import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Lets changes that must see each other go one after the other: those of one tenant, and those of
 * tenants themselves, because their hosts and their tree are one; operators go with them, because a
 * tenant does not go while an operator is held to it.
 */
final class Lanes {
  private static final int TENANTS = 128;

  private final ReentrantLock[] locks = new ReentrantLock[TENANTS + 1];

  Lanes() {
    for (int i = 0; i < locks.length; i++) {
      locks[i] = new ReentrantLock(true); // else one order may be overtaken until its time is up
    }
  }

  /** Lanes that are held. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** The lane of one object, or null when it is not free within {@code patience}. */
  @Nullable Held take(Kind kind, @Nullable String tenant, Duration patience)
      throws InterruptedException {
    ReentrantLock lock = locks[together(kind) ? TENANTS : of(tenant)];
    return lock.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS) ? lock::unlock : null;
  }

  /**
   * The lanes of many objects, or null when they are not all free within {@code patience}. They are
   * taken in one order, so that two who want some of the same do not wait for each other.
   */
  @Nullable Held take(Collection<ObjectKey> keys, Duration patience) throws InterruptedException {
    TreeSet<Integer> wanted = new TreeSet<>();
    for (ObjectKey key : keys) {
      wanted.add(of(key.tenant()));
      if (together(key.kind())) {
        wanted.add(TENANTS);
      }
    }
    return lock(wanted, patience);
  }

  /** All lanes, or null when they are not all free within {@code patience}. */
  @Nullable Held takeAll(Duration patience) throws InterruptedException {
    return lock(IntStream.range(0, locks.length).boxed().toList(), patience);
  }

  private @Nullable Held lock(Collection<Integer> inOrder, Duration patience)
      throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    Deque<ReentrantLock> taken = new ArrayDeque<>();
    Held held = () -> taken.forEach(ReentrantLock::unlock);
    boolean all = false;
    try {
      for (int lane : inOrder) {
        if (!locks[lane].tryLock(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          return null;
        }
        taken.push(locks[lane]);
      }
      all = true;
      return held;
    } finally {
      if (!all) {
        held.close();
      }
    }
  }

  private static boolean together(Kind kind) {
    return kind == Kind.TENANT || kind == Kind.OPERATOR;
  }

  private static int of(@Nullable String tenant) {
    return Math.floorMod(Objects.hashCode(tenant), TENANTS);
  }
}
