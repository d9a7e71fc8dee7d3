package dev.aegis.bus;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Events handed to the producer and not confirmed, in the order in which they were sent. */
final class Unconfirmed {
  private final Deque<Pending> queue = new ArrayDeque<>();
  private long bytes;

  int count() {
    return queue.size();
  }

  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  void add(Pending pending) {
    queue.addLast(pending);
    bytes += pending.size();
  }

  /** Takes back the one that was added last. */
  void takeBack(Pending pending) {
    Pending last = queue.removeLast();
    if (last != pending) {
      throw new IllegalStateException("not the last one");
    }
    bytes -= pending.size();
  }

  /** The oldest, or null. */
  @Nullable Pending oldest() {
    return queue.peekFirst();
  }

  void removeOldest() {
    bytes -= queue.removeFirst().size();
  }

  /** All of them, oldest first. */
  List<Pending> all() {
    return List.copyOf(queue);
  }

  void clear() {
    queue.clear();
    bytes = 0;
  }

  /**
   * Those of {@code all} that did not reach their partition although a later one did: sent again
   * under their old sequence, a reader would take them for doubles.
   */
  static List<Pending> overtaken(List<Pending> all) {
    Map<String, Integer> lastConfirmed = new HashMap<>();
    for (int i = 0; i < all.size(); i++) {
      Pending pending = all.get(i);
      if (pending.state() == Pending.State.CONFIRMED) {
        lastConfirmed.put(place(pending), i);
      }
    }
    List<Pending> overtaken = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      Pending pending = all.get(i);
      if (pending.state() != Pending.State.CONFIRMED
          && lastConfirmed.getOrDefault(place(pending), -1) > i) {
        overtaken.add(pending);
      }
    }
    return overtaken;
  }

  private static String place(Pending pending) {
    return pending.event().topic() + '/' + pending.partition();
  }
}
