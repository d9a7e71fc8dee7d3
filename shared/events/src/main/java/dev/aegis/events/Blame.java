package dev.aegis.events;

import java.util.Locale;

/** Who caused a request to end otherwise than its caller wished. */
public enum Blame {
  CALLER,
  UPSTREAM,
  GATEWAY,
  /** Nobody: it went well. */
  NONE;

  private final String text = name().toLowerCase(Locale.ROOT);

  /** The word on the wire. */
  public String text() {
    return text;
  }

  /**
   * The blame that {@code text} names; {@link #NONE} for a word that this version does not know.
   */
  static Blame of(String text) {
    return switch (text) {
      case "caller" -> CALLER;
      case "upstream" -> UPSTREAM;
      case "gateway" -> GATEWAY;
      default -> NONE;
    };
  }
}
