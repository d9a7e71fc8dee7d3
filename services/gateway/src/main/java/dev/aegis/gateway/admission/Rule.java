package dev.aegis.gateway.admission;

import java.util.List;

/**
 * One path pattern of one permission, as it came to a caller.
 *
 * @param role id of the role that has the permission
 * @param through roles over which it was inherited, the caller's own first; empty when {@code role}
 *     is the caller's own
 * @param permission its place among the permissions of the role, from 0
 * @param pattern the pattern
 * @param deny whether it takes away instead of giving
 */
public record Rule(
    String role, List<String> through, int permission, String pattern, boolean deny) {
  public Rule {
    through = List.copyOf(through);
  }
}
