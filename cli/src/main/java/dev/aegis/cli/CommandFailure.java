package dev.aegis.cli;

/** Why a command did not do what it was asked, for a person. */
final class CommandFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param message one line, or several when several things are wrong; no secret
   */
  CommandFailure(String message) {
    super(message);
  }

  CommandFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
