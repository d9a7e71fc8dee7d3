package dev.aegis.tokens.keys;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When sets of keys are fetched.
 *
 * @param least shortest time between two fetches of a set that was answered for
 * @param usual the time when the answer does not say how long it is good for
 * @param most longest time, whatever the answer says
 * @param retry wait after a failure; it doubles with each further one, up to {@code least}
 * @param gap shortest time between two fetches of a set
 * @param pause time in which one issuer may have its set fetched once for unknown keys
 * @param absence how long a key that was asked for in vain is not asked for again
 * @param patience longest time that a request waits for a fetch
 */
record FetchTerms(
    Duration least,
    Duration usual,
    Duration most,
    Duration retry,
    Duration gap,
    Duration pause,
    Duration absence,
    Duration patience) {
  static final FetchTerms DEFAULT =
      new FetchTerms(
          Duration.ofSeconds(60),
          Duration.ofMinutes(10),
          Duration.ofHours(1),
          Duration.ofSeconds(2),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(2));

  /**
   * How long to wait after an answer: a tenth to a fifth less than it is good for, so that the next
   * one is there before, and not for all sets at the same time.
   *
   * @param stale how old the keys may become; there is time for several failures before
   * @param random from 0 to 1, exclusive
   */
  Duration afterAnswer(@Nullable Duration fresh, Duration stale, double random) {
    Duration good = fresh == null ? usual : fresh;
    Duration quarter = stale.dividedBy(4);
    if (good.compareTo(quarter) > 0) {
      good = quarter;
    }
    Duration bounded = good.compareTo(least) < 0 ? least : good.compareTo(most) > 0 ? most : good;
    return part(bounded, 0.8 + random / 10);
  }

  /**
   * How long to wait after a failure, half of it or more.
   *
   * @param failures how many there were in a row, at least one
   */
  Duration afterFailure(int failures, double random) {
    Duration wait = retry.multipliedBy(1L << Math.min(failures - 1, 10));
    return part(wait.compareTo(least) > 0 ? least : wait, 0.5 + random / 2);
  }

  private static Duration part(Duration whole, double factor) {
    return Duration.ofNanos((long) (whole.toNanos() * factor));
  }
}
