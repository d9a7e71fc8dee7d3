package dev.aegis.chassis;

/** The one reason why a service did not start, as one line for a person. */
public final class StartFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param message one line: what is wrong and which setting changes it; no secret
   */
  public StartFailure(String message) {
    super(message);
  }

  /** A failure with what lies behind it, for the log. */
  public StartFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
