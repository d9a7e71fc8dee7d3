package dev.aegis.admin.api;

import dev.aegis.admin.tenancy.Refusal;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who follows something at the moment, a bounded number of them: so many of the whole installation,
 * and so many that are held to tenants, of each tree of tenants a part only.
 */
final class Followers implements AutoCloseable {
  private static final int MOST_OF_PLATFORM = 8;
  private static final int MOST_OF_TENANTS = 24;
  private static final int MOST_OF_A_TREE = 4;

  /** How long those who are told that it is over have to say so, well within a listener's grace. */
  private static final Duration PARTING = Duration.ofMillis(400);

  private final Set<Place> places = new HashSet<>();
  private final Map<String, Integer> trees = new HashMap<>();
  private int platform;
  private int tenants;
  private boolean closed;

  /** One follower's place, until it is closed. */
  final class Place implements AutoCloseable {
    private final @Nullable String tree;
    private @Nullable Runnable ending;

    private Place(@Nullable String tree) {
      this.tree = tree;
    }

    /**
     * Whom to tell when it is over for all; at once if it is.
     *
     * @param end must not wait
     */
    void tell(Runnable end) {
      synchronized (Followers.this) {
        if (!closed) {
          ending = end;
          return;
        }
      }
      end.run();
    }

    @Override
    public void close() {
      leave(this);
    }
  }

  /**
   * A place.
   *
   * @param tree root of the tree of tenants that the follower is held to, null for none
   * @throws RefusedCall when all are taken
   */
  synchronized Place take(@Nullable String tree) {
    boolean room =
        tree == null
            ? platform < MOST_OF_PLATFORM
            : tenants < MOST_OF_TENANTS && trees.getOrDefault(tree, 0) < MOST_OF_A_TREE;
    if (!room || closed) {
      throw new RefusedCall(
          Refusal.of(
              Refusal.Reason.OVERLOADED,
              closed ? "This service is stopping" : "As many follow already as may"));
    }
    count(tree, 1);
    Place place = new Place(tree);
    places.add(place);
    return place;
  }

  private void count(@Nullable String tree, int more) {
    if (tree == null) {
      platform += more;
    } else {
      tenants += more;
      if (trees.merge(tree, more, Integer::sum) == 0) {
        trees.remove(tree);
      }
    }
  }

  private synchronized void leave(Place place) {
    if (places.remove(place)) {
      count(place.tree, -1);
      notifyAll();
    }
  }

  /** Tells all that it is over, and waits a little for them to go. */
  @Override
  public void close() {
    Set<Place> left;
    synchronized (this) {
      closed = true;
      left = Set.copyOf(places);
    }
    for (Place place : left) {
      Runnable end;
      synchronized (this) {
        end = place.ending;
      }
      if (end != null) {
        end.run();
      }
    }
    long until = System.nanoTime() + PARTING.toNanos();
    synchronized (this) {
      try {
        for (long rest; !places.isEmpty() && (rest = until - System.nanoTime()) > 0; ) {
          wait(rest / 1_000_000 + 1);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
