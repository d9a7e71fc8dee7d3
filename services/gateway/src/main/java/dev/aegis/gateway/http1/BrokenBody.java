package dev.aegis.gateway.http1;

import java.io.IOException;

/** Thrown where a body passes through something, and is not what it should be. */
public final class BrokenBody extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient BadMessage why;

  BrokenBody(BadMessage why) {
    super(why);
    this.why = why;
  }

  /** What is wrong with it. */
  public BadMessage why() {
    return why;
  }
}
