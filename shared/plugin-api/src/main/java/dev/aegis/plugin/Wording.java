package dev.aegis.plugin;

/**
 * How a refusal is told to the caller. That it is one, its status and its code stay: records,
 * metrics and callers go by them. Changes of several plugins add up; the later one wins.
 */
public interface Wording {
  /**
   * Puts a text in the place of the problem's {@code detail}, or of the message of gRPC.
   *
   * @throws IllegalArgumentException if it is longer than 1,024 characters or has control
   *     characters
   */
  void detail(String text);

  /**
   * Puts a line beside those that Aegis says.
   *
   * @throws IllegalArgumentException if the name is no plugin's to say, as {@code WWW-Authenticate}
   *     and {@code Retry-After} are not, or the value is none (RFC 9110 section 5.5, visible ASCII
   *     alone)
   */
  void header(String name, String value);

  /**
   * Puts something else in the place of the problem. Calls of gRPC, whose refusals have no body,
   * get nothing of it.
   *
   * @param contentType its {@code Content-Type}
   * @throws IllegalArgumentException if it is longer than 64 KiB, or the type is no value of a
   *     field
   */
  void body(String contentType, byte[] bytes);
}
