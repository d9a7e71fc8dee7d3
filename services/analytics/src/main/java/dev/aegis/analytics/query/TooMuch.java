package dev.aegis.analytics.query;

/** Answering would take longer than one question may. */
public final class TooMuch extends Exception {
  private static final long serialVersionUID = 1L;

  /** Says what to ask instead, for a person. */
  public TooMuch(String message, Throwable cause) {
    super(message, cause);
  }
}
