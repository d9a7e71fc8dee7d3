package dev.aegis.gateway.identity;

/**
 * What a tenant wants to know of a token beyond what every principal has. Nothing else of it is
 * kept.
 *
 * @param groups whether any of its bindings names a group
 */
public record Asked(boolean groups) {
  /** Nothing. */
  public static final Asked NOTHING = new Asked(false);
}
