package dev.aegis.admin.changes;

import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What must hold of the object as it is now for a wish to be granted (RFC 9110 section 13.1). */
public sealed interface Guard {
  /** Nothing. */
  record None() implements Guard {}

  /** {@code If-Match} with these revisions. */
  record Matches(Set<Long> revisions) implements Guard {
    public Matches {
      revisions = Set.copyOf(revisions);
    }
  }

  /** {@code If-Match: *}. */
  record Exists() implements Guard {}

  /** {@code If-None-Match: *}. */
  record Absent() implements Guard {}

  /** Why {@code current} does not pass, or null when it does. */
  default @Nullable Refusal check(String name, @Nullable Entry current) {
    return switch (this) {
      case None none -> null;
      case Absent absent ->
          current == null
              ? null
              : Refusal.of(Refusal.Reason.EXISTS_ALREADY, name + " exists already");
      case Exists exists -> current == null ? stale(name, null) : null;
      case Matches matches ->
          current != null && matches.revisions().contains(current.revision())
              ? null
              : stale(name, current);
    };
  }

  private static Refusal stale(String name, @Nullable Entry current) {
    return Refusal.of(
        Refusal.Reason.STALE_REVISION,
        current == null
            ? name + " does not exist"
            : name + " is at revision " + current.revision());
  }
}
