package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition.Active;

/**
 * Whether a target passes the checks that are made of it. It does until enough of them in a row say
 * otherwise: a gateway that has just started trusts its targets.
 *
 * <p>Time is an argument: nanoseconds of a monotonic clock.
 */
final class Vitality {
  private volatile boolean down;
  // Guarded by this.
  private int against;
  private boolean checking;
  private boolean planned;
  private long next;

  /** Whether it may get no request. */
  boolean down() {
    return down;
  }

  /**
   * Whether a check is to be made now; if so, {@link #checked} must follow.
   *
   * @param pause until the next one
   */
  synchronized boolean begin(long now, long pause) {
    if (checking || planned && now - next < 0) {
      return false;
    }
    checking = true;
    planned = true;
    next = now + pause;
    return true;
  }

  /** A check has ended. Returns whether that changed how it does. */
  synchronized boolean checked(boolean passed, Active rules) {
    checking = false;
    if (passed != down) {
      against = 0;
      return false;
    }
    against++;
    if (against < (down ? rules.healthy() : rules.unhealthy())) {
      return false;
    }
    against = 0;
    down = !down;
    return true;
  }

  /** Nobody checks it any more. Returns whether that changed how it does. */
  synchronized boolean reset() {
    boolean changed = down;
    down = false;
    against = 0;
    planned = false;
    return changed;
  }
}
