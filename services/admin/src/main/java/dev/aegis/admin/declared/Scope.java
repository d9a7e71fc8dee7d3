package dev.aegis.admin.declared;

import dev.aegis.admin.access.Operator;
import dev.aegis.journal.Fold;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How much of the installation a document is about.
 *
 * @param tenant this one and all below it; null for everything
 * @param operator whose document it is; what is beyond its reach is not part of it
 */
public record Scope(@Nullable String tenant, Operator operator) {
  /** Ids of the tenants in it, in order. */
  public Set<String> tenants(Fold fold) {
    if (tenant == null) {
      return new TreeSet<>(fold.tenants());
    }
    Set<String> within = new TreeSet<>();
    if (!fold.tenants().contains(tenant)) {
      return within;
    }
    Deque<String> open = new ArrayDeque<>(Set.of(tenant));
    while (!open.isEmpty()) {
      String next = open.pop();
      if (within.add(next)) { // a broken tree may go in circles
        open.addAll(fold.children(next));
      }
    }
    within.removeIf(id -> !operator.reaches(fold, id)); // over a circle one comes to those above
    return within;
  }
}
