package dev.aegis.bus;

/** Thrown when Kafka did not answer in time or refused. */
public final class BusUnavailable extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what was tried, for a person
   */
  public BusUnavailable(String message, Throwable cause) {
    super(message, cause);
  }
}
