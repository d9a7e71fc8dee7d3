package dev.aegis.gateway.http1;

import java.io.IOException;

/** Thrown where bytes are read or written: the connection on one leg has ended. */
public final class LegFailure extends IOException {
  private static final long serialVersionUID = 1L;

  /** The two sides of a proxied exchange. */
  public enum Leg {
    CALLER,
    UPSTREAM
  }

  private final Leg leg;
  private final boolean timeout;

  /**
   * @param leg which connection
   * @param timeout whether it was ended because a wait took too long
   */
  public LegFailure(Leg leg, boolean timeout, Throwable cause) {
    super(cause);
    this.leg = leg;
    this.timeout = timeout;
  }

  /** Which connection. */
  public Leg leg() {
    return leg;
  }

  /** Whether it was ended because a wait took too long. */
  public boolean timeout() {
    return timeout;
  }
}
