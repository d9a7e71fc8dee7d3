package dev.aegis.model;

/**
 * Something a service has to say about one object of its configuration or about itself.
 *
 * @param severity whether the object is out of force or merely suspicious
 * @param subject what it is about: an object's key such as {@code tenants/acme/routes/orders}, or a
 *     dependency's name
 * @param message what is wrong, for a person
 */
public record Finding(Severity severity, String subject, String message) {
  /** How bad it is. */
  public enum Severity {
    /** In force, but probably not as meant. */
    WARNING,
    /** Out of force. */
    ERROR
  }

  /** A finding that takes its subject out of force. */
  public static Finding error(String subject, String message) {
    return new Finding(Severity.ERROR, subject, message);
  }

  /** A finding that leaves its subject in force. */
  public static Finding warning(String subject, String message) {
    return new Finding(Severity.WARNING, subject, message);
  }
}
