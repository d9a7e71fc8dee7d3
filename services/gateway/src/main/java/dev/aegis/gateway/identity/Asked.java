package dev.aegis.gateway.identity;

import java.util.Set;

/**
 * What a tenant wants to know of a token beyond what every principal has. Nothing else of it is
 * kept.
 *
 * @param groups whether any of its bindings names a group
 * @param claims names of the claims that its roles have conditions on
 */
public record Asked(boolean groups, Set<String> claims) {
  /** Nothing. */
  public static final Asked NOTHING = new Asked(false, Set.of());

  public Asked {
    claims = Set.copyOf(claims);
  }
}
