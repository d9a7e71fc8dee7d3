package dev.aegis.analytics.query;

/** The cells cannot be asked at the moment: they are being restored, moved, or not yet opened. */
public final class NotReady extends Exception {
  private static final long serialVersionUID = 1L;

  /** Says why, for a person. */
  public NotReady(String message) {
    super(message);
  }

  /** Says why, for a person. */
  public NotReady(String message, Throwable cause) {
    super(message, cause);
  }
}
