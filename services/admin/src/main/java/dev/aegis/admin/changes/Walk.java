package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The way of a batch, gone step by step as an operator's single changes in the same order would go,
 * to find what of it the operator may not do.
 *
 * <p>Each step is judged by what holds before it. So a batch does not help itself: guardrails that
 * it widens, or a tenant that it moves, count for nothing further on unless the operator may do
 * that, and then it could as well have done it before.
 */
final class Walk {
  private final Settling settling;
  private final Operator operator;

  /** What holds before the next step, as far as it matters here: the tenants. */
  private final Fold at;

  /** Tenants that come into being. */
  private final Set<String> coming = new HashSet<>();

  /** Those of them that may not; what is in them is not judged. */
  private final Set<String> barred = new HashSet<>();

  /**
   * @param before the configuration, which is not changed
   * @param wanted all of the batch
   */
  Walk(Settling settling, Operator operator, Fold before, List<Desired> wanted) {
    this.settling = settling;
    this.operator = operator;
    this.at = operator.bound() ? before.copy() : before;
    for (Desired one : wanted) {
      if (one.key().kind() == Kind.TENANT
          && one.body() != null
          && !before.tenants().contains(one.key().id())) {
        coming.add(one.key().id());
      }
    }
  }

  /**
   * Whether the object is one that the operator reaches, or is to be in a tenant that comes, of
   * which the walk decides. No other is looked at, so that no answer tells what it is like.
   */
  boolean begins(ObjectKey key) {
    String tenant = key.tenant();
    return operator.reaches(at, tenant) || tenant != null && coming.contains(tenant);
  }

  /** What of each step is beyond the operator; steps of which nothing is are left out. */
  Map<ObjectKey, List<Violation>> beyond(List<Draft.Ready> steps) {
    Map<ObjectKey, List<Violation>> beyond = new HashMap<>();
    if (operator.bound()) {
      for (Draft.Ready step : steps) {
        List<Violation> violations = step(step.key(), step.before(), step.after());
        if (!violations.isEmpty()) {
          beyond.put(step.key(), violations);
        }
      }
    }
    return beyond;
  }

  private List<Violation> step(ObjectKey key, @Nullable Entry before, @Nullable ObjectNode after) {
    if (after == null) {
      Refusal held = before == null ? null : Mandate.removal(operator, before);
      return held == null ? List.of() : List.of(new Violation("", held.detail()));
    }
    if (key.kind() != Kind.TENANT) {
      return barred.contains(String.valueOf(key.tenant()))
          ? List.of()
          : settling.beyond(at, operator, key, before, after);
    }
    boolean lost = barred.contains(after.path("parent").asText());
    List<Violation> violations =
        lost ? List.of() : settling.beyond(at, operator, key, before, after);
    if (!lost && violations.isEmpty()) {
      at.apply(
          at.revision() + 1, new Change(key, after, Change.ANY, operator.name(), Instant.EPOCH));
    } else if (before == null) {
      barred.add(key.id());
    }
    return violations;
  }
}
