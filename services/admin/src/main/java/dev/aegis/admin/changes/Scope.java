package dev.aegis.admin.changes;

import dev.aegis.journal.ObjectKey;

/** How much of the configuration goes back. */
public sealed interface Scope {
  /** All of it. */
  record Everything() implements Scope {}

  /** One tenant and what it owns. */
  record OfTenant(String tenant) implements Scope {}

  /** One object alone; of a tenant, not what it owns. */
  record OfObject(ObjectKey key) implements Scope {}

  /** Whether {@code key} is part of it. */
  default boolean holds(ObjectKey key) {
    return switch (this) {
      case Everything everything -> true;
      case OfTenant(String tenant) -> tenant.equals(key.tenant());
      case OfObject(ObjectKey object) -> object.equals(key);
    };
  }
}
