package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Guardrails;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operator that is held to a tenant may make of objects within its reach. That an object is
 * within its reach was decided before, where the path was read; but for operators, who all stand in
 * one place.
 */
final class Mandate {
  /** Most operators that a bound one makes within its reach. */
  static final int MOST_OPERATORS = 200;

  /** Of the operator's own tenant, what only those above it may say. */
  private static final List<String> SETTLED_ABOVE =
      List.of("kind", "parent", "isolation", "tier", "status", "max_active");

  private Mandate() {}

  /** Whether the object is there for the operator. */
  static boolean sees(Fold fold, Operator operator, Entry entry) {
    return entry.key().kind() != Kind.OPERATOR
        || operator.reaches(fold, entry.body().path("tenant").textValue());
  }

  /**
   * Whether an operator may name a new one so: {@code <tenant>.<name>}, of a tenant within its
   * reach. So no answer tells which names are taken elsewhere.
   */
  static boolean mayName(Fold fold, Operator operator, String id) {
    int dot = id.indexOf('.');
    return !operator.bound() || dot > 0 && operator.reaches(fold, id.substring(0, dot));
  }

  /** Why the object may not go, or null. */
  static @Nullable Refusal removal(Operator operator, Entry current) {
    if (!operator.bound() || current.key().kind() != Kind.TENANT) {
      return null;
    }
    if (current.key().id().equals(operator.tenant())) {
      return Refusal.of(
          Refusal.Reason.FORBIDDEN, "An operator does not delete the tenant that it is held to");
    }
    return current.body().hasNonNull(Guardrails.MEMBER)
        ? Refusal.of(
            Refusal.Reason.FORBIDDEN,
            "The tenant has guardrails, which would go with it: ask the platform")
        : null;
  }

  /** What the operator may not say in the document. */
  static List<Violation> check(
      Fold fold, Operator operator, ObjectKey key, @Nullable Entry current, ObjectNode document) {
    List<Violation> violations = new ArrayList<>();
    if (operator.bound()) {
      if (key.kind() == Kind.TENANT) {
        tenant(fold, operator, key, current, document, violations);
      } else if (key.kind() == Kind.OPERATOR) {
        colleague(fold, operator, document, violations);
      }
    }
    return violations;
  }

  private static void tenant(
      Fold fold,
      Operator operator,
      ObjectKey key,
      @Nullable Entry current,
      ObjectNode document,
      List<Violation> violations) {
    if (key.id().equals(operator.tenant()) && current != null) {
      for (String member : SETTLED_ABOVE) {
        if (!said(current.body(), member).equals(said(document, member))) {
          violations.add(
              new Violation("/" + member, "is settled by whoever administers the tenants above"));
        }
      }
      return;
    }
    JsonNode parent = document.path("parent");
    if (!parent.isTextual() || !operator.reaches(fold, parent.textValue())) {
      violations.add(new Violation("/parent", "must be a tenant that you administer"));
    }
  }

  private static JsonNode said(ObjectNode document, String member) {
    JsonNode value = document.path(member);
    return value.isNull() ? MissingNode.getInstance() : value;
  }

  private static void colleague(
      Fold fold, Operator operator, ObjectNode document, List<Violation> violations) {
    if (document.path("role").asText().equals("platform_admin")) {
      violations.add(new Violation("/role", "must be one of tenant_admin, auditor"));
    }
    JsonNode tenant = document.path("tenant");
    if (!tenant.isTextual() || !operator.reaches(fold, tenant.textValue())) {
      violations.add(new Violation("/tenant", "must be a tenant that you administer"));
    }
  }

  /** Why there is no room for another operator, or null. */
  static @Nullable Refusal room(Fold fold, Operator operator, ObjectKey key) {
    return key.kind() == Kind.OPERATOR
            && operator.bound()
            && fold.list(Kind.OPERATOR, null).stream()
                    .filter(entry -> sees(fold, operator, entry))
                    .count()
                >= MOST_OPERATORS
        ? Refusal.of(
            Refusal.Reason.TOO_MANY,
            "Within your tenants there may be " + MOST_OPERATORS + " operators")
        : null;
  }
}
