package dev.aegis.gateway.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts requests in windows of fixed length, aligned to the Unix epoch, each caller apart. The
 * counts are this process' own. Never admits more than the limit in one window; requests that it
 * refuses do not count.
 *
 * <p>Remembers at most 100,000 callers; beyond that the ones not seen for longest begin anew.
 */
public final class FixedWindow {
  private static final int MAX_CALLERS = 100_000;
  private static final int COUNT_BITS = 30;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;

  private final int limit;
  private final long windowMillis;
  // In each value: number of the window above, requests in it below.
  private final Cache<String, AtomicLong> counts;

  /**
   * @param limit requests per window, 1 to 1,000,000,000
   * @param window length of a window
   */
  public FixedWindow(int limit, Duration window) {
    this.limit = limit;
    this.windowMillis = window.toMillis();
    this.counts =
        Caffeine.newBuilder()
            .maximumSize(MAX_CALLERS)
            .expireAfterAccess(window.multipliedBy(2))
            .executor(Runnable::run)
            .build();
  }

  /**
   * What came of one request.
   *
   * @param admitted whether it may go on
   * @param limit requests per window
   * @param remaining how many more may come in this window
   * @param resetSeconds until the next window, rounded up
   */
  public record Count(boolean admitted, int limit, long remaining, long resetSeconds) {}

  /**
   * Where the window stands, without counting anything.
   *
   * @param caller who
   * @param epochMillis when
   * @return whether a request would be admitted, and how many may come with it
   */
  public Count peek(String caller, long epochMillis) {
    AtomicLong state = counts.getIfPresent(caller);
    long seen = state == null ? 0 : state.get();
    long window = epochMillis / windowMillis;
    long counted = seen >>> COUNT_BITS >= window ? seen & COUNT_MASK : 0;
    long current = Math.max(seen >>> COUNT_BITS, window);
    long resetSeconds = ((current + 1) * windowMillis - epochMillis + 999) / 1000;
    return new Count(counted < limit, limit, Math.max(0, limit - counted), resetSeconds);
  }

  /**
   * Counts one request.
   *
   * @param caller who
   * @param epochMillis when
   */
  public Count take(String caller, long epochMillis) {
    AtomicLong state = counts.get(caller, key -> new AtomicLong());
    long window = epochMillis / windowMillis;
    while (true) {
      long seen = state.get();
      // A clock set back must not open a window again: the later one goes on counting.
      long counted = seen >>> COUNT_BITS >= window ? seen & COUNT_MASK : 0;
      long current = Math.max(seen >>> COUNT_BITS, window);
      long resetSeconds = ((current + 1) * windowMillis - epochMillis + 999) / 1000;
      if (counted >= limit) {
        return new Count(false, limit, 0, resetSeconds);
      }
      if (state.compareAndSet(seen, current << COUNT_BITS | counted + 1)) {
        return new Count(true, limit, limit - counted - 1, resetSeconds);
      }
    }
  }
}
