package dev.aegis.events;

import java.io.IOException;

/** Thrown where an event is read: it is not what its type says. */
public final class MalformedEvent extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what is wrong; does not repeat the data
   */
  public MalformedEvent(String message) {
    super(message);
  }

  public MalformedEvent(String message, Throwable cause) {
    super(message, cause);
  }
}
