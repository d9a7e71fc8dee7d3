package dev.aegis.gateway.admission;

import dev.aegis.journal.RateLimitConfig.Algorithm;

/**
 * One window of a limit, or its places, and how the state follows from time and requests. All
 * arithmetic is in whole numbers and exact; {@code counts.lua} has the same, line by line.
 *
 * <p>The state is three numbers. Of a window: its number, what was counted in it, and in the one
 * before. Of a bucket: when it was looked at last, what is in it, and nothing. A request puts
 * {@code lengthMillis} for each unit of its cost into a bucket, and {@code limit} runs out of it
 * each millisecond. Of places only the second is used: how many are taken.
 *
 * @param algorithm how it counts
 * @param limit per window, or places
 * @param lengthMillis of a window; 0 of places, which know no time
 * @param room how much may come at once
 */
public record Bound(Algorithm algorithm, long limit, long lengthMillis, long room) {
  /** Numbers of a state. */
  static final int NUMBERS = 3;

  private static final int AT = 0;
  private static final int NOW = 1;
  private static final int BEFORE = 2;

  /** After how long a request may come again that found no place: nobody knows when one is free. */
  private static final long ANOTHER_TRY_MILLIS = 1_000;

  /** Whether a request takes a place of it, which it gives back when it ends. */
  boolean places() {
    return algorithm == Algorithm.CONCURRENCY;
  }

  /** Brings the state to a time; a clock that is set back changes nothing. */
  void roll(long[] state, long epochMillis) {
    switch (algorithm) {
      case FIXED_WINDOW, SLIDING_WINDOW -> {
        long window = epochMillis / lengthMillis;
        if (window > state[AT]) {
          state[BEFORE] = window == state[AT] + 1 ? state[NOW] : 0;
          state[NOW] = 0;
          state[AT] = window;
        }
      }
      case TOKEN_BUCKET, LEAKY_BUCKET -> {
        long elapsed = epochMillis - state[AT];
        if (elapsed > 0) {
          state[NOW] = elapsed >= ceiling(state[NOW], limit) ? 0 : state[NOW] - elapsed * limit;
          state[AT] = epochMillis;
        }
      }
      case CONCURRENCY -> {}
    }
  }

  /** What may still come, in a state that was brought to this time. */
  long remaining(long[] state, long epochMillis) {
    long left =
        switch (algorithm) {
          case FIXED_WINDOW, CONCURRENCY -> limit - state[NOW];
          case SLIDING_WINDOW ->
              Math.floorDiv(
                      limit * lengthMillis
                          - state[BEFORE] * (lengthMillis - offset(state, epochMillis)),
                      lengthMillis)
                  - state[NOW];
          case TOKEN_BUCKET, LEAKY_BUCKET ->
              Math.floorDiv(room * lengthMillis - state[NOW], lengthMillis);
        };
    return Math.max(left, 0);
  }

  /** What was counted and still weighs, in whole units, rounded up. */
  long used(long[] state, long epochMillis) {
    return switch (algorithm) {
      case FIXED_WINDOW, CONCURRENCY -> state[NOW];
      case SLIDING_WINDOW ->
          state[NOW]
              + ceiling(state[BEFORE] * (lengthMillis - offset(state, epochMillis)), lengthMillis);
      case TOKEN_BUCKET, LEAKY_BUCKET -> ceiling(state[NOW], lengthMillis);
    };
  }

  /** Counts; what refused requests add ends at twice what may come. */
  void add(long[] state, long cost) {
    switch (algorithm) {
      case FIXED_WINDOW, SLIDING_WINDOW -> state[NOW] = Math.min(state[NOW] + cost, 2 * limit);
      case TOKEN_BUCKET, LEAKY_BUCKET ->
          state[NOW] = Math.min(state[NOW] + cost * lengthMillis, 2 * room * lengthMillis);
      case CONCURRENCY -> state[NOW] += cost;
    }
  }

  /** Gives back what was taken of places. */
  static void giveBack(long[] state, long cost) {
    state[NOW] -= cost;
  }

  /** How long a request has to wait for those before it, before it is counted itself. */
  long delayMillis(long[] state) {
    return algorithm == Algorithm.LEAKY_BUCKET ? ceiling(state[NOW], limit) : 0;
  }

  /** Until the window ends, or the bucket is whole again; 0 of places. */
  long resetMillis(long[] state, long epochMillis) {
    return switch (algorithm) {
      case FIXED_WINDOW, SLIDING_WINDOW -> lengthMillis - offset(state, epochMillis);
      case TOKEN_BUCKET, LEAKY_BUCKET -> ceiling(state[NOW], limit);
      case CONCURRENCY -> 0;
    };
  }

  /** Until a request of this cost would be let pass that is not now, if no other came. */
  long waitMillis(long[] state, long epochMillis, long cost) {
    return switch (algorithm) {
      case FIXED_WINDOW -> lengthMillis - offset(state, epochMillis);
      case SLIDING_WINDOW -> {
        long offset = offset(state, epochMillis);
        long left = limit - state[NOW] - cost;
        if (left >= 0) {
          yield lengthMillis - offset - left * lengthMillis / state[BEFORE];
        }
        long later = lengthMillis - (limit - cost) * lengthMillis / state[NOW];
        yield lengthMillis - offset + Math.max(later, 0);
      }
      case TOKEN_BUCKET, LEAKY_BUCKET -> ceiling(state[NOW] + (cost - room) * lengthMillis, limit);
      case CONCURRENCY -> ANOTHER_TRY_MILLIS;
    };
  }

  /** How far the window has come; of one that a clock set back has left, none of it. */
  private long offset(long[] state, long epochMillis) {
    return Math.max(epochMillis - state[AT] * lengthMillis, 0);
  }

  private static long ceiling(long dividend, long divisor) {
    return Math.ceilDiv(dividend, divisor);
  }
}
