package dev.aegis.gateway.admission;

/**
 * What a limit made of a request: where the window stands that leaves the least.
 *
 * @param admitted whether it may go on
 * @param limit requests per window, or how many may come or be under way at once
 * @param remaining how many more may come
 * @param resetSeconds rounded up: until the next window, or until the bucket is whole again, 0 of
 *     places; when it may not go on, until it would be let pass, or may try again
 * @param delayMillis how long it has to wait for its turn
 */
public record Count(
    boolean admitted, long limit, long remaining, long resetSeconds, long delayMillis) {
  /** That of several windows, which hold all at once. */
  public Count and(Count other) {
    boolean tighter =
        admitted == other.admitted
            ? admitted ? other.remaining < remaining : other.resetSeconds > resetSeconds
            : admitted;
    Count least = tighter ? other : this;
    return new Count(
        least.admitted,
        least.limit,
        least.remaining,
        least.resetSeconds,
        Math.max(delayMillis, other.delayMillis));
  }

  /** One of milliseconds. */
  public static Count of(boolean admitted, Bound bound, long remaining, long millis, long delay) {
    return new Count(admitted, bound.room(), remaining, Math.ceilDiv(millis, 1000), delay);
  }
}
