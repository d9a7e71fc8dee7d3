package dev.aegis.plugin;

/**
 * A header on its way to who gets it. Changes of several plugins add up; the later one wins. Names
 * that speak of the connection, and those that Aegis alone says, such as {@code X-User-Id}, cannot
 * be changed.
 */
public interface Header {
  /**
   * Puts one line in the place of all lines of its name.
   *
   * @throws IllegalArgumentException if the name is no plugin's to say, or the value is none (RFC
   *     9110 section 5.5, visible ASCII alone)
   */
  void set(String name, String value);

  /**
   * Puts a line beside those that are there.
   *
   * @throws IllegalArgumentException as {@link #set} does
   */
  void add(String name, String value);

  /**
   * Takes all lines of the name away.
   *
   * @throws IllegalArgumentException as {@link #set} does
   */
  void remove(String name);
}
