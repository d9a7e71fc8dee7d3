package dev.aegis.gateway.identity;

import java.time.Duration;

/**
 * When an API key was last used, to a minute. Requests write it, one thread reads it; that requests
 * of one minute may overtake each other changes nothing that a minute shows.
 */
public final class KeyUse {
  /** How far from the one before a use must be to be noted. */
  static final long COARSE_MILLIS = Duration.ofMinutes(1).toMillis();

  private final String tenant;
  private final String id;
  private volatile long noted;
  private long told; // only of the thread that tells

  /** Not used yet, as far as is known. */
  public KeyUse(String tenant, String id) {
    this.tenant = tenant;
    this.id = id;
  }

  /** The tenant whose key it is. */
  public String tenant() {
    return tenant;
  }

  /** The key's id. */
  public String id() {
    return id;
  }

  /**
   * Notes that it was used; most of the time this reads one number.
   *
   * @param millis since 1970; less than before when the clock was set back
   */
  public void at(long millis) {
    if (Math.abs(millis - noted) >= COARSE_MILLIS) {
      noted = millis;
    }
  }

  /** Milliseconds since 1970 of a use that nobody was told of, or 0. */
  public long untold() {
    long last = noted;
    return last == told ? 0 : last;
  }

  /** Keeps in mind that the use at {@code millis} was told of. */
  public void told(long millis) {
    told = millis;
  }
}
