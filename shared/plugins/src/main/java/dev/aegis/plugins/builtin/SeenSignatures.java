package dev.aegis.plugins.builtin;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Webhooks that were signed rightly and are still in time, as this gateway has seen them: the
 * newest {@value #MOST}, by the MAC that the first secret makes of each. Only who has a secret can
 * add one.
 */
final class SeenSignatures {
  private static final int MOST = 65_536;

  private final Map<ByteBuffer, Long> until = new HashMap<>();
  private final Deque<ByteBuffer> order = new ArrayDeque<>();

  /**
   * Whether this one has not been seen, which it is from now on.
   *
   * @param until last second in which it is in time
   * @param now in seconds, as {@code until}
   */
  synchronized boolean first(byte[] signature, long until, long now) {
    ByteBuffer key = ByteBuffer.wrap(signature.clone()).asReadOnlyBuffer();
    if (this.until.putIfAbsent(key, until) != null) {
      return false;
    }
    order.add(key);
    while (order.size() > MOST || over(order.peek(), now)) {
      this.until.remove(order.remove());
    }
    return true;
  }

  private boolean over(@Nullable ByteBuffer oldest, long now) {
    Long last = oldest == null ? null : until.get(oldest);
    return last != null && last < now;
  }

  /** How many are remembered. */
  synchronized int size() {
    return until.size();
  }
}
